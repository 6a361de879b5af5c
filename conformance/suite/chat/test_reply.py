"""The reply: fields and sums that every answer carries, read off the plain request and its twins."""

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
MANGLED = ("\ufffd", "Ã", "Ġ", "\\u00", "&#", "caf?", "Z?rich")  # what became of letters that were read wrongly
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


@claim("chat.reply.schema")
async def test_schema(case: ChatCase, ask: Ask) -> Observation:
    """The body validates against the schema of the documented fields."""
    return await _plain(case, ask, lambda reply: own_problem(reply.body, "wire/chat-reply"), "the body validates")


@claim("chat.reply.required_keys")
async def test_required_keys(case: ChatCase, ask: Ask) -> Observation:
    """The keys that OpenAI requires and that may be null are there: content, refusal and logprobs."""

    def fault(reply: ChatReply) -> str | None:
        choice = reply.body["choices"][0]
        lacking = {"message.content", "message.refusal"} - {f"message.{name}" for name in reply.message}
        lacking |= {"logprobs", "finish_reason"} - choice.keys()
        return f"no key {', '.join(sorted(lacking))}" if lacking else None

    return await _plain(case, ask, fault, "content, refusal and logprobs are there")


@claim("chat.reply.unicode")
async def test_unicode(case: ChatCase, ask: Ask) -> Observation:
    """Letters beyond ASCII come as they are; a model that does not repeat the sentence shows nothing."""
    reply = await ask(case.request(SENTENCE, budget=64))
    if not reply.ok:
        return reply.refusal()
    mangled = next((each for each in MANGLED if each in reply.text), None)
    if mangled:
        return mishandled(f"{mangled!r} in {reply.quoted_text()}")
    whole = "café in Zürich" in reply.text and "crème brûlée" in reply.text
    return (
        honoured(reply.quoted_text()) if whole else unanswered(f"the sentence was not repeated: {reply.quoted_text()}")
    )


@claim("chat.reply.object")
async def test_object(case: ChatCase, ask: Ask) -> Observation:
    """The object is chat.completion."""
    return await _field(case, ask, "object", lambda value: value == "chat.completion", "chat.completion")


@claim("chat.reply.id")
async def test_id(case: ChatCase, ask: Ask) -> Observation:
    """The id is a string with something in it."""
    return await _field(case, ask, "id", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@claim("chat.reply.id_unique")
async def test_id_unique(case: ChatCase, ask: Ask) -> Observation:
    """Two answers to the same request have different ids."""
    first, second = await _twins(case, ask)
    ids = [first.body.get("id"), second.body.get("id")]
    if ids[0] == ids[1]:
        return mishandled(f"two answers share the id {ids[0]!r}")
    return honoured("two answers have different ids")


@claim("chat.reply.created")
async def test_created(case: ChatCase, ask: Ask) -> Observation:
    """The creation time is an integer of seconds, of the day on which it was asked."""

    def fault(reply: ChatReply) -> str | None:
        value = reply.body.get("created")
        if isinstance(value, int) and not isinstance(value, bool) and abs(value - reply.exchange.started) < DAY:
            return None
        return f"created is {str(value)[:80]!r}, not {wanted}"

    wanted = "an integer of seconds within a day of now"
    return await _plain(case, ask, fault, f"created is {wanted}")


@claim("chat.reply.model")
async def test_model(case: ChatCase, ask: Ask) -> Observation:
    """The answer names a model."""
    return await _field(case, ask, "model", lambda value: isinstance(value, str) and bool(value), "a non-empty string")


@claim("chat.reply.model_echo")
async def test_model_echo(case: ChatCase, ask: Ask) -> Observation:
    """The model named is the one asked for, or begins with it."""
    asked = case.model.id.rsplit("/", 1)[-1]
    return await _field(case, ask, "model", lambda value: asked in str(value), f"a name that holds {asked!r}")


@claim("chat.reply.choices")
async def test_choices(case: ChatCase, ask: Ask) -> Observation:
    """Without n there is one choice, with index 0."""
    return await _plain(
        case,
        ask,
        lambda reply: None if reply.indexes == [0] else f"choices have the indexes {reply.indexes}",
        "one choice",
    )


@claim("chat.reply.role")
async def test_role(case: ChatCase, ask: Ask) -> Observation:
    """The message has the role assistant."""

    def fault(reply: ChatReply) -> str | None:
        role = reply.message.get("role")
        return None if role == "assistant" else f"role {role!r}"

    return await _plain(case, ask, fault, "role assistant")


@claim("chat.reply.content")
async def test_content(case: ChatCase, ask: Ask) -> Observation:
    """The content of a text answer is a string."""

    def fault(reply: ChatReply) -> str | None:
        content = reply.message.get("content")
        return None if isinstance(content, str) else f"content is {type(content).__name__}: {str(content)[:80]}"

    reply = await ask(case.plain())
    if reply.ok and reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason}")
    return await _plain(case, ask, fault, "content is a string")


