"""Reasoning: how much there is, whether it is summarised, and the form in which only the provider can read it."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, refused, unanswered
from conformance.suite import claim
from conformance.suite.efforts import SAMPLES, compared
from conformance.suite.responses import Ask
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase, declared, message

PUZZLE = "A farmer has 17 sheep, and all but 9 run away. How many are left? Reply with the number only."
ENCRYPTED = "reasoning.encrypted_content"


@claim("responses.usage.reasoning")
async def test_usage(case: ResponsesCase, ask: Ask) -> Observation:
    """A model that reasons reports how many tokens that took."""
    reply = await ask(_puzzle(case, "high"))
    if not reply.ok:
        return reply.refusal()
    count = reply.counts.reasoning
    return honoured(f"{count} reasoning tokens") if count else ignored(f"reasoning_tokens must be above 0, got {count}")


@claim("responses.reasoning.effort_effect")
async def test_effect(case: ResponsesCase, ask: Ask) -> Observation:
    """More effort takes more tokens of reasoning, in each of two samples."""
    low, high = [await ask.samples(_puzzle(case, effort), SAMPLES) for effort in ("low", "high")]
    for reply in (*low, *high):
        if not reply.ok:
            return reply.refusal()
    few, many = (
        [count for reply in replies if (count := reply.counts.reasoning) is not None] for replies in (low, high)
    )
    if len(few) < SAMPLES or len(many) < SAMPLES:
        return unanswered("no count of reasoning tokens")
    return compared(few, many, f"{few} reasoning tokens with low, {many} with high effort")


@claim("responses.reasoning.summary")
async def test_summary(case: ResponsesCase, ask: Ask) -> Observation:
    """A summary of the reasoning comes where the request asks for one."""
    reply = await ask(case.request(reasoning={"effort": "low", "summary": "auto"}))
    if not reply.ok:
        return reply.refusal()
    items = reply.items("reasoning")
    if any(item.get("summary") for item in items):
        return honoured("the output has a summary")
    return ignored(f"an item of reasoning must have a summary, got {items!r:.120}")


@claim("responses.reasoning.encrypted")
async def test_encrypted(case: ResponsesCase, ask: Ask) -> Observation:
    """Encrypted reasoning comes where the request asks for it, and nowhere else."""
    reply = await ask(case.request(include=[ENCRYPTED], store=False))
    if not reply.ok:
        return reply.refusal()
    if not reply.items("reasoning"):
        return unanswered("the answer came without reasoning")
    if not _sealed(reply):
        return ignored("an item of reasoning must have encrypted_content where it is asked for")
    control = await ask.control(case.control(store=False))
    if _sealed(control):
        return mishandled("encrypted_content comes without being asked for")
    return honoured("encrypted_content comes where it is asked for")


@claim("responses.reasoning.encrypted_round_trip", "responses.reasoning.encrypted_tampered")
async def test_round_trip(case: ResponsesCase, ask: Ask) -> Observation:
    """Encrypted reasoning is accepted when it comes back with the call that it led to; changed, it is refused."""
    settings: dict[str, Any] = {"include": [ENCRYPTED], "store": False, "tools": [declared(WEATHER)]}
    question = message("user", QUESTION)
    first = await ask.control(case.control([question], budget=BUDGET, tool_choice="required", **settings))
    if not first.made or not _sealed(first):
        return unanswered("there is no call with encrypted reasoning")
    output = first.output
    if case.claim.id.endswith("tampered"):
        output = [_tampered(item) for item in output]
    result = {"type": "function_call_output", "call_id": first.made[0].id, "output": "12 degrees"}
    reply = await ask(case.request([question, *output, result], budget=BUDGET, **settings))
    if not reply.ok:
        return reply.refusal()
    return honoured(f"answered {reply.quoted_text()}")


@claim("responses.reasoning.encrypted_lost")
async def test_lost(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether reasoning that was not stored is accepted without its encrypted content."""
    first = await ask.control(case.control(store=False))
    if not first.items("reasoning"):
        return unanswered("the answer came without reasoning")
    again = [message("user", "Hello."), *first.output, message("user", case.question())]
    reply = await ask(case.request(again, store=False))
    if reply.exchange.status == 404 and reply.error:
        return refused(f"404 {reply.error}")
    return reply.acceptance()


def _puzzle(case: ResponsesCase, effort: str) -> Any:
    return case.request(PUZZLE, budget=64, reasoning={"effort": effort})


def _sealed(reply: ResponsesReply) -> list[str]:
    """Return the encrypted contents of an answer."""
    found = [item.get("encrypted_content") for item in reply.items("reasoning")]
    return [text for text in found if isinstance(text, str) and text]


def _tampered(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with another character in the middle of its encrypted content."""
    text = item.get("encrypted_content")
    if not isinstance(text, str) or not text:
        return item
    middle = len(text) // 2
    other = "B" if text[middle] == "A" else "A"
    return {**item, "encrypted_content": text[:middle] + other + text[middle + 1 :]}
