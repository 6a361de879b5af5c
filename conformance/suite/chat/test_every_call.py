"""What holds for every tool call, in every choice of every answer: its id and its arguments.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.suite.baselines import calls
from conformance.suite.chat.calls import id_fault, ids_by_choice
from conformance.suite.chat.choices import calls_of, declared_tools, is_cut, place
from conformance.suite.chat.toolbox import function_of
from conformance.suite.invariants import invariant
from conformance.suite.structured import parsed
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

LONGEST_ID = (
    64  # characters: clients keep ids in columns and headers; OpenAI's have 29, and its API refuses more than 64
)


@invariant("chat.tools.ids", about=Subject.ANSWER, good="every call has an id of its own", asks=calls)
def test_ids(case: ChatCase, reply: ChatReply) -> Finding:
    """Each call has an id that no other call of its choice has."""
    return id_fault(reply) if ids_by_choice(reply) else SILENT


@invariant("chat.tools.id_length", about=Subject.ANSWER, good="no id of a call is long", asks=calls)
def test_id_length(case: ChatCase, reply: ChatReply) -> Finding:
    """No id of a call has more than 64 characters."""
    ids = [value for group in ids_by_choice(reply) for value in group if isinstance(value, str)]
    long = next((value for value in ids if len(value) > LONGEST_ID), None)
    if long is not None:
        return f"the id of a call must have at most {LONGEST_ID} characters, got {len(long)}: {long[:40]!r}..."
    return None if ids else SILENT


@invariant("chat.tools.every_arguments", about=Subject.ANSWER, good="arguments are JSON", asks=calls)
def test_arguments(case: ChatCase, reply: ChatReply) -> Finding:
    """The arguments of every call, unless they were cut, are JSON, encoded once; what is in them is up to the model."""
    tools, seen = declared_tools(reply), False
    for number, choice in enumerate(reply.choices):
        for call in [] if is_cut(choice) else calls_of(choice):
            function = function_of(call)
            text = function.get("arguments")
            parameters = tools.get(str(function.get("name")), {}).get("parameters")
            # No text at all is left to the claim about tools without parameters, unless the tool requires one.
            if text == "" and not (isinstance(parameters, dict) and parameters.get("required")):
                continue
            seen = True
            if wrong := _encoding_fault(text):
                return f"arguments{place(reply, number)} must be {wrong}, got {repr(text)[:80]}"
    return None if seen else SILENT


def _encoding_fault(text: Any) -> str | None:
    """Return what the arguments of a call must be and are not; None if they are JSON that was encoded once."""
    if not isinstance(text, str):
        return "a string"
    value = parsed(text)
    if value is None and text.strip() != "null":
        return "JSON"
    return "encoded once" if isinstance(value, str) and isinstance(parsed(value), dict) else None
