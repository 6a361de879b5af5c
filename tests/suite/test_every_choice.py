"""What the suite says of every choice of an answer: whether all come, how each ends, and when it may call a tool."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.http.exchange import Exchange
from conformance.surfaces.markers import marker
from tests.support.calls import call, calling
from tests.support.collecting import over
from tests.support.making import as_stream, choice, completion, exchange, hear, refusal, request, see

WORD = marker("a request")
PROMPT = [{"role": "user", "content": f"Reply with the single word: {WORD}"}]
NAMED = {"type": "function", "function": {"name": "get_weather"}}
NAMES = ("chat.n.choices", "chat.reply.natural_end", "chat.tools.finish_reason", "chat.tools.content_null")


def asked(body: dict[str, Any], *, streamed: bool = False, **sent: Any) -> Exchange:
    """Return an answer to a request with these parameters, as it is or as a stream with its usage."""
    told = {"model": "m", "messages": PROMPT, **sent}
    if not streamed:
        return exchange(body=body, sent=request(**told))
    return exchange(sent=request(**told, stream=True), **as_stream(body, usage="usage" in body))


def heard(claim_id: str, body: dict[str, Any], **sent: Any) -> str:
    """Return the word for one answer; plain and streamed have to come to the same."""
    plain, streamed = (hear(claim_id, asked(body, streamed=way, **sent)).seen.value for way in (False, True))
    assert plain == streamed, claim_id
    return plain


@over("claim_id", NAMES)
def test_a_refusal_has_no_choices(claim_id: str) -> None:
    """It shows nothing."""
    assert hear(claim_id, exchange(**refusal())).seen == "unanswered"


# ---------------------------------------------------------------- number

A, B = choice("a"), choice("b", 1)
CHOICES = [
    ([A, B], {"n": 2}, "honoured"),
    ([A], {"n": 2}, "mishandled"),
    ([A, choice("b", 2)], {"n": 2}, "mishandled"),
    ([A, B, choice("c", 2)], {"n": 2}, "mishandled"),
    ([A], {"n": 1}, "unanswered"),
    ([A], {}, "unanswered"),
    ([A], {"n": 100}, "unanswered"),  # the documents contradict each other there
]


@over("choices, sent, seen", CHOICES)
def test_all_choices_come(choices: list[dict[str, Any]], sent: dict[str, Any], seen: str) -> None:
    """Whatever else was asked for."""
    assert heard("chat.n.choices", completion(*choices), **sent) == seen


# ---------------------------------------------------------------- ends


def echoing(text: str, finish: str, tokens: int = 2) -> Callable[..., Any]:
    """Return an endpoint that answers with a text, in which WORD stands for the word that was asked for."""

    def speak(body: dict[str, Any], *_: int) -> Any:
        word = body["messages"][-1]["content"].rsplit(" ", 1)[-1]
        counts = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
        return completion(choice(text.replace("WORD", word), finish=finish), usage=counts)

    return speak


@pytest.mark.parametrize(
    ("text", "finish", "tokens", "seen"),
    [
        ("WORD", "stop", 2, "honoured"),
        ("WORD.", "tool_calls", 2, "mishandled"),
        ("WORD", "end_turn", 2, "mishandled"),
        ("WORD", "length", 2, "unanswered"),
        ("I am", "end_turn", 2, "unanswered"),
        ("WORD", "content_filter", 2, "unanswered"),
        ("WORD", "error", 2, "unanswered"),
        ("WORD", None, 2, "mishandled"),
    ],
)
def test_what_was_not_cut_does_not_say_so(text: str, finish: str, tokens: int, seen: str) -> None:
    """The word that was asked for is a whole answer; one that says it was cut may have been cut anywhere."""
    assert see("chat.reply.natural_end", echoing(text, finish, tokens)).seen == seen


ENDS = [
    ([choice(WORD), choice(WORD, 1)], "honoured"),
    ([choice(WORD), choice(WORD, 1, "tool_calls")], "mishandled"),
    ([choice(WORD), choice("I am", 1, "tool_calls")], "honoured"),
]


@over("choices, seen", ENDS)
def test_each_choice_has_an_end_of_its_own(choices: list[dict[str, Any]], seen: str) -> None:
    """Later ones as well."""
    assert heard("chat.reply.natural_end", completion(*choices), n=2) == seen


CUTS = [
    (WORD[:3], "stop", 4, {"max_tokens": 2}, "mishandled"),
    (WORD[:3], "length", 4, {"max_tokens": 2}, "honoured"),
    (WORD[:3], "stop", 3, {"max_tokens": 2}, "unanswered"),  # it had room left, so the model may have ended it
    (WORD[:3], "stop", 4, {}, "unanswered"),
    (WORD[:3], "stop", 4, {"max_tokens": 2, "stop": "x"}, "unanswered"),
    ("I am", "stop", 4, {"max_tokens": 2}, "unanswered"),
]


@over("text, finish, tokens, sent, seen", CUTS)
def test_half_a_word_at_the_cap_was_cut(text: str, finish: str, tokens: int, sent: dict[str, Any], seen: str) -> None:
    """It ends with length, in each of several choices."""
    counts = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    whole = completion(*(choice(text, number, finish) for number in (0, 1)), usage=counts)
    assert heard("chat.reply.natural_end", whole, n=2, **sent) == seen


# ---------------------------------------------------------------- calls

CALLED = calling(call())
FINISHES = [
    (CALLED, {}, "honoured"),
    (calling(call(), finish="stop"), {}, "mishandled"),
    (calling(call(), finish="stop"), {"tool_choice": NAMED}, "unanswered"),
    (calling(call(), finish="end_turn"), {"tool_choice": NAMED}, "mishandled"),
    (calling(call(), finish="length"), {}, "unanswered"),
    (completion(choice("It is mild.")), {}, "unanswered"),
    (
        completion(*CALLED["choices"], {**CALLED["choices"][0], "index": 1, "finish_reason": "stop"}),
        {"n": 2},
        "mishandled",
    ),
]


@over("given, sent, seen", FINISHES)
def test_a_choice_with_calls_ends_with_them(given: dict[str, Any], sent: dict[str, Any], seen: str) -> None:
    """With stop only where tool_choice names the function, and with length where it was cut."""
    assert heard("chat.tools.finish_reason", given, tools=[NAMED], **sent) == seen


def test_without_tools_none_is_called_in_any_choice() -> None:
    """Nor does one end as if it did."""
    second = {**calling(call())["choices"][0], "index": 1}
    assert heard("chat.tools.not_declared", completion(A, B), n=2) == "accepted"
    assert heard("chat.tools.not_declared", completion(A, second), n=2) == "mishandled"
    assert heard("chat.tools.not_declared", completion(A, choice("b", 1, "tool_calls")), n=2) == "mishandled"
    assert heard("chat.tools.not_declared", calling(call()), tools=[NAMED]) == "unanswered"


def test_an_empty_list_of_calls_in_any_choice_is_noted() -> None:
    """Only an answer without streaming shows one."""
    second = {"role": "assistant", "content": "b", "tool_calls": []}
    found = hear("chat.tools.empty_absent", asked(completion(A, choice(message=second, index=1)), n=2))
    assert (found.seen, "must be absent, got []" in found.detail) == ("mishandled", True)
    assert hear("chat.tools.empty_absent", asked(completion(A), streamed=True)).seen == "unanswered"


PROBABLE = {"content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}] * 8}


@over(
    "choices, used, sent, seen",
    [
        ((choice("a b", 0, "length"), choice("c d", 1, "length")), 8, {"max_tokens": 4}, "honoured"),
        ((choice("a b", 0, "length"), choice("c d", 1, "length")), 4, {"max_tokens": 4}, "mishandled"),
        ((choice("a b", 0, "length"), choice("c d", 1, "length")), 4, {}, "unanswered"),
        (
            (choice("a b", 0, "length"), choice("c d", 1, "length")),
            4,
            {"max_tokens": 40},
            "unanswered",
        ),  # another limit
        ((choice("a b", 0), choice("c d", 1)), 4, {"max_tokens": 4}, "unanswered"),
        ((choice("", 0, "length"), choice("", 1, "length")), 1, {"max_tokens": 4}, "unanswered"),
        ((choice("a", 0, logprobs=PROBABLE), choice("b", 1, logprobs=PROBABLE)), 14, {}, "honoured"),
        ((choice("a", 0, logprobs=PROBABLE), choice("b", 1, logprobs=PROBABLE)), 8, {}, "mishandled"),
        ((choice("a b", 0, "length"),), 1, {"max_tokens": 4}, "unanswered"),
    ],
)
def test_all_choices_are_counted(choices: Any, used: int, sent: dict[str, Any], seen: str) -> None:
    """A choice has as many tokens as log probabilities, or as the cap that cut it."""
    usage = {"prompt_tokens": 9, "completion_tokens": used, "total_tokens": 9 + used}
    given = exchange(
        body=completion(*choices, usage=usage), sent=request(model="m", messages=[], n=len(choices), **sent)
    )
    assert hear("chat.n.usage", given).seen == seen
