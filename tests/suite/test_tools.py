"""What the suite observes of tools and tool_choice."""

from typing import Any

import pytest

from conformance.suite import toolbox
from conformance.trial.ask import NoControl
from tests.support.calls import first, rest
from tests.support.calls import stream as streamed_call
from tests.support.making import (
    as_mode,
    case,
    choice,
    completion,
    events,
    observe,
    refusal,
    reply,
    see,
    suite_functions,
)


def calling(
    name: Any, arguments: Any = '{"city": "Paris", "unit": "celsius"}', finish: str = "tool_calls"
) -> dict[str, Any]:
    """Return an answer that calls this function."""
    calls = [{"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}]
    return completion(choice(message={"role": "assistant", "content": None, "tool_calls": calls}, finish=finish))


ARGUMENTS = [
    ('{"city": "Paris", "unit": "celsius"}', "tool_calls", "honoured"),
    ('{"city": "Paris", "unit": "kelvin"}', "tool_calls", "mishandled"),
    ('{"city": "Paris"}', "tool_calls", "mishandled"),
    ('{"city": "Paris", "unit": "celsius", "x": 1}', "tool_calls", "mishandled"),
    ('"Paris"', "tool_calls", "mishandled"),
    ("", "tool_calls", "mishandled"),
    ('{"city": ', "tool_calls", "mishandled"),
    ('{"city": ', "length", "unanswered"),
    ({"city": "Paris", "unit": "celsius"}, "tool_calls", "mishandled"),
    (None, "tool_calls", "mishandled"),
]


@pytest.mark.parametrize(("arguments", "finish", "seen"), ARGUMENTS)
def test_arguments_are_a_string_that_validates(arguments: Any, finish: str, seen: str) -> None:
    """They must be JSON that fits the schema; a cut answer is no evidence."""
    given = calling("get_weather", arguments, finish)
    assert toolbox.arguments(reply(*given["choices"]), toolbox.WEATHER).seen == seen
    assert see("chat.tools.arguments", given).seen == seen


def chosen(**by_choice: Any) -> Any:
    """Return an endpoint that answers by the tool_choice of a request."""
    return lambda body, *_: by_choice[body["tool_choice"] if isinstance(body.get("tool_choice"), str) else "named"]


CALL, TEXT = calling("get_weather"), completion(choice("It is mild."))
TOOLS = [
    ("chat.tools.called", chosen(auto=CALL), "honoured"),
    ("chat.tools.called", chosen(auto=TEXT), "unanswered"),
    ("chat.tools.called", chosen(auto=calling("get_wether")), "mishandled"),
    ("chat.tools.called", chosen(auto=refusal()), "refused"),
    ("chat.tools.arguments", chosen(required=TEXT), "unanswered"),
    ("chat.tools.arguments", chosen(required=refusal()), "refused"),
    ("chat.tool_choice.none", chosen(none=TEXT, auto=CALL), "accepted"),
    ("chat.tool_choice.none", chosen(none=TEXT, auto=TEXT), "unanswered"),
    ("chat.tool_choice.none", chosen(none=CALL), "ignored"),
    ("chat.tool_choice.none", chosen(none=refusal()), "refused"),
    ("chat.tool_choice.required", chosen(required=CALL), "honoured"),
    ("chat.tool_choice.required", chosen(required=TEXT), "ignored"),
    ("chat.tool_choice.required", chosen(required=calling("x")), "ignored"),
    ("chat.tool_choice.required", chosen(required=completion(choice("It", finish="length"))), "unanswered"),
    ("chat.tool_choice.required", chosen(required=refusal()), "refused"),
    ("chat.tool_choice.named", chosen(named=calling("get_time")), "honoured"),
    ("chat.tool_choice.named", chosen(named=calling("get_time", "It is noon.")), "mishandled"),
    ("chat.tool_choice.named", chosen(named=calling("get_time", None)), "honoured"),
    ("chat.tool_choice.named", chosen(named=calling("get_time", '{"city', "length")), "honoured"),
    ("chat.tool_choice.named", chosen(named=CALL), "ignored"),
    ("chat.tool_choice.named", chosen(named=TEXT), "ignored"),
    ("chat.tool_choice.named", chosen(named=completion(choice("It", finish="length"))), "unanswered"),
    ("chat.tool_choice.named", chosen(named=refusal()), "refused"),
]


ALLOWED = [
    (calling("get_time", '{"city": "Paris"}'), "honoured"),
    (CALL, "ignored"),
    (calling("get_hour"), "unanswered"),
    (TEXT, "ignored"),
    (completion(choice("It", finish="length")), "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), ALLOWED)
def test_only_an_allowed_tool_is_called(answer: Any, seen: str) -> None:
    """A call of a declared tool that is not allowed shows that the list was ignored."""
    found = see("chat.tool_choice.allowed_tools", answer)
    assert (found.seen, found.enforced) == (seen, seen == "ignored")


def test_a_call_where_none_may_be_made_is_up_to_the_server() -> None:
    """Whatever a model writes, the server makes a call of it; so does one whose arguments are no string."""
    assert see("chat.tool_choice.none", chosen(none=CALL)).enforced
    assert see("chat.tools.arguments", chosen(required=calling("get_weather", {}))).enforced


def older(call: Any, **more: Any) -> dict[str, Any]:
    """Return an answer with this function_call."""
    return completion(choice(message={"role": "assistant", "content": None, "function_call": call, **more}))


FUNCTIONS = [
    (older({"name": "get_weather", "arguments": "{}"}), "honoured"),
    (older({"name": "get_time", "arguments": "{}"}), "ignored"),
    (CALL, "ignored"),
    (TEXT, "ignored"),
    (completion(choice("It", finish="length")), "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), FUNCTIONS)
def test_a_function_is_called_in_the_older_form(answer: Any, seen: str) -> None:
    """A call in the newer form is of no use to a client that sends functions."""
    found = see("chat.functions.called", answer)
    assert (found.seen, found.enforced) == (seen, seen == "ignored")


STRICT = [
    (CALL, "honoured"),
    (calling("get_weather", '{"city": "Paris", "unit": "kelvin"}'), "ignored"),
    (calling("get_weather", "Paris"), "unanswered"),
    (calling("get_weather", None), "unanswered"),
    (TEXT, "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), STRICT)
def test_a_strict_tool_gets_arguments_that_fit(answer: Any, seen: str) -> None:
    """Its declaration says that they do."""
    assert see("chat.tools.strict", answer).seen == seen


def cut(answer: Any, whole: Any = CALL) -> Any:
    """Return an endpoint that gives this answer under a small cap, and the whole call otherwise."""
    return lambda body, *_: answer if body["max_tokens"] < 16 else whole


BROKEN = '{"city": "Pa'
CUTS = [
    (cut(calling("get_weather", BROKEN, "length")), "honoured"),
    (cut(completion(choice(None, finish="length"))), "honoured"),
    (cut(calling("get_weather", BROKEN, "tool_calls")), "mishandled"),
    (cut(calling("get_weather", BROKEN, "stop")), "mishandled"),
    (cut(completion(choice(None, finish="stop"))), "mishandled"),
    (cut(CALL), "unanswered"),
    (cut(TEXT), "unanswered"),
    (cut(CALL, whole=TEXT), "unanswered"),
    # The arguments fit no schema, and are the same as without the cap: they were not cut.
    (cut(calling("get_weather", '{"city": 7}'), whole=calling("get_weather", '{"city": 7}')), "unanswered"),
    (cut(CALL, whole=calling("get_weather", finish="tool_use")), "unanswered"),
    (cut(refusal()), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), CUTS)
def test_a_cut_call_ends_with_length(answer: Any, seen: str) -> None:
    """A call that is cut and says that it is whole is broken; a whole one under a small cap shows nothing about cuts."""
    assert see("chat.tools.cut", answer).seen == seen


def test_an_error_in_place_of_the_end_of_a_cut_call_is_a_fault() -> None:
    """It counts if it repeats, since it may be an outage."""
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}
    stream = events(chunk, {"error": {"message": "retry", "type": "api_error", "code": None}}, done=False)
    found = observe(
        suite_functions()["chat.tools.cut"],
        as_mode(case("chat.tools.cut"), suite_functions()["chat.tools.cut"]),
        lambda body, *_: stream if body["max_tokens"] < 16 else streamed_call(first(), rest()),
    )
    assert (found.seen, found.suspect) == ("mishandled", True)


def default(needless: Any, asked: Any, auto_needless: Any = TEXT, auto_asked: Any = CALL) -> Any:
    """Return an endpoint that answers by whether the prompt asks for a tool and whether there is a tool_choice."""

    def answer(body: Any, *_: Any) -> Any:
        wanted = "get_weather" in body["messages"][0]["content"]
        if "tool_choice" in body:
            return auto_asked if wanted else auto_needless
        return asked if wanted else needless

    return answer


DEFAULTS = [
    (default(TEXT, CALL), "honoured"),
    (default(CALL, CALL), "ignored"),
    (default(TEXT, TEXT), "ignored"),
    (default(CALL, CALL, auto_needless=CALL), "unanswered"),
    (default(TEXT, TEXT, auto_asked=TEXT), "unanswered"),
    (default(TEXT, completion(choice("It", finish="length"))), "unanswered"),
    (default(refusal(), CALL), "refused"),
    (default(TEXT, refusal()), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), DEFAULTS)
def test_leaving_tool_choice_out_is_auto(answer: Any, seen: str) -> None:
    """A difference from auto is another default; if auto does the same, the model decided so."""
    assert see("chat.tool_choice.default", answer).seen == seen


@pytest.mark.parametrize(("claim_id", "answer", "seen"), TOOLS)
def test_tools_are_called_as_the_choice_says(claim_id: str, answer: Any, seen: str) -> None:
    """A missing effect that the server enforces is ignored; one that depends on the model is no evidence."""
    assert see(claim_id, answer).seen == seen


def test_a_control_of_tool_choice_that_fails_shows_nothing() -> None:
    """With tool_choice none, no call proves nothing if auto is refused."""
    with pytest.raises(NoControl):
        see("chat.tool_choice.none", chosen(none=TEXT, auto=refusal()))
