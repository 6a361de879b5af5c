"""What holds for every answer to a request with a parameter that the server enforces: it has its effect in every choice.

Whatever else was asked: a schema is obeyed although tools are declared, and no tool is called although a schema is given.
Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.base.observation import mishandled
from conformance.base.validation import problem
from conformance.suite.baselines import calls, schemas, uncalled
from conformance.suite.chat.baselines import objects
from conformance.suite.chat.choices import (
    Choice,
    calls_of,
    declared_tools,
    is_cut,
    place,
    text_of,
)
from conformance.suite.invariants import invariant
from conformance.suite.structured import is_featured, parsed
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant(
    "chat.response_format.every_answer",
    about=Subject.ANSWER,
    good="every answer fits its schema",
    asks=schemas,
)
def test_schema(case: ChatCase, reply: ChatReply) -> Finding:
    """Every whole choice is JSON that fits the strict json_schema of its request; special schemas have claims of their own."""
    wanted = _format(reply)
    described = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(described, dict) or described.get("strict") is not True:
        return SILENT
    schema = described.get("schema")
    return SILENT if not isinstance(schema, dict) or is_featured(schema) else _form_fault(reply, schema)


@invariant(
    "chat.response_format.every_object",
    about=Subject.ANSWER,
    good="every answer is a JSON object",
    asks=objects,
)
def test_object(case: ChatCase, reply: ChatReply) -> Finding:
    """Every whole choice of a request with json_object is one JSON object."""
    return _form_fault(reply, {"type": "object"}) if _format(reply).get("type") == "json_object" else SILENT


@invariant(
    "chat.tool_choice.never_called",
    about=Subject.ANSWER,
    good="no tool is called",
    asks=uncalled,
    absence=True,
    proves=True,
)
def test_never_called(case: ChatCase, reply: ChatReply) -> Finding:
    """With tool_choice none no choice has a call."""
    if reply.request_body.get("tool_choice") != "none" or not declared_tools(reply):
        return SILENT
    for number, choice in enumerate(reply.choices):
        if called := calls_of(choice):
            return f"with tool_choice 'none' no tool may be called{place(reply, number)}, got {str(called[0])[:80]}"
    return None


@invariant("chat.tool_choice.always_called", about=Subject.ANSWER, good="every choice calls a tool", asks=calls)
def test_always_called(case: ChatCase, reply: ChatReply) -> Finding:
    """With tool_choice required every choice that was not cut has a call."""
    if reply.request_body.get("tool_choice") != "required" or not declared_tools(reply):
        return SILENT
    whole = [(number, choice) for number, choice in enumerate(reply.choices) if not is_cut(choice)]
    for number, choice in whole:
        if not calls_of(choice):
            got = repr(text_of(choice)[:40])
            return f"with tool_choice 'required' a tool must be called{place(reply, number)}, got the text {got}"
    return None if whole else SILENT


def _format(reply: ChatReply) -> dict[str, Any]:
    """Return the response_format of a request; empty if it has none."""
    value = reply.request_body.get("response_format")
    return value if isinstance(value, dict) else {}


def _form_fault(reply: ChatReply, schema: dict[str, Any]) -> Finding:
    """Return the first choice that does not fit a schema; a choice with calls, or cut before its calls, need not fit any."""
    if reply.request_body.get("tool_choice") not in (None, "auto", "none"):
        return SILENT
    shown = [(number, choice) for number, choice in enumerate(reply.choices) if _must_fit(choice)]
    for number, choice in shown:
        partial = choice.get("finish_reason") == "length" or bool(reply.request_body.get("stop"))
        if wrong := _text_fault(choice, schema, partial=partial):
            # A model may say nothing by chance; what holds it to a form lets it say nothing else.
            return mishandled(f"{wrong}{place(reply, number)}", proof=bool(text_of(choice).strip()))
    return None if shown else SILENT


def _must_fit(choice: Choice) -> bool:
    """Return whether a choice is an answer in text that the model gave, whole or cut at a cap."""
    called = calls_of(choice) or choice.get("finish_reason") == "tool_calls"
    return not called and (choice.get("finish_reason") == "length" or not is_cut(choice))


def _text_fault(choice: Choice, schema: dict[str, Any], *, partial: bool) -> str | None:
    """Return why a choice does not fit a schema; one that a cap or a stop sequence may have ended must only begin like JSON."""
    text = text_of(choice)
    value = parsed(text)
    if value is None:
        begins = partial and (not text.strip() or text.lstrip().startswith(("{", "[")))
        return None if begins else f"the answer must be JSON, got {text[:40]!r}"
    wrong = problem(value, schema)
    return f"the answer must fit its schema: {wrong}" if wrong else None
