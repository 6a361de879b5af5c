"""What the suite observes of streamed calls as a whole; what holds for every fragment is in test_every_stream.py."""

import json
from typing import Any

import pytest

from conformance.trial.ask import NoControl
from tests.support.calls import PARIS, STREAM_OF_TWO, TEXT, TWO, call, calling, first, fragment, rest, says, stream
from tests.support.making import refusal

# ---------------------------------------------------------------- fragments

SOUND = stream(first(), fragment(0, PARIS[:9]), fragment(0, PARIS[9:]))
REPEATS = [
    *((f"chat.tools.stream_{name}", SOUND, "honoured") for name in ("repeats", "agrees")),
    *((f"chat.tools.stream_{name}", refusal(), "refused") for name in ("repeats", "agrees")),
    ("chat.tools.stream_repeats", calling(call()), "unanswered"),
    ("chat.tools.stream_repeats", stream(), "unanswered"),
    ("chat.tools.stream_repeats", stream(first(), rest(0, id="call_1")), "mishandled"),
    ("chat.tools.stream_repeats", stream(first(), rest(0, name="get_weather")), "mishandled"),
    ("chat.tools.stream_repeats", STREAM_OF_TWO, "honoured"),
]


@pytest.mark.parametrize(("claim_id", "answer", "seen"), REPEATS)
def test_later_fragments_repeat_neither_id_nor_name(claim_id: str, answer: Any, seen: str) -> None:
    """Without a streamed call there is no evidence."""
    assert says(claim_id, calling(call()), answer) == seen


MARKUP = '<tool_call>{"name": "get_weather", "arguments": {}}</tool_call>'
BROKEN = {**SOUND, "text": SOUND["text"][: SOUND["text"].index('"finish_reason": "')], "failure": "protocol"}


def saying(text: str) -> dict[str, Any]:
    """Return a stream of a call and text."""
    return {**SOUND, "text": SOUND["text"].replace('{"role": "assistant"}', json.dumps({"content": text}))}


LEAKING = saying(MARKUP)
AGREES = [
    (calling(call()), stream(first(), rest(), first(1, "call_2"), rest(1)), "mishandled"),
    (calling(call()), stream(finish="stop"), "mishandled"),
    (calling(call()), stream(finish="length"), "unanswered"),
    (calling(call()), stream(first(), rest(), first(1, "call_2", "get_time"), rest(1)), "unanswered"),
    (calling(call(), call(id="call_2")), stream(first(), rest()), "unanswered"),
    (calling(call(), call(id="call_2")), stream(first(), rest(), first(1, "call_2"), rest(1)), "honoured"),
    (calling(call(), call(id="call_2")), stream(*(each(n) for n in range(3) for each in (first, rest))), "unanswered"),
    (calling(call(), finish="length"), stream(finish="stop"), "unanswered"),
    (calling(call()), calling(call()), "mishandled"),
    (calling(call()), LEAKING, "mishandled"),
    (calling(call(), content=MARKUP), LEAKING, "honoured"),
    (calling(call()), saying("I call get_weather."), "honoured"),
    (calling(call()), BROKEN, "mishandled"),
    (TEXT, SOUND, "unanswered"),
    (TEXT, stream(finish="stop"), "unanswered"),
]


@pytest.mark.parametrize(("plain", "streamed", "seen"), AGREES)
def test_a_stream_has_the_calls_of_the_plain_answer(plain: Any, streamed: Any, seen: str) -> None:
    """The same call twice is a fault if the answer without streaming has it once; different calls are the model's choice."""
    assert says("chat.tools.stream_agrees", plain, streamed) == seen


def test_a_stream_is_not_compared_with_a_failed_control() -> None:
    """Without an answer to compare with there is no evidence."""
    with pytest.raises(NoControl):
        says("chat.tools.stream_agrees", refusal(), SOUND)


# ---------------------------------------------------------------- several calls

STREAMED = [
    (STREAM_OF_TWO, "honoured"),
    (stream(first(), first(1, "call_2", "get_time"), rest(1), rest()), "honoured"),
    (stream(first(), rest(), first(0, "call_2", "get_time"), rest()), "mishandled"),
    (stream(first(None), rest(None), first(None, "call_2", "get_time"), rest(None)), "mishandled"),
    (stream(first(), rest(), fragment(0, PARIS, id="call_2")), "mishandled"),
    (stream(fragment(0, PARIS, "get_weather"), fragment(0, PARIS, "get_time")), "mishandled"),
    (stream(first(), rest(0, id="call_1")), "unanswered"),
]


@pytest.mark.parametrize(("answer", "seen"), STREAMED)
def test_two_streamed_calls_have_an_index_each(answer: Any, seen: str) -> None:
    """Fragments with one index are one call, so with two ids clients cannot tell the calls apart."""
    assert says("chat.tools.parallel", TWO, answer) == seen
