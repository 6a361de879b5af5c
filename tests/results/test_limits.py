"""Limits as numbers, and what counts as more than documented."""

from dataclasses import replace
from decimal import Decimal

import pytest

from conformance.base.observation import Observation, accepted, honoured, ignored
from conformance.contract.claims import Says
from conformance.contract.loading import built_in, load
from conformance.results.limits import Span, span
from conformance.results.matrix import Cell, is_wider
from tests.support.collecting import over
from tests.support.matrices import cell


@over(
    "words, expected",
    [
        ("0-2", Span(Decimal(0), Decimal(2))),
        ("-2-2", Span(Decimal(-2), Decimal(2))),
        ("-2 to 2", Span(Decimal(-2), Decimal(2))),
        ("1 only", Span(Decimal(1), Decimal(1))),
        ("1", Span(Decimal(1), Decimal(1))),
        ("up to 4", Span(None, Decimal(4))),
        ("<=4", Span(None, Decimal(4))),
        ("16 or more", Span(Decimal(16), None)),
        (">=16", Span(None, Decimal(16), beyond=True)),
        ("about 2.1", Span(None, Decimal("2.1"), exact=False)),
        ("none", None),
        ("yes", None),
        ("message and type; 400, 401, 404", None),
        (None, None),
    ],
)
def test_limits_are_read_back(words: str | None, expected: Span | None) -> None:
    """As they are measured and as contracts state them; words that name no range are none."""
    assert span(words) == expected


@over(
    "says, observed, documented, measured, expected",
    [
        ("refused", "honoured", "refused", None, True),
        ("without effect", "honoured", "no", None, True),
        ("without effect", "accepted", "no", None, False),
        ("refused", "accepted", "refused", None, False),  # nothing shows that the value was applied
        ("supported", "honoured", "0-2", ">=4", True),
        ("supported", "honoured", "1 only", "1-8", True),
        ("supported", "honoured", "1-128", "0-128", True),
        ("supported", "honoured", "0-2", "0-2", False),
        ("supported", "honoured", "up to 4", "1-4", False),
        ("supported", "honoured", "0-2", "about 2.1", False),
        ("supported", "ignored", "1-128", "1", False),
        ("supported", "honoured", "yes", "1-8", False),
        ("unstated", "honoured", "unstated", "1-8", False),
    ],
)
def test_more_than_documented_in_an_old_run(
    says: str, observed: str, documented: str, measured: str | None, expected: bool
) -> None:
    """A matrix that does not say so tells it by its texts."""
    old = cell(
        "chat.n.limit", "noted", says=says, observed=observed, documented=documented, measured=measured
    ).document()
    del old["wider"]
    assert Cell.from_document(old).wider is expected


def test_the_texts_of_a_run_that_says_so_decide_nothing() -> None:
    """Whatever they are."""
    new = cell("chat.n.limit", "noted", says="supported", documented="0-2", measured="0-4")
    assert Cell.from_document(new.document()).wider is False
    assert Cell.from_document(replace(new, wider=True, measured="none").document()).wider is True


@over(
    "says, seen, wider, expected",
    [
        (Says.REFUSED, honoured("n"), False, True),
        (Says.WITHOUT_EFFECT, honoured("n"), False, True),
        (Says.REFUSED, accepted("n"), False, False),
        (Says.SUPPORTED, honoured("n"), False, False),
        (Says.SUPPORTED, honoured("n"), True, True),
        (Says.SUPPORTED, ignored("n"), True, True),
    ],
)
def test_more_than_documented(says: Says, seen: Observation, wider: bool, expected: bool) -> None:
    """What is to be refused or without effect is honoured, or the measured limit is beyond the documented one."""
    assert is_wider(says, replace(seen, wider=wider)) is expected


@pytest.mark.parametrize("name", built_in())
def test_what_a_contract_quotes_as_a_range_it_states_as_one(name: str) -> None:
    """So that the mark agrees with the text beside it."""
    contract = load(name)
    models = [contract.classify(kind.column, each, each) for each, kind in contract.classes.items()]
    parameters = {case.parameter for case in contract.cases(sorted(contract.claims), models) if case.parameter.range}
    for each in parameters:
        if words := span(each.documented):
            assert each.quoted[1:] == (() if words.high is None else (words.high,)), each