@claim("chat.reply.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """The finish_reason is one of the documented ones."""

    def fault(reply: ChatReply) -> str | None:
        return None if reply.finish_reason in FINISH_REASONS else f"finish_reason {reply.finish_reason!r}"

    return await _plain(case, ask, fault, "a documented finish_reason")


@claim("chat.reply.natural_end")
async def test_natural_end(case: ChatCase, ask: Ask) -> Observation:
    """A short answer that nothing cut has finish_reason stop; whether something was cut is the gateway's to say."""

    def fault(reply: ChatReply) -> str | None:
        return None if reply.finish_reason == "stop" else f"finish_reason {reply.finish_reason!r} for a whole answer"

    reply = await ask(case.plain())
    if reply.ok and (reply.text.strip().strip(".!").lower() != "ready" or reply.cut):
        return unanswered(f"no whole answer to look at: {reply.quoted_text()}, finish_reason {reply.finish_reason!r}")
    return await _plain(case, ask, fault, "finish_reason stop")


@claim("chat.reply.usage")
async def test_usage(case: ChatCase, ask: Ask) -> Observation:
    """Usage counts prompt and completion tokens, neither as none, and the total is their sum."""
    return await _plain(case, ask, _usage_fault, "usage adds up")


@claim("chat.reply.usage_details")
async def test_usage_details(case: ChatCase, ask: Ask) -> Observation:
    """No detailed count is larger than the count it is part of."""
    return await _plain(case, ask, _details_fault, "no detail exceeds its whole")


@claim("chat.reply.prompt_tokens")
async def test_prompt_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The same request is counted as the same number of prompt tokens."""
    first, second = await _twins(case, ask)
    counts = [first.usage.get("prompt_tokens"), second.usage.get("prompt_tokens")]
    if not all(isinstance(each, int) for each in counts):
        return unanswered(f"usage counts no prompt tokens: {counts}")
    if counts[0] == counts[1]:
        return honoured(f"{counts[0]} prompt tokens both times")
    return mishandled(f"{counts[0]} and {counts[1]} prompt tokens for the same request")


def _usage_fault(reply: ChatReply) -> str | None:
    counts: dict[str, int] = {}
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        value = reply.usage.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"{name} is {value!r}"
        counts[name] = value
    prompt, completion, total = counts.values()
    if not prompt or (reply.text and not completion):
        return f"{prompt} and {completion} tokens were counted for a prompt and the answer {reply.quoted_text()}"
    return None if prompt + completion == total else f"{prompt} and {completion} tokens, {total} in total"


def _details_fault(reply: ChatReply) -> str | None:
    for part in ("prompt", "completion"):
        whole, details = reply.usage.get(f"{part}_tokens"), reply.usage.get(f"{part}_tokens_details")
        for name, value in details.items() if isinstance(details, dict) else ():
            if isinstance(value, int) and isinstance(whole, int) and value > whole:
                return f"{name} {value} of {whole} {part} tokens"
    return None


async def _field(case: ChatCase, ask: Ask, name: str, good: Callable[[Any], bool], wanted: str) -> Observation:
    def fault(reply: ChatReply) -> str | None:
        value = reply.body.get(name)
        return None if good(value) else f"{name} is {str(value)[:80]!r}, not {wanted}"

    return await _plain(case, ask, fault, f"{name} is {wanted}")


async def _plain(case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """What the plain reply shows, given what would be wrong with it."""
    reply = await ask(case.plain())
    if not reply.ok:
        return reply.refusal()
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(good)


async def _twins(case: ChatCase, ask: Ask) -> tuple[ChatReply, ChatReply]:
    """Two answers to the plain request."""
    return await ask.control(case.plain()), await ask.control(case.plain(), 1)
