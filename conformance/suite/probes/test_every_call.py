"""What holds for every tool call, in every answer of every reply: its name, its id and its arguments.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from conformance.suite.baselines import calls, uncalled
from conformance.suite.invariants import invariant
from conformance.suite.probes.test_every_answer import is_whole, place
from conformance.suite.structured import parsed
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Call, Reply
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

# Texts that servers send in place of a missing id.
NO_IDS = frozenset({"", "null", "none", "undefined"})


@invariant(probe="calls.declared", about=Subject.ANSWER, good="every call names a declared tool", asks=calls)
def test_declared(case: DialogueCase, reply: Reply) -> Finding:
    """Every call of every answer names a tool that the request declares."""
    tools, names = reply.asked.tools, [call.name for answer in reply.alternatives for call in answer.calls]
    if not names or not tools:
        return SILENT
    odd = [name for name in names if name not in tools]
    return f"each call must name one of the declared tools {', '.join(tools)}, got {odd[0]!r}" if odd else None


@invariant(probe="calls.ids", about=Subject.ANSWER, good="every call has an id of its own", asks=calls)
def test_ids(case: DialogueCase, reply: Reply) -> Finding:
    """Each call has an id that no other call of its answer has; a client goes on with one of the answers."""
    groups = reply.call_ids
    for ids in groups:
        for value in ids:
            if not isinstance(value, str) or value.strip().lower() in NO_IDS:
                return f"each call must have an id, got {value!r}"
        if twice := next((value for value, count in Counter(ids).items() if count > 1), None):
            return f"two calls share the id {twice!r}"
    return None if groups else SILENT


@invariant(
    probe="calls.id_unique",
    about=Subject.ANSWER,
    good="no two calls share an id",
    asks=calls,
    proves=True,
    compares=True,
    across_models=True,
)
def test_id_unique(case: DialogueCase, reply: Reply) -> Finding:
    """No two calls have the same id, in whatever answers, since a conversation may have both, and results name calls by it."""
    groups = [[value for value in group if isinstance(value, str) and value not in NO_IDS] for group in reply.call_ids]
    if any(len(set(group)) < len(group) for group in groups):
        return "two calls of one answer have the same id"
    known = {value for group in groups for value in group}
    return tuple(Compared(value, reply.exchange.id, _shared(value)) for value in sorted(known)) or SILENT


@invariant(probe="calls.arguments", about=Subject.ANSWER, good="arguments are JSON", asks=calls)
def test_arguments(case: DialogueCase, reply: Reply) -> Finding:
    """The arguments of every call, unless they were cut, are JSON, encoded once; what is in them is up to the model."""
    tools, seen = reply.asked.tools, False
    for number, answer in enumerate(reply.alternatives):
        for call in answer.calls if is_whole(reply, answer) else ():
            # No text at all is left to the claim about tools without parameters, unless the tool requires one.
            if call.arguments == "" and not (tools.get(call.name) or {}).get("required"):
                continue
            seen = True
            if wrong := _encoding_fault(call):
                shown = repr(call.as_sent if call.arguments is None else call.arguments)
                return f"arguments{place(reply, number)} must be {wrong}, got {shown[:80]}"
    return None if seen else SILENT


@invariant(
    probe="tool_choice.never_called",
    about=Subject.ANSWER,
    good="no tool is called",
    asks=uncalled,
    absence=True,
    proves=True,
)
def test_never_called(case: DialogueCase, reply: Reply) -> Finding:
    """With the choice none no answer has a call."""
    if reply.asked.choice != "none" or not reply.asked.tools:
        return SILENT
    for number, answer in enumerate(reply.alternatives):
        if answer.calls:
            got = str(answer.calls[0].as_sent)[:80]
            return f"with the choice 'none' no tool may be called{place(reply, number)}, got {got}"
    return None


@invariant(probe="tool_choice.always_called", about=Subject.ANSWER, good="every answer calls a tool", asks=calls)
def test_always_called(case: DialogueCase, reply: Reply) -> Finding:
    """With the choice required every answer that was not cut has a call."""
    if reply.asked.choice != "required" or not reply.asked.tools:
        return SILENT
    whole = [(number, answer) for number, answer in enumerate(reply.alternatives) if is_whole(reply, answer)]
    for number, answer in whole:
        if not answer.calls:
            got = repr(answer.text[:40])
            return f"with the choice 'required' a tool must be called{place(reply, number)}, got the text {got}"
    return None if whole else SILENT


def _shared(name: str) -> Callable[[Any, Any], str]:
    return lambda got, usual: f"calls of two answers share the id {name[:60]!r}"


def _encoding_fault(call: Call) -> str | None:
    """Return what the arguments of a call must be and are not; None if they are JSON that was encoded once."""
    if call.arguments is None:
        return "in the form of the API"
    value = parsed(call.arguments)
    if value is None and call.arguments.strip() != "null":
        return "JSON"
    return "encoded once" if isinstance(value, str) and isinstance(parsed(value), dict) else None
