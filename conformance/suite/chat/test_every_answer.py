"""What holds for every answer, whatever was asked: fields, choices, ends and counts.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

import re
from math import ceil
from typing import Any

from conformance.base.observation import mishandled
from conformance.base.validation import own_problem
from conformance.suite.baselines import answers, calls, plain, stopped
from conformance.suite.chat.baselines import tiered
from conformance.suite.chat.choices import (
    calls_of,
    declared_tools,
    has_call,
    is_cut,
    message_of,
    number_asked,
    place,
    text_of,
)
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import REASONING_FIELDS, ChatReply
from conformance.surfaces.chat.request import CAPS, ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

DAY = 86_400
# The values of service_tier on CometAPI's page, and those that only OpenAI's schema has.
TIERS = ("auto", "default", "flex", "priority", "scale", "fast")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")
BOUND = 4  # no tokenizer needs more tokens than this for a byte, and none puts more words than this into a token
REPEATED = 20  # characters: shorter reasoning may be the answer itself by chance
PER_MESSAGE = 64  # tokens that a chat template may add to each message, each choice and each call
HIDDEN = 4096  # tokens that a provider may add to any prompt, for instance for a system prompt of its own

# How models mark their reasoning; a server has to move it out of the text, or not to show it.
_REASONING_TAG = re.compile(
    r"</?(?:think|thinking|thought|reasoning)>|<\|(?:channel|start_of_thinking|end_of_thinking)\|>"
)


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


@invariant(
    "chat.reply.model_echo",
    about=Subject.ANSWER,
    good="the model named is the one asked for",
    asks=answers,
    proves=True,
)
def test_model_echo(case: ChatCase, reply: ChatReply) -> Finding:
    """The model named is the one asked for, or its name holds it."""
    asked, named = str(reply.request_body.get("model", "")).rsplit("/", 1)[-1], reply.body.get("model")
    return None if asked in str(named) else f"model must be {asked!r} or a name with it, got {str(named)[:80]!r}"


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
    "chat.reply.stopped_text", about=Subject.ANSWER, good="no stop sequence is in the text", asks=stopped, proves=True
)
def test_stopped_text(case: ChatCase, reply: ChatReply) -> Finding:
    """No stop sequence of the request is in the text of any choice."""
    stop = reply.request_body.get("stop")
    values = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    sequences = [value for value in values if isinstance(value, str) and value]
    if not sequences:
        return SILENT
    for number, choice in enumerate(reply.choices):
        if kept := next((sequence for sequence in sequences if sequence in text_of(choice)), None):
            return f"the text holds the stop sequence {kept!r}{place(reply, number)}"
    return None


@invariant(
    "chat.reply.cap", about=Subject.ANSWER, good="no answer has more tokens than its cap", asks=plain, proves=True
)
def test_cap(case: ChatCase, reply: ChatReply) -> Finding:
    """No answer is billed for more tokens than its cap allows for all its choices."""
    cap, used = cap_of(reply), reply.completion_tokens
    if cap is None or used is None:
        return SILENT
    choices = number_asked(reply)
    if used <= cap * choices:
        return None
    return f"completion tokens must be at most {cap * choices} (a cap of {cap} for each of n={choices}), got {used}"


@invariant(
    "chat.reply.calls_end", about=Subject.ANSWER, good="choices that end with tool_calls call tools", asks=answers
)
def test_calls_end(case: ChatCase, reply: ChatReply) -> Finding:
    """A choice with the finish_reason tool_calls calls a tool."""
    for number, choice in enumerate(reply.choices):
        if choice.get("finish_reason") == "tool_calls" and not calls_of(choice):
            return f"finish_reason 'tool_calls'{place(reply, number)} must come with a tool call, got none"
    return None


@invariant("chat.reply.usage", about=Subject.ANSWER, good="usage adds up", asks=plain)
def test_usage(case: ChatCase, reply: ChatReply) -> Finding:
    """Usage counts at least one prompt token and one completion token of a text, and the total is their sum."""
    if reply.streamed and not reply.usage:
        return SILENT
    wrong = usage_fault(reply)
    # Counts that contradict each other are proof; one that is missing may have been lost on the way.
    return mishandled(wrong, proof=all(isinstance(reply.usage.get(name), int) for name in COUNTS)) if wrong else None


@invariant(
    "chat.reply.usage_details", about=Subject.ANSWER, good="no detail exceeds its whole", asks=plain, proves=True
)
def test_usage_details(case: ChatCase, reply: ChatReply) -> Finding:
    """No detailed count is negative, or larger than the count it is part of."""
    if not reply.usage:
        return SILENT
    for part in ("prompt", "completion"):
        whole, details = reply.usage.get(f"{part}_tokens"), reply.usage.get(f"{part}_tokens_details")
        for name, value in details.items() if isinstance(details, dict) else ():
            if isinstance(value, int) and isinstance(whole, int) and not 0 <= value <= whole:
                return f"{name} must be between 0 and the {whole} {part} tokens, got {value}"
    return None


@invariant("chat.reply.usage_bounds", about=Subject.ANSWER, good="counts fit the texts", asks=answers, proves=True)
def test_usage_bounds(case: ChatCase, reply: ChatReply) -> Finding:
    """The counts of prompt and answer lie between what their words need at least and what their bytes can be at most."""
    prompt, completion = reply.usage.get("prompt_tokens"), reply.completion_tokens
    if not isinstance(prompt, int) or completion is None:
        return SILENT
    sent = prompt_texts(reply.request_body)
    if fault := _bounds_fault(
        "prompt", prompt, sent, HIDDEN + PER_MESSAGE * len(sent), upper=_only_text(reply.request_body)
    ):
        return fault
    shown = [text for choice in reply.choices for text in (text_of(choice), *map(str, calls_of(choice)))]
    visible = completion - (reply.reasoning_tokens or 0)
    words = [text_of(choice) for choice in reply.choices]
    slack = PER_MESSAGE * (len(reply.choices) + sum(len(calls_of(choice)) for choice in reply.choices))
    most = sum(len(text.encode("utf-8", "surrogatepass")) for text in shown) + slack
    if visible > most:
        hidden = reply.reasoning_tokens is None and case.traits.room > 0
        fault = f"completion tokens for {sum(map(len, shown))} characters must be at most {most}, got {visible}"
        return None if hidden else fault  # a model that reasons may count what no field shows
    return _bounds_fault("completion", completion, words)


@invariant(
    "chat.service_tier.echo", about=Subject.ANSWER, good="no undocumented tier is named", asks=tiered, absence=True
)
def test_tier(case: ChatCase, reply: ChatReply) -> Finding:
    """No answer, and no chunk of a stream, names a tier that is not documented."""
    heads = reply.chunks if reply.streamed else (reply.body,)
    named = [tier for head in heads if (tier := head.get("service_tier")) is not None]
    odd = next((tier for tier in named if tier not in TIERS), None)
    return None if odd is None else f"service_tier must be one of {', '.join(TIERS)}, got {odd!r}"


@invariant("chat.reply.reasoning_apart", about=Subject.ANSWER, good="no reasoning in the text", asks=answers)
def test_reasoning_apart(case: ChatCase, reply: ChatReply) -> Finding:
    """No choice has reasoning in its content: neither between tags, nor a copy of what a field for reasoning has."""
    for number, choice in enumerate(reply.choices):
        text = text_of(choice)
        tag = _REASONING_TAG.search(text)
        if tag and tag[0] not in str(reply.request_body.get("messages")):
            return f"the text must not have the reasoning{place(reply, number)}, got the tag {tag[0]!r}"
        for name in REASONING_FIELDS:
            thought = message_of(choice).get(name)
            if isinstance(thought, str) and len(thought.strip()) >= REPEATED and thought.strip() in text:
                return f"the text must not repeat the field {name}{place(reply, number)}, got {thought[:40]!r}"
    return None


@invariant("chat.reply.calls_declared", about=Subject.ANSWER, good="every call names a declared tool", asks=calls)
def test_calls_declared(case: ChatCase, reply: ChatReply) -> Finding:
    """Every call of every choice names a tool that the request declares."""
    tools, sent = declared_tools(reply), [call for choice in reply.choices for call in calls_of(choice)]
    if not sent or not tools:
        return SILENT
    names = [call["function"].get("name") if isinstance(call.get("function"), dict) else None for call in sent]
    odd = [name for name in names if name not in tools]
    return f"each call must name one of the declared tools {', '.join(tools)}, got {odd[0]!r}" if odd else None


def finish_reasons(reply: ChatReply) -> tuple[str, ...]:
    """Return the documented finish_reasons; an answer to a request with functions may have that of OpenAI's older form."""
    return (*FINISH_REASONS, "function_call") if "functions" in reply.request_body else FINISH_REASONS


