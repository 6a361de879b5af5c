"""The metrics of a matrix, read by the parsers of the Prometheus client."""

import pytest

from conformance.render.openmetrics import render
from conformance.results.matrix import Matrix
from tests.support import matrices
from tests.support.matrices import cell, matrix

openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser", reason="prometheus-client is not installed")
older = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")

BLOCKED = [{"column": "openai", "id": "gpt-4.1-mini", "class": "chat", "echoed": None, "fingerprint": None,
            "blocked": "it does not answer", "exit_code": 4}]  # fmt: skip


def samples(found: Matrix) -> dict[str, dict[tuple[str, ...], float]]:
    """The values of each metric by the values of its labels; both formats of Prometheus say the same."""
    text = render(found)
    read = [
        [
            (sample.name, tuple(sample.labels.values()), sample.value)
            for family in parse(text)
            for sample in family.samples
        ]
        for parse in (openmetrics.text_string_to_metric_families, older.text_string_to_metric_families)
    ]
    assert read[0] == read[1]
    values: dict[str, dict[tuple[str, ...], float]] = {}
    for name, labels, value in read[0]:
        values.setdefault(name, {})[labels] = value
    return values


def test_cells_are_counted_and_deviations_are_named() -> None:
    """A verdict without a cell is zero, so that a panel shows it before the first one."""
    found = samples(matrix(cell("chat.n.count", "deviates"), cell("chat.n.one", "conforms"), requests=12))
    assert found["conformance_cells"]["mine", "chat", "openai", "gpt-4.1-mini", "deviates"] == 1
    assert found["conformance_cells"]["mine", "chat", "openai", "gpt-4.1-mini", "differs"] == 0
    assert list(found["conformance_against"]) == [("mine", "chat.n.count", "openai", "gpt-4.1-mini", "deviates")]
    assert found["conformance_requests"] == {("mine",): 12}
    assert found["conformance_ended_seconds"] == {("mine",): 1767323046}
    assert set(found["conformance_answered"].values()) == {1}


def test_a_model_that_does_not_answer_is_seen() -> None:
    """The run has ended, and nothing deviates."""
    assert set(samples(matrix(cell("chat.n.count", "blocked"), models=BLOCKED))["conformance_answered"].values()) == {0}


def test_hostile_text_stays_a_label() -> None:
    """What an endpoint or a user wrote adds no line and no metric."""
    assert set(samples(matrices.hostile())) == set(samples(matrix(cell("chat.n.count", "deviates"))))
    name = 'a"b\\nc\\'
    [labels] = samples(matrix(cell("chat.n.count", "deviates", model=name)))["conformance_against"]
    assert labels[3] == name
