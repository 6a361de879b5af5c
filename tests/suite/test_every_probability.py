"""What the suite says of every log probability, wherever it comes."""

import math
from typing import Any

import pytest

from conformance.suite.chat import probabilities
from tests.support.collecting import over
from tests.support.making import as_stream, choice, completion, exchange, hear, refusal, reply, request, see


def entry(token: str, **more: Any) -> dict[str, Any]:
    """Return the entry of one token."""
    return {"token": token, "logprob": -0.1, "bytes": list(token.encode("utf-8", "replace")), **more}


def body(*entries: Any, text: str = "café", tokens: int | None = None) -> dict[str, Any]:
    """Return an answer with these entries."""
    return completion(choice(text, logprobs={"content": list(entries)}), tokens=tokens)


def heard(name: str, given: dict[str, Any], **sent: Any) -> str:
    """Return the word for one answer, which has to be the same plain and streamed."""
    plain = exchange(body=given, sent=request(model="m", **sent))
    stream = exchange(sent=request(model="m", stream=True, **sent), **as_stream(given, usage="usage" in given))
    words = [hear(f"chat.logprobs.{name}", each).seen.value for each in (plain, stream)]
    assert words[0] == words[1]
    return words[0]


# ---------------------------------------------------------------- presence


@over(
    "given, sent, seen",
    [
        (body(entry("café")), {"logprobs": True}, "honoured"),
        (body(), {"logprobs": True}, "mishandled"),
        (completion(choice("a")), {"logprobs": True}, "mishandled"),
        (completion(choice("a")), {}, "unanswered"),
        (completion(choice("a")), {"logprobs": False}, "unanswered"),
        (completion(choice("")), {"logprobs": True}, "unanswered"),
        (completion(body(entry("café"))["choices"][0], choice("b", 1)), {"logprobs": True, "n": 2}, "mishandled"),
    ],
)
def test_every_text_has_those_that_were_asked_for(given: dict[str, Any], sent: dict[str, Any], seen: str) -> None:
    """In each choice."""
    assert heard("given", given, **sent) == seen


# ---------------------------------------------------------------- shape

