"""What the suite observes of several calls in one answer, of ids, of text next to calls, and of declarations."""

from typing import Any

import pytest

from tests.support.calls import CUT, TEXT, TWO, call, calling, says
from tests.support.making import choice, completion, observe_with_bodies, refusal, see

# ---------------------------------------------------------------- two calls

PARALLEL = [
    (TWO, "honoured"),
    (calling(call(), call("get_time", "call_2"), call("get_time", "call_3")), "honoured"),
    (calling(call()), "unanswered"),
    (calling(call(), finish="length"), "unanswered"),
    (TEXT, "unanswered"),
    (calling(call("get_weatherget_time")), "mishandled"),
    (calling(call({"name": "get_weather"})), "mishandled"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), PARALLEL)
def test_two_calls_are_two(answer: Any, seen: str) -> None:
    """Making only one call is the model's choice; a call of an undeclared tool is a fault."""
    assert says("chat.tools.parallel", answer) == seen


OFF = [
    (calling(call()), TWO, "honoured"),
    (TWO, TWO, "ignored"),
    (calling(call()), calling(call()), "unanswered"),
    (TEXT, TWO, "unanswered"),
    (refusal(), TWO, "refused"),
]


@pytest.mark.parametrize(("without", "control", "seen"), OFF)
def test_parallel_calls_are_switched_off(without: Any, control: Any, seen: str) -> None:
    """One call is evidence only if the control makes two."""
    found = see("chat.parallel_tool_calls.off", lambda body, *_: without if "parallel_tool_calls" in body else control)
    assert (found.seen, found.enforced) == (seen, seen == "ignored")


# ---------------------------------------------------------------- calls and text in one answer

NO_OBJECTS: list[Any] = ["", "null", "[]", {}, None]
BESIDE = [
    ("no_parameters", calling(call("get_server_status", arguments="{}")), "honoured"),
    ("no_parameters", calling(call("get_server_status", arguments='{"verbose": true}')), "honoured"),
    *(("no_parameters", calling(call("get_server_status", arguments=odd)), "mishandled") for odd in NO_OBJECTS),
    ("no_parameters", calling(call("get_server_status", arguments=""), finish="length"), "unanswered"),
    ("no_parameters", TEXT, "unanswered"),
    ("no_parameters", refusal(), "refused"),
    ("content_null", calling(call()), "honoured"),
    ("content_null", completion(choice(message={"tool_calls": [call()]})), "honoured"),
    ("content_null", calling(call(), content=""), "mishandled"),
    ("content_null", calling(call(), content=" "), "mishandled"),
    ("content_null", calling(call(), content=[]), "mishandled"),
    ("content_null", calling(call(), content="I look it up."), "honoured"),
    ("content_null", TEXT, "unanswered"),
    ("content_null", refusal(), "unanswered"),
    ("not_declared", TEXT, "accepted"),
    ("not_declared", calling(call()), "mishandled"),
    ("not_declared", completion(choice("x", finish="tool_calls")), "mishandled"),
    ("empty_absent", TEXT, "honoured"),
    ("empty_absent", calling(content="x", tool_calls=None), "honoured"),
    ("empty_absent", calling(content="x"), "mishandled"),
]


@pytest.mark.parametrize(("statement", "answer", "seen"), BESIDE)
def test_an_answer_is_one_thing_or_the_other(statement: str, answer: Any, seen: str) -> None:
    """An answer with a call has arguments and no content, an answer with text has no calls."""
    assert says(f"chat.tools.{statement}", answer) == seen


# ---------------------------------------------------------------- declarations


def sent(claim_id: str, value: Any) -> dict[str, Any]:
    """Return the request of a claim for one value."""
    _, bodies = observe_with_bodies(claim_id, lambda *_: TEXT, value)
    return bodies[0]


def test_as_many_tools_are_declared_as_the_value_says() -> None:
    """Each tool has its own name."""
    tools = sent("chat.tools.too_many", 129)["tools"]
    assert len({tool["function"]["name"] for tool in tools}) == len(tools) == 129


def test_a_name_or_a_type_is_the_one_thing_that_is_wrong() -> None:
    """Everything else in the declaration is valid."""
    (named,) = sent("chat.tools.bad_name", "get weather!")["tools"]
    assert (named["type"], named["function"]["name"]) == ("function", "get weather!")
    (typed,) = sent("chat.tools.unknown_type", "telepathy")["tools"]
    assert (typed["type"], typed["function"]["name"]) == ("telepathy", "get_weather")


def test_a_choice_without_tools_is_sent_alone() -> None:
    """The request declares no tools."""
    body = sent("chat.tool_choice.without_tools", "required")
    assert body["tool_choice"] == "required"
    assert "tools" not in body


@pytest.mark.parametrize(
    ("claim_id", "value"),
    [
        ("chat.tools.too_many", 129),
        ("chat.tools.bad_name", "get weather!"),
        ("chat.tools.unknown_type", "telepathy"),
        ("chat.tool_choice.without_tools", "required"),
    ],
)
def test_a_declaration_is_accepted_or_refused(claim_id: str, value: Any) -> None:
    """Nothing more can be observed."""
    assert see(claim_id, TEXT, value).seen == "accepted"
    assert see(claim_id, refusal(), value).seen == "refused"
    assert see(claim_id, CUT, value).seen == "accepted"
