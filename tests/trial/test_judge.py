"""The verdict table and the vocabulary it reads."""

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
def test_each_observation_means_what_the_table_says(says: str, word: str, meant: str) -> None:
    """Every field of the documented table, at must and at should."""
    at_must = "deviates" if meant == "against" else meant
    at_should = "differs" if meant == "against" else meant
    assert judge(Says(says), Level.MUST, Seen(word)) == at_must
    assert judge(Says(says), Level.SHOULD, Seen(word)) == at_should


def test_the_table_covers_the_whole_vocabulary() -> None:
    """No word of the vocabulary and nothing that a contract can say is left out above."""
    assert tuple(Seen) == WORDS
    assert set(Says) == set(TABLE)


@pytest.mark.parametrize("seen", Seen)
def test_nothing_unstated_fails(seen: Seen) -> None:
    """An unstated claim is recorded, whatever was seen."""
    assert judge(Says.UNSTATED, Level.UNSTATED, seen) in {Verdict.NOTED, Verdict.INCONCLUSIVE}


def test_verdicts_fold_worst_first() -> None:
    """The order in which cases decide a cell, and which verdicts count as judged, stand fixed."""
    assert [str(each) for each in FOLDING] == [
        "deviates", "differs", "blocked", "inconclusive", "noted", "conforms", "not applicable",
    ]  # fmt: skip
    assert {"deviates", "differs"} == AGAINST
    assert {"deviates", "differs", "noted", "conforms"} == JUDGED


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_maker(word: str) -> None:
    """Each word of the vocabulary is said by the function of its name."""
    assert getattr(observation, word)("seen so") == Observation(Seen(word), "seen so")


def test_observations_cannot_be_changed() -> None:
    """What was seen stays as it was seen."""
    seen = observation.honoured("it worked", "1-4")
    assert (seen.measured, seen.suspect) == ("1-4", False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.detail = "it did not"  # type: ignore[misc]


def test_only_accidents_are_suspect() -> None:
    """A fault of the server and a hang can be marked as what has to repeat before it counts."""
    assert observation.mishandled("500", suspect=True).suspect
    assert observation.unanswered("timeout", suspect=True).suspect


HOSTILE = ("\x1b[31mred", "bell\x07", "two\nlines", "right\u202eleft", "torn \udce9 byte", "\x9b2J")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_detail_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    """Control characters, line ends, direction marks and stray bytes of an endpoint are escaped where they enter."""
    detail = observation.refused(text).detail
    assert detail.isprintable()
    detail.encode()


def test_a_detail_keeps_readable_text() -> None:
    """Letters of any script are left as they are."""
    assert observation.refused("Température 2,5 は無効です ✗").detail == "Température 2,5 は無効です ✗"
