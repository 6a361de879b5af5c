"""The reply: fields and counts that every answer has, observed on the plain request."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

DAY = 86_400
SENTENCE = "Repeat this sentence and nothing else: The café in Zürich serves crème brûlée, doesn't it?"
# What letters beyond ASCII turn into if they are decoded wrongly, left as bytes of a tokenizer, or escaped twice.
MANGLED = ("\ufffd", "Ã", "Ġ", "\\u00", "&#", "caf?", "Z?rich")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


@claim("chat.reply.schema")
async def test_schema(case: ChatCase, ask: Ask) -> Observation:
    """The body fits the schema of the documented fields."""
    return await _plain(case, ask, lambda reply: own_problem(reply.body, "wire/chat-reply"), "the body fits the schema")


@claim("chat.reply.required_keys")
async def test_required_keys(case: ChatCase, ask: Ask) -> Observation:
    """The keys content, refusal, logprobs and finish_reason are present, even if their value is null."""

    def fault(reply: ChatReply) -> str | None:
        choice = reply.body["choices"][0]
        lacking = {"message.content", "message.refusal"} - {f"message.{name}" for name in reply.message}
        lacking |= {"logprobs", "finish_reason"} - choice.keys()
        return f"the choice lacks the key {', '.join(sorted(lacking))}" if lacking else None

    return await _plain(case, ask, fault, "content, refusal, logprobs and finish_reason are present")


@claim("chat.reply.unicode")
async def test_unicode(case: ChatCase, ask: Ask) -> Observation:
    """Letters beyond ASCII arrive unchanged, in a sentence that the model is asked to repeat."""
    reply = await ask(case.request(SENTENCE, budget=64))
    if not reply.ok:
        return reply.refusal()
    mangled = next((text for text in MANGLED if text in reply.text), None)
    if mangled:
        return mishandled(f"letters are mangled to {mangled!r} in {reply.quoted_text()}")
    whole = "café in Zürich" in reply.text and "crème brûlée" in reply.text
    if whole:
        return honoured(f"repeated unchanged: {reply.quoted_text()}")
    return unanswered(f"the sentence was not repeated: {reply.quoted_text()}")


@claim("chat.reply.object")
async def test_object(case: ChatCase, ask: Ask) -> Observation:
    """The field object is chat.completion."""
    return await _field(case, ask, "object", lambda value: value == "chat.completion", "chat.completion")


@claim("chat.reply.id")
async def test_id(case: ChatCase, ask: Ask) -> Observation:
    """The id is a non-empty string."""
    return await _field(case, ask, "id", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@claim("chat.reply.id_unique")
async def test_id_unique(case: ChatCase, ask: Ask) -> Observation:
    """Two answers to the same request have different ids."""
    first, second = await _two_answers(case, ask)
    ids = [first.body.get("id"), second.body.get("id")]
    if ids[0] == ids[1]:
        return mishandled(f"two answers share the id {ids[0]!r}")
    return honoured("two answers have different ids")


@claim("chat.reply.created")
async def test_created(case: ChatCase, ask: Ask) -> Observation:
    """The creation time is an integer of seconds, within a day of the request."""

    def fault(reply: ChatReply) -> str | None:
        value = reply.body.get("created")
        if isinstance(value, int) and not isinstance(value, bool) and abs(value - reply.exchange.started) < DAY:
            return None
        return f"created must be {wanted}, got {repr(value)[:80]}"

    wanted = "an integer of seconds within a day of now"
    return await _plain(case, ask, fault, f"created is {wanted}")


@claim("chat.reply.model")
async def test_model(case: ChatCase, ask: Ask) -> Observation:
    """The field model is a non-empty string."""
    return await _field(case, ask, "model", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@claim("chat.reply.model_echo")
async def test_model_echo(case: ChatCase, ask: Ask) -> Observation:
    """The field model contains the name of the requested model."""
    requested = case.model.id.rsplit("/", 1)[-1]
    return await _field(case, ask, "model", lambda value: requested in str(value), f"a name with {requested!r} in it")


@claim("chat.reply.choices")
async def test_choices(case: ChatCase, ask: Ask) -> Observation:
    """Without n the answer has one choice, with index 0."""
    return await _plain(
        case,
        ask,
        lambda reply: None if reply.indexes == [0] else f"the indexes of the choices must be [0], got {reply.indexes}",
        "one choice, with index 0",
    )


@claim("chat.reply.role")
async def test_role(case: ChatCase, ask: Ask) -> Observation:
    """The message has the role assistant."""

    def fault(reply: ChatReply) -> str | None:
        role = reply.message.get("role")
        return None if role == "assistant" else f"role must be 'assistant', got {role!r}"

    return await _plain(case, ask, fault, "role is 'assistant'")


@claim("chat.reply.content")
async def test_content(case: ChatCase, ask: Ask) -> Observation:
    """The content of a text answer is a string."""

    def fault(reply: ChatReply) -> str | None:
        content = reply.message.get("content")
        return None if isinstance(content, str) else f"content must be a string, got {repr(content)[:80]}"

    reply = await ask(case.plain())
    if reply.ok and reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason!r}")
    return await _plain(case, ask, fault, "content is a string")


@claim("chat.reply.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """The finish_reason is a documented one."""

    def fault(reply: ChatReply) -> str | None:
        return None if reply.finish_reason in FINISH_REASONS else f"{documented}, got {reply.finish_reason!r}"

    documented = f"finish_reason must be one of {', '.join(FINISH_REASONS)}"

    return await _plain(case, ask, fault, "finish_reason is a documented one")


@claim("chat.reply.natural_end")
async def test_natural_end(case: ChatCase, ask: Ask) -> Observation:
    """A short answer that is complete has the finish_reason stop."""

    def fault(reply: ChatReply) -> str | None:
        return (
            None
            if reply.finish_reason == "stop"
            else f"finish_reason of a complete answer must be 'stop', got {reply.finish_reason!r}"
        )

    reply = await ask(case.plain())
    if reply.ok and (reply.text.strip().strip(".!").lower() != "ready" or reply.cut):
        return unanswered(
            f"there is no complete answer to look at: {reply.quoted_text()}, finish_reason {reply.finish_reason!r}"
        )
    return await _plain(case, ask, fault, "finish_reason is 'stop'")


@claim("chat.reply.usage")
async def test_usage(case: ChatCase, ask: Ask) -> Observation:
    """Usage counts prompt and completion tokens, neither of them 0, and the total is their sum."""
    return await _plain(case, ask, _usage_fault, "usage adds up")


@claim("chat.reply.usage_details")
async def test_usage_details(case: ChatCase, ask: Ask) -> Observation:
    """No detail of usage is larger than the count that it is part of."""
    return await _plain(case, ask, _details_fault, "no detail is larger than its count")


@claim("chat.reply.prompt_tokens")
async def test_prompt_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The same request has the same number of prompt tokens twice."""
    first, second = await _two_answers(case, ask)
    counts = [first.usage.get("prompt_tokens"), second.usage.get("prompt_tokens")]
    if not all(isinstance(count, int) for count in counts):
        return unanswered(f"usage must count prompt tokens, got {counts}")
    if counts[0] == counts[1]:
        return honoured(f"{counts[0]} prompt tokens both times")
    return mishandled(f"{counts[0]} and {counts[1]} prompt tokens for the same request")


