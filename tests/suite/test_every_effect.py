"""What the suite says of every answer to a request with a parameter that a server enforces, plain and streamed."""

import json
from typing import Any

from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.structured import CARD, FEATURES, featured
from conformance.surfaces.chat.request import schema_format
from tests.support.calls import call
from tests.support.collecting import over
from tests.support.making import MODELS, as_stream, case, choice, completion, exchange, hear, request

FIG = json.dumps({"fruit_q7": "fig", "ripe_q7": True, "shade_q7": "dark"})
FORMAT = schema_format(CARD)
TOOLS = [WEATHER]


def heard(name: str, *choices: dict[str, Any], model: str = "openai", **sent: Any) -> str:
    """Return the word for one answer that any claim asked for; plain and streamed have to come to the same."""
    words = set()
    for streamed in (False, True):
        body = {"model": MODELS[model], "messages": [{"role": "user", "content": "Go."}], **sent}
        whole = completion(*choices)
        answer = as_stream(whole) if streamed else {"body": whole}
        asked = exchange(sent=request(**body, **({"stream": True} if streamed else {})), **answer)
        words.add(hear(f"chat.{name}", asked, bound=case(f"chat.{name}", None, model)).seen.value)
    assert len(words) == 1, (name, words)
    return words.pop()


def called(index: int = 0, finish: str = "tool_calls", *calls: Any) -> dict[str, Any]:
    """Return a choice with calls."""
    message = {"role": "assistant", "content": None, "tool_calls": list(calls) or [call()]}
    return choice(message=message, index=index, finish=finish)


SCHEMAS: list[tuple[Any, dict[str, Any], str]] = [
    ([choice(FIG)], {}, "honoured"),
    ([choice(FIG)], {"tools": TOOLS}, "honoured"),
    ([choice("A fig.")], {"tools": TOOLS, "tool_choice": "none"}, "mishandled"),
    ([choice(f"```json\n{FIG}\n```")], {}, "mishandled"),
    ([choice(FIG), choice("A fig.", 1)], {"n": 2}, "mishandled"),
    ([choice(FIG), choice(FIG, 1)], {"n": 2}, "honoured"),
    ([choice('{"fruit_q7": "fig"}')], {}, "mishandled"),
    ([called()], {"tools": TOOLS}, "unanswered"),
    ([choice("", finish="tool_calls")], {"tools": TOOLS}, "unanswered"),
    ([choice(FIG[:9], finish="length")], {"max_tokens": 8}, "honoured"),
    ([choice("A fig", finish="length")], {"max_tokens": 8}, "mishandled"),
    ([choice("", finish="length")], {"max_tokens": 8}, "honoured"),
    ([choice(FIG[:-1])], {"stop": ["}"]}, "honoured"),
    ([choice("A fig")], {"stop": ["}"]}, "mishandled"),
    ([choice("No.", finish="content_filter")], {}, "unanswered"),
]


@over("choices, sent, seen", SCHEMAS)
def test_a_strict_schema_is_obeyed_in_every_choice(choices: Any, sent: Any, seen: str) -> None:
    """A call needs no form, and what was cut only has to begin like JSON."""
    assert heard("response_format.every_answer", *choices, response_format=FORMAT, **sent) == seen


def test_only_strict_schemas_of_their_own_are_judged() -> None:
    """No document says what holds without strict; special schemas have claims of their own."""
    for form in (schema_format(CARD, strict=False), schema_format(featured(FEATURES)), {"type": "text"}, None):
        assert heard("response_format.every_answer", choice("A fig."), response_format=form) == "unanswered"


OBJECTS: list[tuple[str, Any, str]] = [
    ('{"a": 1}', {"type": "json_object"}, "honoured"),
    ("[1]", {"type": "json_object"}, "mishandled"),
    ("Red.", {"type": "json_object"}, "mishandled"),
    ("Red.", FORMAT, "unanswered"),
]


@over("text, form, seen", OBJECTS)
def test_an_object_is_given_where_one_was_asked_for(text: str, form: Any, seen: str) -> None:
    """An array is JSON, but no object."""
    assert heard("response_format.every_object", choice(text), response_format=form) == seen


CHOICES: list[tuple[str, Any, dict[str, Any], str]] = [
    ("never_called", [choice("Mild.")], {"tools": TOOLS, "tool_choice": "none"}, "accepted"),
    ("never_called", [called()], {"tools": TOOLS, "tool_choice": "none"}, "mishandled"),
    ("never_called", [choice("a"), called(1)], {"tools": TOOLS, "tool_choice": "none", "n": 2}, "mishandled"),
    ("never_called", [called()], {"tools": TOOLS}, "unanswered"),
    ("never_called", [choice("a")], {"tool_choice": "none"}, "unanswered"),
    ("always_called", [called()], {"tools": TOOLS, "tool_choice": "required"}, "honoured"),
    ("always_called", [choice("Mild.")], {"tools": TOOLS, "tool_choice": "required"}, "mishandled"),
    ("always_called", [called(), choice("a", 1)], {"tools": TOOLS, "tool_choice": "required", "n": 2}, "mishandled"),
    ("always_called", [choice("a", finish="length")], {"tools": TOOLS, "tool_choice": "required"}, "unanswered"),
    ("always_called", [choice("Mild.")], {"tools": TOOLS}, "unanswered"),
]


@over("name, choices, sent, seen", CHOICES)
def test_tool_choice_holds_in_every_choice(name: str, choices: Any, sent: Any, seen: str) -> None:
    """Whatever else was asked."""
    assert heard(f"tool_choice.{name}", *choices, **sent) == seen


