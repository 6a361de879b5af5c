"""What holds for every answer, whatever was asked: the fields of the reply and of its choices; the rest is in the probes.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.base.validation import own_problem
from conformance.suite.baselines import plain
from conformance.suite.chat.baselines import tiered
from conformance.suite.chat.choices import (
    has_call,
    is_cut,
    message_of,
    number_asked,
    place,
)
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

DAY = 86_400
# The values of service_tier on CometAPI's page, and those that only OpenAI's schema has.
TIERS = ("auto", "default", "flex", "priority", "scale", "fast")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


@invariant("chat.reply.schema", about=Subject.ANSWER, good="the body validates", asks=plain)
def test_schema(case: ChatCase, reply: ChatReply) -> Finding:
    """The body validates against the schema of the documented fields."""
    return SILENT if reply.streamed else own_problem(reply.body, "wire/chat-reply")


@invariant("chat.reply.required_keys", about=Subject.ANSWER, good="content, refusal and logprobs are there", asks=plain)
def test_required_keys(case: ChatCase, reply: ChatReply) -> Finding:
    """The keys that OpenAI requires and that may be null are there: content, refusal, logprobs and finish_reason."""
    if reply.streamed:
        return SILENT
    for choice in reply.choices:
        lacking = {"message.content", "message.refusal"} - {f"message.{name}" for name in message_of(choice)}
        lacking |= {"logprobs", "finish_reason"} - choice.keys()
        if lacking:
            return f"the choice has no key {', '.join(sorted(lacking))}"
    return None


@invariant("chat.reply.object", about=Subject.ANSWER, good="object is chat.completion", asks=plain)
def test_object(case: ChatCase, reply: ChatReply) -> Finding:
    """The object is chat.completion."""
    return _field(reply, "object", lambda value: value == "chat.completion", "chat.completion")


@invariant("chat.reply.id", about=Subject.ANSWER, good="id is a non-empty string", asks=plain)
def test_id(case: ChatCase, reply: ChatReply) -> Finding:
    """The id is a string that is not empty."""
    return _field(reply, "id", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@invariant("chat.reply.created", about=Subject.ANSWER, good="created is the second of the answer", asks=plain)
def test_created(case: ChatCase, reply: ChatReply) -> Finding:
    """The creation time is an integer of seconds, within a day of when the request was sent."""

    def is_now(value: Any) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and abs(value - reply.exchange.started) < DAY

    return _field(reply, "created", is_now, "an integer of seconds within a day of now")


@invariant("chat.reply.model", about=Subject.ANSWER, good="model is a non-empty string", asks=plain)
def test_model(case: ChatCase, reply: ChatReply) -> Finding:
    """The answer names a model."""
    return _field(reply, "model", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@invariant("chat.reply.choices", about=Subject.ANSWER, good="as many choices as asked", asks=plain, proves=True)
def test_choices(case: ChatCase, reply: ChatReply) -> Finding:
    """There is one choice with index 0; answers to a request for several are judged by the claims of chat.n."""
    if reply.streamed or number_asked(reply) > 1:
        return SILENT
    return None if reply.indexes == [0] else f"the choices must have the indexes [0], got {reply.indexes}"


@invariant("chat.reply.role", about=Subject.ANSWER, good="role assistant", asks=plain)
def test_role(case: ChatCase, reply: ChatReply) -> Finding:
    """Every message has the role assistant."""
    if reply.streamed:
        return SILENT
    roles = [message_of(choice).get("role") for choice in reply.choices]
    odd = [role for role in roles if role != "assistant"]
    return f"the role of the message must be 'assistant', got {odd[0]!r}" if odd else None


@invariant("chat.reply.content", about=Subject.ANSWER, good="every choice says something", asks=plain)
def test_content(case: ChatCase, reply: ChatReply) -> Finding:
    """The content of every choice is a string, unless the choice calls tools or was cut before its text began."""
    shown = [choice for choice in reply.choices if not is_cut(choice) and not has_call(choice)]
    for number, choice in enumerate(shown):
        content = message_of(choice).get("content")
        if not isinstance(content, str) and choice.get("finish_reason") != "tool_calls":
            return f"content{place(reply, number)} must be a string, got {str(content)[:80]} ({type(content).__name__})"
    return None if shown else SILENT


@invariant("chat.reply.finish_reason", about=Subject.ANSWER, good="every finish_reason is a documented one", asks=plain)
def test_finish_reason(case: ChatCase, reply: ChatReply) -> Finding:
    """The finish_reason of every choice is one of the documented ones."""
    if reply.streamed:
        return SILENT
    documented = finish_reasons(reply)
    odd = [reason for choice in reply.choices if (reason := choice.get("finish_reason")) not in documented]
    return f"finish_reason must be one of {', '.join(documented)}, got {odd[0]!r}" if odd else None


@invariant(
    "chat.service_tier.echo", about=Subject.ANSWER, good="no undocumented tier is named", asks=tiered, absence=True
)
def test_tier(case: ChatCase, reply: ChatReply) -> Finding:
    """No answer, and no chunk of a stream, names a tier that is not documented."""
    heads = reply.chunks if reply.streamed else (reply.body,)
    named = [tier for head in heads if (tier := head.get("service_tier")) is not None]
    odd = next((tier for tier in named if tier not in TIERS), None)
    return None if odd is None else f"service_tier must be one of {', '.join(TIERS)}, got {odd!r}"


def finish_reasons(reply: ChatReply) -> tuple[str, ...]:
    """Return the documented finish_reasons; an answer to a request with functions may have that of OpenAI's older form."""
    return (*FINISH_REASONS, "function_call") if "functions" in reply.request_body else FINISH_REASONS


def _field(reply: ChatReply, name: str, is_right: Any, wanted: str) -> Finding:
    """Check one field of a plain answer; other claims check the fields of streams."""
    if reply.streamed:
        return SILENT
    value = reply.body.get(name)
    return None if is_right(value) else f"{name} must be {wanted}, got {repr(value)[:80]}"
