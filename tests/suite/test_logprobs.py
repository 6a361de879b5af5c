"""What the suite observes of log probabilities that it asks for; what holds for all is in test_every_probability.py."""

from typing import Any

import pytest

from conformance.base.observation import Seen
from tests.support.making import choice, completion, refusal, see


def entry(token: str, **more: Any) -> dict[str, Any]:
    """Return the entry of one token."""
    return {"token": token, "logprob": -0.1, "bytes": list(token.encode("utf-8", "replace")), **more}


def body(*entries: Any, text: str = "café", tokens: int | None = None) -> dict[str, Any]:
    """Return an answer with these entries."""
    return completion(choice(text, logprobs={"content": list(entries)}), tokens=tokens)


@pytest.mark.parametrize(
    ("claim_id", "with_them", "without"),
    [
        ("chat.logprobs.present", "honoured", "ignored"),
        ("chat.logprobs.unsupported", "honoured", "ignored"),
        ("chat.logprobs.not_asked", "ignored", "accepted"),
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
    found = see("chat.top_logprobs.range", given, asked)
    assert (found.seen, found.enforced) == (seen, seen in {"ignored", "clamped"})


def test_the_limit_of_top_logprobs_is_measured() -> None:
    """It is measured by the lengths of the lists."""
    found = see("chat.top_logprobs.limit", lambda body, *_: listing(min(body["top_logprobs"], 7)))
    assert (found.seen, found.measured) == (Seen.HONOURED, "0-7")
