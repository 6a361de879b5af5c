"""Limits as numbers, and what counts as more than documented."""

from decimal import Decimal

from conformance.results.limits import Span, is_wider, span
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
def test_more_than_documented(says: str, observed: str, documented: str, measured: str | None, expected: bool) -> None:
    """What is to be refused or without effect is honoured, or the measured limit is beyond the documented one."""
    found = cell("chat.n.limit", "noted", says=says, observed=observed, documented=documented, measured=measured)
    assert is_wider(found) is expected