FAULTS: list[tuple[dict[str, Any], str | None]] = [
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
    read = reply(*given["choices"], **{key: given[key] for key in given if key == "usage"})
    found = probabilities.fault(read.logprobs or [], read.text, read.completion_tokens)
    assert (found is None) if wrong is None else (found is not None and wrong in found)
    assert see("chat.logprobs.shape", given).seen == ("mishandled" if wrong else "honoured")
    assert heard("shape", given, logprobs=True) == ("mishandled" if wrong else "honoured")


def test_log_probabilities_that_are_missing_show_nothing_of_their_shape() -> None:
    """Whether they must come is for another claim to say; so it is where they are refused."""
    assert see("chat.logprobs.shape", body(entry("café"))).seen == "honoured"
    assert see("chat.logprobs.shape", completion(choice("café"))).seen == "unanswered"
    assert see("chat.logprobs.shape", refusal()).seen == "unanswered"


def test_log_probabilities_of_every_choice_are_checked() -> None:
    """Each is held to its own text, and how many tokens were counted says nothing about one of several."""
    whole, half = ({"content": [entry(token)]} for token in ("café", "ca"))
    sound = completion(choice("café", logprobs=whole), choice("ca", 1, logprobs=half), tokens=1)
    assert heard("shape", sound, n=2) == "honoured"
    wrong = completion(choice("café", logprobs=whole), choice("café", 1, logprobs=half), tokens=9)
    found = hear("chat.logprobs.shape", exchange(body=wrong, sent=request(model="m", n=2)))
    assert (found.seen, "in choice 1" in found.detail) == ("mishandled", True)


# ---------------------------------------------------------------- only where they were asked for


@over(
    "sent, seen",
    [({}, "mishandled"), ({"logprobs": False}, "mishandled"), ({"logprobs": True}, "unanswered"),
     ({"top_logprobs": 2}, "unanswered"), ({"tools": []}, "mishandled")],
)  # fmt: skip
def test_log_probabilities_come_only_where_asked(sent: dict[str, Any], seen: str) -> None:
    """An answer to a request that asks for some shows nothing about that."""
    assert heard("only_asked", body(entry("café")), **sent) == seen


@over("given", [completion(choice("café")), completion(choice("café", logprobs=None)), body()])
def test_no_log_probabilities_are_none(given: dict[str, Any]) -> None:
    """Absent, null or an empty list; that they are absent shows no use of the parameter."""
    assert heard("only_asked", given) == "accepted"
    assert see("chat.logprobs.only_asked", given).detail == "log probabilities come only where asked: 2 of 2 answers"


def test_log_probabilities_of_the_second_choice_are_found() -> None:
    """One choice that has some is enough."""
    given = completion(choice("a"), choice("café", 1, logprobs={"content": [entry("café")]}))
    assert heard("only_asked", given, n=2) == "mishandled"


# ---------------------------------------------------------------- alternatives


def likely(*chances: float, own: str = "a") -> dict[str, Any]:
    """Return an answer of one token whose alternatives a, b, c ... have these probabilities."""
    tops = [{"token": chr(97 + place), "logprob": math.log(chance)} for place, chance in enumerate(chances)]
    logprob = next((top["logprob"] for top in tops if top["token"] == own), -5.0)
    return body(entry(own, logprob=logprob, top_logprobs=tops), text=own)


def listing(*alternatives: Any, **own: Any) -> dict[str, Any]:
    """Return an answer of one token with these alternatives."""
    return body(entry("a", **{"top_logprobs": list(alternatives), **own}), text="a")


ALTERNATIVES = [
    (likely(0.5, 0.3, 0.2), "honoured"),
    (likely(0.5, 0.3, own="b"), "honoured"),
    (likely(0.5, 0.3, own="x"), "honoured"),  # unlikely enough to be missing
    (likely(0.5, 0.5), "honoured"),
    (likely(0.6, 0.405), "honoured"),  # rounded
    (likely(0.3, 0.5), "mishandled"),
    (likely(0.7, 0.6), "mishandled"),
    (listing({"token": "b", "logprob": -1.0}, logprob=-0.1), "mishandled"),
    (listing({"token": "b", "logprob": -1.0}, logprob=-1.0), "honoured"),
    (listing({"token": "a", "logprob": 0.5}), "mishandled"),
    (listing({"token": "a", "logprob": None}), "mishandled"),
    (listing({"token": "a", "logprob": True}), "mishandled"),
    (listing({"token": "a"}), "mishandled"),
    (listing({"token": "", "logprob": -1}), "mishandled"),
    (listing({"logprob": -1}), "mishandled"),
    (listing({"token": 7, "logprob": -1}), "mishandled"),
    (listing(None), "mishandled"),
    (listing(top_logprobs=2), "mishandled"),
    (listing(), "unanswered"),
    (listing(top_logprobs=None), "unanswered"),
    (completion(choice("a")), "unanswered"),
]


@over("given, seen", ALTERNATIVES)
def test_alternatives_are_likely_tokens(given: dict[str, Any], seen: str) -> None:
    """In falling order, at most 1 together, and the chosen token among them if it is likelier than one of them."""
    assert heard("alternatives", given, logprobs=True, top_logprobs=2) == seen


def test_alternatives_are_checked_at_every_position() -> None:
    """The last token of the second choice is one."""
    right, wrong = (likely(*chances)["choices"][0]["logprobs"]["content"] for chances in ((0.5, 0.3), (0.3, 0.5)))
    tokens = {"content": [*right, *right, *wrong]}
    assert heard("alternatives", completion(choice("aaa", logprobs=tokens))) == "mishandled"
    second = completion(choice("a"), choice("aaa", 1, logprobs=tokens))
    found = hear("chat.logprobs.alternatives", exchange(body=second, sent=request(model="m", n=2)))
    assert (found.seen, "in falling order in choice 1" in found.detail) == ("mishandled", True)