def _usage_fault(reply: ChatReply) -> str | None:
    counts: dict[str, int] = {}
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        value = reply.usage.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"{name} must be an integer of at least 0, got {value!r}"
        counts[name] = value
    prompt, completion, total = counts.values()
    if not prompt or (reply.text and not completion):
        return f"prompt and answer {reply.quoted_text()} must have tokens, got {prompt} and {completion}"
    return None if prompt + completion == total else f"total_tokens must be {prompt} + {completion}, got {total}"


def _details_fault(reply: ChatReply) -> str | None:
    for part in ("prompt", "completion"):
        whole, details = reply.usage.get(f"{part}_tokens"), reply.usage.get(f"{part}_tokens_details")
        for name, value in details.items() if isinstance(details, dict) else ():
            if isinstance(value, int) and isinstance(whole, int) and value > whole:
                return f"{name} must be at most {part}_tokens {whole}, got {value}"
    return None


async def _field(case: ChatCase, ask: Ask, name: str, good: Callable[[Any], bool], wanted: str) -> Observation:
    """Observe one field of the plain reply; `wanted` says what a `good` value is."""

    def fault(reply: ChatReply) -> str | None:
        value = reply.body.get(name)
        return None if good(value) else f"{name} must be {wanted}, got {repr(value)[:80]}"

    return await _plain(case, ask, fault, f"{name} is {wanted}")


async def _plain(case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """Observe the plain reply; `fault` returns what is wrong with it, or None, and `good` describes a reply without fault."""
    reply = await ask(case.plain())
    if not reply.ok:
        return reply.refusal()
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(good)


async def _two_answers(case: ChatCase, ask: Ask) -> tuple[ChatReply, ChatReply]:
    """Return two answers to the plain request."""
    return await ask.control(case.plain()), await ask.control(case.plain(), 1)
