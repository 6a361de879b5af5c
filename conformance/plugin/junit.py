"""JUnit XML: change the file that pytest wrote so that a CI server shows the verdicts.

Pytest writes a blocked case as skipped.  In the changed file it is an error, so that nobody takes it for a case that was
left out on purpose.  Only test cases of the suite are changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.base.writing import replacing
from conformance.contract.claims import Case
from conformance.plugin.state import State
from conformance.trial.judge import Verdict

# The name of a test case of the suite: the function, then in brackets the id of the case.  Group 1 is the id, group 2 is
# surface and parameter, `chat.n` of `chat.n.count@openai:gpt-4.1=2`.  DOTALL because a value in an id may hold any
# character.
_SUITE_CASE = re.compile(r"\w+\[(([a-z]+\.[a-z0-9_]+)\.[a-z0-9_]+@.*)\]", re.DOTALL)
_FACTS = ("target", "target_version", "suite_version", "mode", "profile", "partial", "stopped")


class JUnit:
    """The hook at the end of a session, after pytest has written its JUnit XML."""

    def __init__(self, state: State) -> None:
        self._state = state

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        done = yield
        file = getattr(session.config.option, "xmlpath", None)
        if file and self._state.runs_suite and not self._state.worker:
            path = Path(os.path.expandvars(file)).expanduser().absolute()
            if path.is_file() and self._state.error is None:
                try:
                    self._change(path)
                except OSError as error:
                    self._state.not_written(file, error)
        return done

    def _change(self, path: Path) -> None:
        """Set the verdicts in a file."""
        tree = ElementTree.parse(path)
        set_verdicts(tree.getroot(), self._facts())
        with replacing(path) as file:
            tree.write(file, encoding="utf-8", xml_declaration=True)

    def _facts(self) -> dict[str, str]:
        """Return the facts of the run, the properties of the test suite."""
        if self._state.matrix is None:
            return {}
        run = self._state.matrix.run
        facts = {"contract": f"{run.contract} {run.contract.digest}"}
        for name in _FACTS:
            value = getattr(run, name)
            if value is not None:
                facts[name] = str(value).lower() if isinstance(value, bool) else str(value)
        return facts


def properties(case: Case) -> list[tuple[str, object]]:
    """Return the properties of a case that are known before it runs."""
    claim = [("claim", case.claim.id), ("surface", case.claim.surface), ("parameter", case.claim.parameter)]
    model = [("provider", case.model.column), ("model", case.model.id)]
    return [*claim, *model, ("level", case.rule.level.value), ("documented", case.rule.documented)]


def set_verdicts(root: ElementTree.Element, facts: dict[str, str]) -> None:
    """Change the test cases of the suite in place, and the counts of their outcomes."""
    for suite in root.iter("testsuite"):
        cases = [case for case in suite.iter("testcase") if _SUITE_CASE.fullmatch(case.attrib["name"])]
        for case in cases:
            _set_verdict(case)
        for name, tag in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
            suite.attrib[name] = str(sum(1 for _ in suite.iter(tag)))
        if cases and facts:
            properties = ElementTree.Element("properties")
            properties.extend(ElementTree.Element("property", {"name": name, "value": facts[name]}) for name in facts)
            suite.insert(0, properties)


def _set_verdict(case: ElementTree.Element) -> None:
    """Name a test case by the id of its case, its class by surface and parameter, and set its outcome from the verdict.

    A deviation is a failure.  A blocked case, or an exception in the suite itself, is an error.
    """
    if named := _SUITE_CASE.fullmatch(case.attrib["name"]):
        case.attrib.update(name=named[1], classname=f"conformance.{named[2]}")
    known = {entry.attrib["name"]: entry.attrib["value"] for entry in case.iter("property")}
    verdict = Verdict(known["verdict"]) if "verdict" in known else None
    for child in case:
        if child.tag == "skipped" and child.attrib.get("type") == "pytest.skip":
            child.text = child.attrib["message"]
            child.attrib["type"] = verdict or "pytest.skip"
            if verdict is Verdict.BLOCKED:
                child.tag = "error"
        elif child.tag == "failure" and verdict is None:
            child.tag, child.attrib["type"] = "error", "error of the suite"
        elif child.tag == "failure":
            child.attrib["type"] = verdict or ""