def usage_fault(reply: ChatReply) -> str | None:
    """Return what is wrong with the counts of an answer; None if nothing is."""
    counts: dict[str, int] = {}
    for name in COUNTS:
        value = reply.usage.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"{name} must be an integer of at least 0, got {value!r}"
        counts[name] = value
    prompt, completion, total = counts.values()
    if not prompt:
        return "prompt_tokens must be at least 1, got 0"
    if reply.text and not completion:
        return f"completion_tokens of the answer {reply.quoted_text()} must be at least 1, got 0"
    return None if prompt + completion == total else f"total_tokens must be {prompt} + {completion}, got {total}"


def prompt_texts(body: dict[str, Any]) -> list[str]:
    """Return the texts of a request's messages, one for each message or each part of it."""
    texts: list[str] = []
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [{"text": content}]
        values = (part.get("text") for part in parts if isinstance(part, dict))
        texts += [text for text in values if isinstance(text, str)]
    return texts


def cap_of(reply: ChatReply) -> int | None:
    """Return the smallest token limit that a request sets for its answer; None if it sets none."""
    caps = [cap for name in CAPS if isinstance(cap := reply.request_body.get(name), int) and not isinstance(cap, bool)]
    return min(caps) if caps else None


def _bounds_fault(what: str, count: int, texts: list[str], hidden: int = 0, *, upper: bool = False) -> str | None:
    """Return what is wrong with the tokens counted for texts; None if nothing is.

    `hidden` is how many tokens the provider may have added.  The upper bound is checked only if `upper` is true.
    """
    words = sum(len(text.split()) for text in texts)
    if count * BOUND < words:
        return f"{what} tokens for {words} words must be at least {ceil(words / BOUND)}, got {count}"
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    if upper and count > BOUND * size + hidden:
        return f"{what} tokens for {size} bytes must be at most {BOUND * size + hidden}, got {count}"
    return None


def _only_text(body: dict[str, Any]) -> bool:
    """Return whether a request holds nothing but text; each provider counts pictures, tools and schemas in its own way."""
    return not {"tools", "response_format", "functions"} & body.keys() and "image_url" not in str(body.get("messages"))


def _field(reply: ChatReply, name: str, is_right: Any, wanted: str) -> Finding:
    """Check one field of a plain answer; other claims check the fields of streams."""
    if reply.streamed:
        return SILENT
    value = reply.body.get(name)
    return None if is_right(value) else f"{name} must be {wanted}, got {repr(value)[:80]}"
