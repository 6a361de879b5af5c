"""What a session shows: a header, a progress line while it lasts, the matrix at its end."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import nullcontext
from typing import Any

import pytest

from conformance.evidence.recording import files
from conformance.plugin.state import State
from conformance.render.cost import header, models
from conformance.render.terminal import summary
from conformance.results.cost import facts
from conformance.results.expectations import lines as stale_lines
from conformance.target.keys import exposed

_ON_A_SCREEN, _IN_A_LOG = 0.1, 5.0  # seconds between two signs of life
_WORTH_TELLING = 1.0  # seconds


class Display:
    """Answers pytest's hooks about output; `conformance run` has one progress line where pytest has a letter per case."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._shown = time.monotonic()
        self._announced = False

    def pytest_report_header(self) -> list[str] | None:
        return self._header() if self._state.aimed else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """With a progress line a case is counted under its verdict, without a letter and a section of its own."""
        found = getattr(report, "conformance", None)
        return (found["verdict"], "", "") if found and self._state.quiet else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Once everybody has seen it, keep of a report what the end of the session needs: pytest holds on to all of them."""
        yield
        if self._state.quiet and report.passed:
            report.keywords, report.user_properties, report.sections = {}, [], []
            report.__dict__.pop("conformance", None)
            self._reporter.stats.pop("", None)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        state = self._state
        if state.matrix is None:
            return

        tr: Any = terminalreporter
        tr.ensure_newline()
        unicode = "utf" in (getattr(tr._tw._file, "encoding", None) or "").lower()
        width = tr._tw.fullwidth
        text = summary(
            state.matrix,
            state.out,
            width=width,
            colour=tr.hasmarkup,
            unicode=unicode,
            evidence=", ".join(each.name for each in files(state.out)),
            replays=state.settings.replays,
        )
        tr.write(text)
        for line in stale_lines(self._state.stale):
            tr.write_line(f"stale expectation: {line}")

    def introduce(self) -> None:
        """The header, where pytest prints none of its own."""
        if self._state.quiet:
            for line in self._header():
                self._reporter.write_line(line)
            self.announce()

    def announce(self) -> None:
        """What the run is going to cost, once it is known what is selected."""
        if self._state.quiet and not self._announced and (lines := self._cost()):
            self._announced = True
            for line in lines:
                self._reporter.write_line(line)

    def progress(self, known: int, exchanges: int | None, waiting: float = 0.0) -> None:
        """Say how far the run is, now and then: on a screen in one line that is written over, in a log line by line."""
        if not self._state.quiet or self._state.config.option.verbose < -1:
            return
        screen = self._reporter.isatty
        now = time.monotonic()
        if now - self._shown < (_ON_A_SCREEN if screen else _IN_A_LOG):
            return
        self._shown = now
        sent = "" if exchanges is None else f", {exchanges} exchanges finished"
        held = f"; waiting {waiting:.0f} s: the endpoint limits the rate" if waiting >= _WORTH_TELLING else ""
        line = f"{known} of {len(self._state.planned)} cases known{sent}{held}"
        capture = self._state.config.pluginmanager.get_plugin("capturemanager")
        with (
            capture.global_and_fixture_disabled() if capture else nullcontext()
        ):  # else what a case waits for is not seen
            if screen:
                self._reporter.rewrite(line, erase=True)
            else:
                self._reporter.write_line(line)

    @property
    def _reporter(self) -> Any:
        return self._state.config.pluginmanager.get_plugin("terminalreporter")

    def pytest_report_collectionfinish(self) -> list[str] | None:
        return None if not self._state.aimed or self._state.quiet else self._cost()

    def _cost(self) -> list[str]:
        """What the selected cases cost, which is known once they are."""

        planned = self._state.planned
        return (
            [f"conformance: {line}" for line in header(facts(self._state.settings, planned.values()))]
            if planned
            else []
        )

    def _header(self) -> list[str]:
        settings, contract = self._state.settings, self._state.settings.contract
        named = models([(str(model), model.kind.name) for model in settings.models])
        started = settings.mode == "mock" and not settings.replays
        where = "started for this run" if started else settings.target.base_url
        notes = settings.earlier_run.notes(settings.contract.digest) if settings.earlier_run else []
        file = settings.target.api_key_file
        warned = exposed(file) if file and not settings.replays else None
        return [
            f"conformance: target {settings.target.name}, {where}, profile {settings.profile}",
            f"conformance: contract {contract.name} {contract.digest} ({', '.join(settings.surfaces)}), {named}",
            f"conformance: HTTP client {settings.client}",
            *(f"conformance: {each}" for each in [*notes, *([warned] if warned else [])]),
        ]
