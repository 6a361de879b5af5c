"""The reply: fields and counts that every answer has, observed on the plain request."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

DAY = 86_400
SENTENCE = "Repeat this sentence and nothing else: The café in Zürich serves crème brûlée, doesn't it?"
# What letters beyond ASCII turn into if they are decoded wrongly, left as bytes of a tokenizer, or escaped twice.
MANGLED = ("\ufffd", "Ã", "Ġ", "\\u00", "&#", "caf?", "Z?rich")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


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
