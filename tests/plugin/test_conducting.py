"""Running: what a worker looks at when a model reaches it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from conformance.http.redaction import Redactor
from conformance.plugin.conducting import Conductor
from conformance.plugin.display import Display

MODELS, CASES = 20, 50


class Counted(list[Any]):
    """A list that counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[Any]:
        self.times += 1
        return super().__iter__()


def test_a_session_is_gone_through_once_however_many_cases_it_has() -> None:
    """Not once for each case: a run of thousands under -n spent most of its time looking for the cases of a model."""
    ids = [
        f"test_n.py::test_count[chat.n.count@openai:m{model}={case}]"
        for model in range(MODELS)
        for case in range(CASES)
    ]
    items = Counted(SimpleNamespace(nodeid=nodeid) for nodeid in ids)
    conductor, session = Conductor(None, None), SimpleNamespace(items=items)  # type: ignore[arg-type]
    found = [conductor._group(session, f"openai:m{model}") for model in range(MODELS) for _ in range(CASES)]  # type: ignore[arg-type]
    assert items.times == 1
    assert [len(group) for group in found] == [CASES, *[0] * (CASES - 1)] * MODELS


def test_what_a_worker_reports_can_be_sent() -> None:
    """Half of a character in a traceback or in captured output is written as its escape: xdist sends UTF-8."""
    state: Any = SimpleNamespace(settings=SimpleNamespace(redact=Redactor(())))
    report: Any = SimpleNamespace(failed=True, longrepr="got 'a\ud800'", sections=[("stdout", "\udce9")])
    Conductor(state, Display(state))._redact(report)
    assert (report.longrepr, report.sections) == (r"got 'a\ud800'", [("stdout", r"\udce9")])
