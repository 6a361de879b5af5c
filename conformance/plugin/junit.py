"""JUnit XML: what pytest wrote, put into the words that a CI server reads.

pytest knows failures and skips; for a CI server a case that could not be judged is an error, so that nobody takes it for one
that was left out on purpose.  Only the cases of the suite are touched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.contract.claims import Case
from conformance.plugin.state import State
from conformance.trial.judge import Verdict

_OWN = re.compile(
    r"\w+\[(([a-z]+\.[a-z0-9_]+)\.[a-z0-9_]+@.*)\]", re.DOTALL
)  # a function of the suite with a case's id
_FACTS = ("target", "target_version", "suite_version", "mode", "profile", "partial", "stopped")


class JUnit:
    """Answers pytest's hook at the end of a session, after pytest's own JUnit XML was written."""

    def __init__(self, state: State) -> None:
        self._state = state

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        done = yield
        written = getattr(session.config.option, "xmlpath", None)
        if written and self._state.aimed and not self._state.worker:
            path = Path(os.path.expandvars(written)).expanduser().absolute()
            if path.is_file():
                tree = ElementTree.parse(path)
                reword(tree.getroot(), self._facts())
                tree.write(path, encoding="utf-8", xml_declaration=True)
        return done

    def _facts(self) -> dict[str, str]:
        """The facts of the run as properties of the whole."""
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
    """What is known of a case before it is asked."""
    claim = [("claim", case.claim.id), ("surface", case.claim.surface), ("parameter", case.claim.parameter)]
    model = [("provider", case.model.column), ("model", case.model.id)]
    return [*claim, *model, ("level", case.rule.level.value), ("documented", case.rule.documented)]


def reword(root: ElementTree.Element, facts: dict[str, str]) -> None:
    """Change the suite's cases in place, and the counts with them."""
    for suite in root.iter("testsuite"):
        mine = [case for case in suite.iter("testcase") if _OWN.fullmatch(case.attrib["name"])]
        for case in mine:
            _reword(case)
        for name, tag in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
            suite.attrib[name] = str(sum(1 for _ in suite.iter(tag)))
        if mine and facts:
            properties = ElementTree.Element("properties")
            properties.extend(ElementTree.Element("property", {"name": name, "value": facts[name]}) for name in facts)
            suite.insert(0, properties)


def _reword(case: ElementTree.Element) -> None:
    """The case's own id is its name, surface and parameter its class; the verdict says what the outcome is.

    A deviation is a failure; what could not be judged, or broke in the suite itself, is an error.
    """
    if named := _OWN.fullmatch(case.attrib["name"]):
        case.attrib.update(name=named[1], classname=f"conformance.{named[2]}")

    words = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
    verdict = Verdict(words["verdict"]) if "verdict" in words else None
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
