"""The output of a session: a header, a progress line, and the matrix at the end."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import nullcontext
from typing import Any

import pytest

from conformance.contract import costs
from conformance.evidence.recording import files
from conformance.plugin.state import State
from conformance.render.cost import header, models
from conformance.render.progress import Progress, interval
from conformance.render.progress import line as progress_line
from conformance.results.cost import facts
from conformance.results.expectations import lines as stale_lines
from conformance.run.option_table import Show
from conformance.target.keys import exposed

# Seconds between two updates of the progress line on a screen, where it is overwritten: ten a second look smooth.
_SCREEN_INTERVAL = 0.1
# Seconds to the first line: within a second somebody sees that the run is alive, and a run of a few cases needs no line.
_FIRST = 1.0


class Display:
    """The hooks of pytest about output.  `conformance run` shows one progress line, where pytest shows a letter for each case."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._began = self._due = time.monotonic()
        self._announced = False

    def pytest_report_header(self) -> list[str] | None:
        return self._header() if self._state.runs_suite else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a case under its verdict; with a progress line it has no letter and no section of its own."""
        found = getattr(report, "conformance", None)
        return (found["verdict"], "", "") if found and self._state.shows_progress else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Reduce a report to what the end of the session needs, after all plugins have seen it: pytest keeps all reports."""
        yield
        if self._state.shows_progress and report.passed:
            report.keywords, report.user_properties, report.sections = {}, [], []
            report.__dict__.pop("conformance", None)
            self._reporter.stats.pop("", None)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        # Imported here because Rich takes a tenth of the time to the first request, and workers show no summary.
        from conformance.render.terminal import summary

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
            evidence=", ".join(file.name for file in files(state.out)),
            replays=state.settings.replays,
            show=Show(state.option("show") or Show.SHORT),
        )
        tr.write(text.lstrip("\n"))  # pytest has just printed an empty line
        for line in stale_lines(self._state.stale):
            tr.write_line(f"stale expectation: {line}")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Show the end of a run also where a report could not be written, such as that of --junitxml on a full disk."""
        state = self._state
        try:
            yield
            if state.error is None:
                return None
        except OSError as error:
            state.not_written(error.filename or "a report", error)
        except pytest.UsageError:
            if state.matrix is None or state.error is None:
                raise
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if not state.started_by_command:
            self._reporter.write_line(str(state.error))
        return None

    def introduce(self) -> None:
        """Print the header where pytest, with -q, prints none; the run begins now."""
        self._began = time.monotonic()
        self._due = self._began + _FIRST
        if self._state.shows_progress:
            for line in self._header():
                self._reporter.write_line(line)
            self.announce()

    def note(self, text: str) -> None:
        """Print a line about the run before it begins."""
        if self._state.shows_progress:
            self._reporter.write_line(f"conformance: {text}")

    def announce(self) -> None:
        """Print the cost of the selected cases, once."""
        if self._state.shows_progress and not self._announced and (lines := self._cost()):
            self._announced = True
            for line in lines:
                self._reporter.write_line(line)

    def progress(self, progress: Progress) -> None:
        """Show how far the run is, if it is time for an update."""
        if not self._state.shows_progress or self._state.config.option.verbose < -1:
            return
        screen = self._reporter.isatty
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + (_SCREEN_INTERVAL if screen else interval(now - self._began))
        text = progress_line(progress, now - self._began)
        capture = self._state.config.pluginmanager.get_plugin("capturemanager")
        # Pytest captures output while it waits for a case, so the line would appear only after the case.
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if screen:
                self._reporter.rewrite(text, erase=True)
            else:
                self._reporter.write_line(text)

    @property
    def _reporter(self) -> Any:
        return self._state.config.pluginmanager.get_plugin("terminalreporter")

    def pytest_report_collectionfinish(self) -> list[str] | None:
        return None if not self._state.runs_suite or self._state.shows_progress else self._cost()

    def _cost(self) -> list[str]:
        """Return the lines about the cost of the selected cases."""
        planned = self._state.planned
        return (
            [f"conformance: {line}" for line in header(facts(self._state.settings, planned.values()))]
            if planned
            else []
        )

    def _header(self) -> list[str]:
        settings, contract = self._state.settings, self._state.settings.contract
        tested = models(
            [(str(model), ", ".join(filter(None, [model.kind.name, model.version]))) for model in settings.models]
        )
        started = settings.mode == "mock" and not settings.replays
        where = "started for this run" if started else settings.target.base_url
        notes = settings.earlier_run.notes(settings.contract.digest) if settings.earlier_run else []
        file = settings.target.api_key_file
        warning = exposed(file) if file and not settings.replays else None
        shard = None if settings.shard is None or settings.replays else settings.shard.note(settings.target)
        stale = None if settings.replays else costs.warning(settings.contract_name, contract)
        return [
            f"conformance: target {settings.target.name}, {where}, profile {settings.profile}, HTTP client {settings.client}",
            f"conformance: contract {contract.name} {contract.digest} ({', '.join(settings.surfaces)}), {tested}",
            *(f"conformance: {note}" for note in [*notes, *filter(None, [shard, warning, stale])]),
        ]
