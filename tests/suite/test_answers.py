"""What the suite observes of sampling, response_format, reasoning_effort and stream_options."""

import json
from typing import Any

import pytest

from conformance.base.observation import Seen
from tests.support.making import choice, completion, events, refusal, see

READY = completion(choice("ready"))
COUNTED = " ".join(map(str, range(1, 41)))


# ---------------------------------------------------------------- sampling


def texts(*said: str) -> Any:
    """Return an endpoint that gives a different answer to each sample."""
    return lambda _, sample, __: completion(choice(said[sample]))


@pytest.mark.parametrize(
    ("said", "seen"), [("aaa", "honoured"), ("abc", "ignored"), ("aab", "unanswered"), ("a a", "unanswered")]
)
@pytest.mark.parametrize("parameter", ["temperature", "top_p"])
def test_answers_repeat_or_not(parameter: str, said: str, seen: str) -> None:
    """Three equal answers are honoured, three different ones ignored, anything else is no evidence."""
    assert see(f"chat.{parameter}.zero_repeats", texts(*said), 0).seen == seen


@pytest.mark.parametrize(("said", "seen"), [("aaaaa", "ignored"), ("aaaab", "honoured"), ("aa aa", "unanswered")])
@pytest.mark.parametrize("parameter", ["temperature", "top_p"])
def test_answers_vary_or_not(parameter: str, said: str, seen: str) -> None:
    """One difference among five answers is enough; an empty answer does not count."""
    assert see(f"chat.{parameter}.maximum_varies", texts(*said), 1).seen == seen


@pytest.mark.parametrize("statement", ["zero_repeats", "maximum_varies"])
def test_a_refusal_among_the_samples_is_a_refusal(statement: str) -> None:
    """One refusal among the samples is enough."""
    assert (
        see(f"chat.temperature.{statement}", lambda _, sample, __: refusal() if sample else READY, 1).seen
        is Seen.REFUSED
    )


# ---------------------------------------------------------------- response_format

CARD = json.dumps({"fruit_q7": "fig", "ripe_q7": True, "shade_q7": "dark"})


def formed(text: str, control: str = "Red, green, blue.", finish: str = "stop") -> Any:
    """Return an endpoint that answers a request for a format with this text, and the control with another."""
    return lambda body, *_: completion(choice(text if "response_format" in body else control, finish=finish))


FORMATS = [
    ("json_schema", formed(CARD), "honoured"),
    ("json_schema", formed(CARD.replace("dark", "red")), "ignored"),
    ("json_schema", formed("{}"), "ignored"),
    ("json_schema", formed(f"```json\n{CARD}\n```"), "ignored"),
    ("json_schema", formed("A fig."), "ignored"),
    ("json_schema", formed("null"), "ignored"),
    ("json_schema", formed('{"fruit_q7', finish="length"), "unanswered"),
    ("json_schema", formed('{"fruit_q7', finish="error"), "unanswered"),
    ("json_schema", refusal(), "refused"),
    ("json_object", formed('{"colours": []}'), "honoured"),
    ("json_object", formed('{"colours": []}', '{"colours": []}'), "accepted"),
    ("json_object", formed("[]"), "ignored"),
    ("json_object", formed("Red."), "ignored"),
    ("json_object", formed('{"c', finish="length"), "unanswered"),
    ("json_object", refusal(), "refused"),
]


@pytest.mark.parametrize(("statement", "answer", "seen"), FORMATS)
def test_the_form_of_an_answer_is_the_servers_promise(statement: str, answer: Any, seen: str) -> None:
    """A missing form is ignored; a form that the control has as well is only accepted."""
    assert see(f"chat.response_format.{statement}", answer).seen == seen


# ---------------------------------------------------------------- reasoning_effort


def spending(low: list[Any], high: list[Any]) -> Any:
    """Return an endpoint whose samples take these numbers of reasoning tokens."""

    def answer(body: dict[str, Any], sample: int, _: int) -> Any:
        spent = {"low": low, "high": high}[body["reasoning_effort"]][sample]
        return completion(choice("15"), usage={"completion_tokens_details": {"reasoning_tokens": spent}})

    return answer


@pytest.mark.parametrize(
    ("low", "high", "seen"),
    [
        ([10, 12], [13, 90], "honoured"),
        ([10, 12], [12, 90], "unanswered"),
        ([10, 10], [10, 10], "ignored"),
        ([10, 12], [4, 9], "ignored"),
        ([None, None], [None, None], "unanswered"),
        ([None, None], [5, 5], "honoured"),
    ],
)
def test_effort_is_seen_by_what_it_spends(low: list[Any], high: list[Any], seen: str) -> None:
    """Both samples at high effort take more than both at low; a mixed order is no evidence."""
    assert see("chat.reasoning_effort.effect", spending(low, high), model="reasoning").seen == seen


def test_reasoning_that_is_not_counted_has_no_effect_where_none_is_documented() -> None:
    """A model that does not reason reports no count, which counts as 0."""
    answer = spending([None, None], [None, None])
    assert see("chat.reasoning_effort.unsupported", answer, model="claude").seen is Seen.IGNORED


def test_an_effort_that_is_refused_is_a_refusal() -> None:
    """It conforms if the contract says that the parameter has no effect."""
    assert see("chat.reasoning_effort.unsupported", refusal(), model="claude").seen is Seen.REFUSED


# ---------------------------------------------------------------- stream_options

PIECE = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}]}
USAGE = {"choices": [], "usage": {"total_tokens": 3}}
STREAMS = [
    ("include_usage", events(PIECE, USAGE), "honoured"),
    ("include_usage", events(PIECE), "ignored"),
    ("include_usage", events({**PIECE, "usage": None}, USAGE), "honoured"),
    ("include_usage", events(PIECE, {"choices": [], "usage": {}}), "ignored"),
    ("include_usage", events(USAGE, PIECE), "mishandled"),
    ("include_usage", {**completion(choice("x")), "usage": {"total_tokens": 3}}, "unanswered"),
    ("include_usage", refusal(), "refused"),
    ("include_usage", events({"error": {"message": "overloaded"}}), "mishandled"),
]


@pytest.mark.parametrize(("statement", "given", "seen"), STREAMS)
def test_usage_ends_a_stream_that_asks_for_it(statement: str, given: dict[str, Any], seen: str) -> None:
    """The usage is in the last chunk before [DONE], which has no choices."""
    assert see(f"chat.stream_options.{statement}", given).seen == seen
