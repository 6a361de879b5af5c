"""What the suite observes of log probabilities."""

from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.suite.chat import probabilities
from tests.support.making import choice, completion, refusal, reply, see


def entry(token: str, **more: Any) -> dict[str, Any]:
    """Return the entry of one token."""
    return {"token": token, "logprob": -0.1, "bytes": list(token.encode("utf-8", "replace")), **more}


def body(*entries: Any, text: str = "café", tokens: int | None = None) -> dict[str, Any]:
    """Return an answer with these entries."""
    return completion(choice(text, logprobs={"content": list(entries)}), tokens=tokens)


HALVES = ({"token": "\\xc3", "logprob": -1, "bytes": [195]}, {"token": "\\xa9", "logprob": -1, "bytes": [169]})
FAULTS = [
    (body(entry("ca"), entry("fé")), None),
    (body(entry("ca", bytes=None), entry("fé", bytes=None)), None),
    (body(entry("ca"), entry("fé", bytes=None)), None),
    (body(entry("café", logprob=0)), None),
    (body(entry("\ufffd", bytes=[195]), entry("\ufffd", bytes=[169]), text="é"), None),
    (body(entry("ca"), entry("fé"), tokens=2), None),
    (body(entry("ca"), entry("fé"), tokens=0), None),
    (body(entry("ca"), entry("fé"), tokens=1), "2 log probabilities for 1"),
    (body({"logprob": -1}), "has no token"),
    (body(entry("")), "has no token"),
    (body(entry("café", logprob=0.5)), "at most 0"),
    (body(entry("café", logprob=None)), "at most 0"),
    (body(entry("café", logprob=True)), "at most 0"),
    (body(entry("café", bytes="caf")), "must be a list of integers"),
    (body(entry("café", bytes=["c"])), "must be a list of integers"),
    (body(entry("café", bytes=[99])), "must be its UTF-8"),
    (body(entry("\ud83d", bytes=[1]), text="x"), "must be its UTF-8"),
    (body(entry("ca"), entry("fe")), "join to"),
    (body(entry("ca")), "join to"),
]


@pytest.mark.parametrize(("given", "wrong"), FAULTS)
def test_log_probabilities_are_checked_against_the_content(given: dict[str, Any], wrong: str | None) -> None:
    """They must be at most 0, with the bytes of the token, tokens that join to the content, and no more than counted."""
    found = probabilities.fault(reply(*given["choices"], **{key: given[key] for key in given if key == "usage"}))
    assert (found is None) if wrong is None else (found is not None and wrong in found)
    assert see("chat.logprobs.shape", given).seen == ("mishandled" if wrong else "honoured")


@pytest.mark.parametrize(
    ("claim_id", "with_them", "without"),
    [
        ("chat.logprobs.present", "honoured", "ignored"),
        ("chat.logprobs.shape", "honoured", "unanswered"),
        ("chat.logprobs.unsupported", "honoured", "ignored"),
        ("chat.logprobs.not_asked", "ignored", "honoured"),
        ("chat.logprobs.null", "honoured", "accepted"),
        ("chat.top_logprobs.unsupported", "honoured", "ignored"),
        ("chat.top_logprobs.without_logprobs", "honoured", "ignored"),
    ],
)
def test_log_probabilities_are_present_or_absent(claim_id: str, with_them: str, without: str) -> None:
    """What that means depends on whether they were requested."""
    given = body(entry("café"))
    assert see(claim_id, given, 2).seen == with_them
    assert see(claim_id, completion(choice("café")), 2).seen == without
    assert see(claim_id, refusal(), 2).seen is Seen.REFUSED


def test_an_empty_answer_shows_nothing_of_log_probabilities() -> None:
    """There are no tokens that could have any."""
    assert see("chat.logprobs.present", completion(choice(""))).seen is Seen.UNANSWERED
    assert see("chat.top_logprobs.range", completion(choice("")), 2).seen is Seen.UNANSWERED


def listing(*counts: int) -> dict[str, Any]:
    """Return an answer whose positions list these numbers of tokens."""
    return body(*(entry("x", top_logprobs=[{}] * count) for count in counts), text="x" * len(counts))


@pytest.mark.parametrize(
    ("asked", "given", "seen"),
    [
        (2, listing(2, 2), "honoured"),
        (2, listing(1, 2), "honoured"),
        (0, listing(0, 0), "honoured"),
        (3, listing(1, 2), "clamped"),
        (2, listing(0, 0), "ignored"),
        (2, listing(5), "ignored"),
        (2, body(entry("x"), text="x"), "ignored"),
        (2, completion(choice("x")), "ignored"),
        (2, refusal(), "refused"),
    ],
)
def test_the_most_likely_tokens_are_counted(asked: int, given: dict[str, Any], seen: str) -> None:
    """At least one position lists the requested number, and none lists more."""
    assert see("chat.top_logprobs.range", given, asked).seen == seen


def test_the_limit_of_top_logprobs_is_measured() -> None:
    """It is measured by the lengths of the lists."""
    found = see("chat.top_logprobs.limit", lambda body, *_: listing(min(body["top_logprobs"], 7)))
    assert (found.seen, found.measured) == (Seen.HONOURED, "0-7")
