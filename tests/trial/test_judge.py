"""The verdict table, and the vocabulary of observations."""

import dataclasses

import pytest

from conformance.base import observation
from conformance.base.observation import Observation, Seen
from conformance.contract.claims import Level, Says
from conformance.trial.judge import AGAINST, FOLDING, JUDGED, Verdict, judge

WORDS = ("honoured", "accepted", "ignored", "clamped", "refused", "mishandled", "unanswered")
TABLE = {
    "supported": ("conforms", "conforms", "against", "against", "against", "against", "inconclusive"),
    "without effect": ("against", "conforms", "conforms", "against", "conforms", "against", "inconclusive"),
    "refused": ("against", "against", "against", "against", "conforms", "against", "inconclusive"),
    "unstated": ("noted", "noted", "noted", "noted", "noted", "noted", "inconclusive"),
    "not applicable": ("not applicable",) * 7,
}
ROWS = [(says, word, meant) for says, row in TABLE.items() for word, meant in zip(WORDS, row, strict=True)]


@pytest.mark.parametrize(("says", "word", "meant"), ROWS)
def test_each_verdict_is_that_of_the_table(says: str, word: str, meant: str) -> None:
    """This covers every field of the documented table, at must and at should."""
    at_must = "deviates" if meant == "against" else meant
    at_should = "differs" if meant == "against" else meant
    assert judge(Says(says), Level.MUST, Seen(word)) == at_must
    assert judge(Says(says), Level.SHOULD, Seen(word)) == at_should


def test_the_table_covers_the_whole_vocabulary() -> None:
    """The table above contains every word of the vocabulary and everything that a contract can say."""
    assert tuple(Seen) == WORDS
    assert set(Says) == set(TABLE)


@pytest.mark.parametrize("seen", Seen)
def test_an_unstated_claim_never_deviates(seen: Seen) -> None:
    """Whatever was observed, it is noted or inconclusive."""
    assert judge(Says.UNSTATED, Level.UNSTATED, seen) in {Verdict.NOTED, Verdict.INCONCLUSIVE}


def test_the_order_of_verdicts_is_fixed() -> None:
    """So are the verdicts that count as against the contract, and as judged."""
    assert [str(verdict) for verdict in FOLDING] == [
        "deviates", "differs", "blocked", "inconclusive", "noted", "conforms", "not applicable",
    ]  # fmt: skip
    assert {"deviates", "differs"} == AGAINST
    assert {"deviates", "differs", "noted", "conforms"} == JUDGED


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_function(word: str) -> None:
    """The function named like a word returns an observation with that word."""
    assert getattr(observation, word)("a detail") == Observation(Seen(word), "a detail")


def test_observations_cannot_be_changed() -> None:
    """They are frozen."""
    seen = observation.honoured("it worked", "1-4")
    assert (seen.measured, seen.suspect) == ("1-4", False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.detail = "it did not"  # type: ignore[misc]


def test_server_faults_and_timeouts_can_be_suspect() -> None:
    """A suspect observation counts only if it repeats."""
    assert observation.mishandled("500", suspect=True).suspect
    assert observation.unanswered("timeout", suspect=True).suspect


HOSTILE = ("\x1b[31mred", "bell\x07", "two\nlines", "right\u202eleft", "torn \udce9 byte", "\x9b2J")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_detail_is_printable(text: str) -> None:
    """Control characters, line ends, direction marks and invalid bytes from an endpoint are escaped."""
    detail = observation.refused(text).detail
    assert detail.isprintable()
    detail.encode()


def test_a_detail_keeps_readable_text() -> None:
    """Letters of any script are not escaped."""
    assert observation.refused("Température 2,5 は無効です ✗").detail == "Température 2,5 は無効です ✗"
