"""What holds for every answer to a request with a schema: it fits, whatever else was asked.

It is an invariant: a function of one answer, applied to every answer of a model.
"""

from collections.abc import Mapping
from typing import Any

from conformance.base.observation import mishandled
from conformance.base.validation import problem
from conformance.suite.baselines import schemas
from conformance.suite.invariants import invariant
from conformance.suite.probes.test_every_answer import is_whole, place
from conformance.suite.structured import is_featured, parsed
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Alternative, End, Reply
from conformance.trial.invariants import SILENT, Finding, Subject

# Blanks at the end of a cut answer.  JSON with four blanks for each level has fewer between two of its tokens; a model that a
# form keeps from ending may write blanks, which every form allows, until the cap.
BLANK = 30


@invariant(probe="schema.every_answer", about=Subject.ANSWER, good="every answer fits its schema", asks=schemas)
def test_schema(case: DialogueCase, reply: Reply) -> Finding:
    """Every whole answer is JSON that fits the strict schema of its request; special schemas have claims of their own."""
    schema = reply.asked.schema
    return SILENT if schema is None or is_featured(dict(schema)) else form_fault(reply, schema)


@invariant(probe="schema.key_order", about=Subject.ANSWER, good="keys are in the order of the schema", asks=schemas)
def test_key_order(case: DialogueCase, reply: Reply) -> Finding:
    """The keys of a whole answer are in the order of its schema: a model thinks in this order, and clients read in it."""
    wanted = list((reply.asked.schema or {}).get("properties") or ())
    if sorted(wanted) == wanted:
        return SILENT  # such an order shows nothing
    shown = [
        (number, parsed(answer.text)) for number, answer in enumerate(reply.alternatives) if is_whole(reply, answer)
    ]
    values = [(number, value) for number, value in shown if isinstance(value, dict)]
    for number, value in values:
        expected = [key for key in wanted if key in value]
        if (got := [key for key in value if key in wanted]) != expected:
            return f"keys must be in the order {', '.join(expected)}{place(reply, number)}, got {', '.join(got)}"
    return None if values else SILENT


def form_fault(reply: Reply, schema: Mapping[str, Any]) -> Finding:
    """Return the first answer that does not fit a schema; one with calls, or cut before its calls, need not fit any."""
    if reply.asked.choice not in ("", "auto", "none"):
        return SILENT
    shown = [(number, answer) for number, answer in enumerate(reply.alternatives) if _must_fit(answer)]
    for number, answer in shown:
        partial = not is_whole(reply, answer) or bool(reply.asked.stop)
        if wrong := _text_fault(answer.text, schema, partial=partial):
            # A model may say nothing by chance; what holds it to a form lets it say nothing else.
            return mishandled(f"{wrong}{place(reply, number)}", proof=bool(answer.text.strip()))
    return None if shown else SILENT


def _must_fit(answer: Alternative) -> bool:
    """Return whether an answer is in text that the model gave, whole or cut at a cap."""
    called = answer.calls or answer.end is End.CALLS
    return not called and (answer.end is End.LENGTH or not answer.cut)


def _text_fault(text: str, schema: Mapping[str, Any], *, partial: bool) -> str | None:
    """Return why a text does not fit a schema; one that a cap or a stop sequence may have ended must only begin like JSON."""
    value = parsed(text)
    if value is None and partial and len(text) - len(text.rstrip()) >= BLANK:
        return f"the answer must be JSON, it goes on with {len(text) - len(text.rstrip())} blanks until the cap cuts it"
    if value is None:
        begins = partial and (not text.strip() or text.lstrip().startswith(("{", "[")))
        return None if begins else f"the answer must be JSON, got {text[:40]!r}"
    wrong = problem(value, dict(schema))
    return f"the answer must fit its schema: {wrong}" if wrong else None