CALLS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("every_arguments", [called()], {}, "honoured"),
    ("every_arguments", [called(0, "tool_calls", call(), call(arguments='{"a"'))], {}, "mishandled"),
    ("every_arguments", [called(), called(1, "tool_calls", call(arguments='"{}"'))], {"n": 2}, "mishandled"),
    ("every_arguments", [called(0, "tool_calls", call(arguments="true"))], {}, "honoured"),
    ("every_arguments", [called(0, "tool_calls", call(arguments="null"))], {}, "honoured"),
    ("every_arguments", [called(0, "length", call(arguments='{"a"'))], {}, "unanswered"),
    ("every_arguments", [called(0, "tool_calls", call(arguments=""))], {"tools": []}, "unanswered"),
    ("every_arguments", [called(0, "tool_calls", call(arguments=""))], {"tools": TOOLS}, "mishandled"),
    ("every_arguments", [choice("a")], {}, "unanswered"),
    ("id_length", [called()], {}, "honoured"),
    ("id_length", [called(0, "tool_calls", call(id="x" * 65))], {}, "mishandled"),
    ("id_length", [called(), called(1, "tool_calls", call(id="x" * 65))], {"n": 2}, "mishandled"),
    ("id_length", [choice("a")], {}, "unanswered"),
]


@over("name, choices, sent, seen", CALLS)
def test_calls_are_sound_in_every_choice(name: str, choices: Any, sent: Any, seen: str) -> None:
    """Cut calls are left out, and so are missing arguments of a tool that requires none."""
    assert heard(f"tools.{name}", *choices, **sent) == seen


def test_arguments_are_a_string() -> None:
    """An object in their place is not what clients parse."""
    body = completion(called(0, "tool_calls", call(arguments={"city": "Paris"})))
    assert hear("chat.tools.every_arguments", exchange(body=body)).seen == "mishandled"


def reasoned(text: str, **fields: Any) -> dict[str, Any]:
    """Return a choice with a text and further fields of its message."""
    return choice(message={"role": "assistant", "content": text, **fields})


THOUGHT = "The user wants to know the time."
REASONED: list[tuple[Any, dict[str, Any], str]] = [
    ([reasoned("Noon.")], {}, "honoured"),
    ([reasoned("Noon.", reasoning_content=THOUGHT)], {}, "honoured"),
    ([reasoned("<think>Hm.</think> Noon.")], {}, "mishandled"),
    ([reasoned("Hm.</think> Noon.")], {}, "mishandled"),
    ([choice("Noon."), choice("<thinking>Hm", 1)], {"n": 2}, "mishandled"),
    ([reasoned(f"{THOUGHT} Noon.", reasoning_content=THOUGHT)], {}, "mishandled"),
    ([reasoned(f"{THOUGHT} Noon.", reasoning=THOUGHT)], {}, "mishandled"),
    ([reasoned("Noon.", reasoning="Noon.")], {}, "honoured"),
    ([reasoned("<think>")], {"messages": [{"role": "user", "content": "Say <think>"}]}, "honoured"),
]


@over("choices, sent, seen", REASONED)
def test_no_text_has_the_reasoning(choices: Any, sent: Any, seen: str) -> None:
    """A tag that the prompt has may come back, and a short text may be the same by chance."""
    assert heard("reply.reasoning_apart", *choices, **sent) == seen


ASKED = [{"role": "user", "content": "What time is it?"}]


def test_the_older_form_has_an_end_of_its_own() -> None:
    """Only after a request with functions."""
    message = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    for name in ("finish_reason", "content"):
        for functions, seen in (({"functions": [WEATHER["function"]]}, "honoured"), ({}, "mishandled")):
            body = completion(choice(message=message, finish="function_call"))
            found = hear(f"chat.reply.{name}", exchange(body=body, sent=request(model="m", **functions))).seen
            assert found == (seen if name == "finish_reason" else "unanswered")
    called = completion(choice(message=message))
    assert hear("chat.reply.text", exchange(body=called, sent=request(model="m", messages=ASKED))).seen == "honoured"


@over("sent, seen", [({}, "mishandled"), ({"stop": "x"}, "unanswered"), ({"stop": ""}, "unanswered")])
def test_an_answer_says_something_unless_a_stop_sequence_ends_it(sent: dict[str, Any], seen: str) -> None:
    """An empty sequence may end it before the first word."""
    empty = exchange(body=completion(choice("")), sent=request(model="m", messages=ASKED, **sent))
    assert hear("chat.reply.text", empty).seen == seen


@over("name, given, sent", [
    ("tools.every_arguments", called(0, "tool_calls", call(arguments='{"a"')), {"tools": TOOLS}),
    ("tool_choice.always_called", choice("A"), {"tools": TOOLS, "tool_choice": "required"}),
    ("response_format.every_answer", choice(FIG[:9]), {"response_format": FORMAT}),
])  # fmt: skip
def test_an_answer_that_used_up_its_cap_is_cut(name: str, given: dict[str, Any], sent: dict[str, Any]) -> None:
    """What a server says of its end is a claim of its own, and not held against the parts that are missing."""
    body = {"model": MODELS["openai"], "messages": [{"role": "user", "content": "Go."}], "max_tokens": 8, **sent}
    for tokens, seen in ((7, {"mishandled"}), (8, {"honoured", "unanswered"})):
        usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
        answer = exchange(sent=request(**body), body={**completion(given), "usage": usage})
        assert hear(f"chat.{name}", answer, bound=case(f"chat.{name}")).seen in seen, tokens
