"""Thinking: how much is thought, and whether the thoughts are shown."""

from conformance.base.observation import Observation, absent, accepted, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.efforts import SAMPLES, compared
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import CAP, CONFIG, GeminiCase
from conformance.surfaces.reply import End

RIDDLE = (
    "A bat and a ball cost 1.10 together; the bat costs 1 more than the ball. "
    "What does the ball cost? Answer with a number only."
)
FEW = 12  # tokens, fewer than any model thinks about a riddle
NOTHING, DYNAMIC = 0, -1
NO_THOUGHT = "the model did not think"


@claim("gemini.thinking.include", "gemini.thinking.include_stream")
async def test_include(case: GeminiCase, ask: Ask) -> Observation:
    """With includeThoughts the answer shows thoughts in parts of their own."""
    reply = await ask(case.request(RIDDLE, budget=64, config={"thinkingConfig": {"includeThoughts": True}}))
    if not reply.ok:
        return reply.refusal()
    if reply.thoughts:
        return honoured(f"{len(reply.thoughts)} characters of thoughts")
    if reply.counts.reasoning:
        return ignored(f"{reply.counts.reasoning} tokens of thoughts, and no part shows any")
    return await _as_without(case, ask, "with includeThoughts the model does not think")


@claim("gemini.thinking.budget_dynamic")
async def test_dynamic(case: GeminiCase, ask: Ask) -> Observation:
    """With the budget -1 a model thinks about what it thinks about without a budget."""
    reply = await ask(case.request(RIDDLE, budget=64, config={"thinkingConfig": {"thinkingBudget": DYNAMIC}}))
    if not reply.ok:
        return reply.refusal()
    if reply.counts.reasoning:
        return honoured(f"{reply.counts.reasoning} tokens of thoughts")
    return await _as_without(case, ask, "with the budget -1 the model does not think")


@claim("gemini.thinking.level_effect")
async def test_level(case: GeminiCase, ask: Ask) -> Observation:
    """At a high level a model thinks more than at a low one, in each of two samples."""
    low, high = [
        await ask.samples(case.request(RIDDLE, budget=64, config={"thinkingConfig": {"thinkingLevel": level}}), SAMPLES)
        for level in ("LOW", "HIGH")
    ]
    if failed := next((reply for reply in (*low, *high) if not reply.ok), None):
        return failed.refusal()
    less, more = ([reply.counts.reasoning or 0 for reply in replies] for replies in (low, high))
    if not any(less) and not any(more):
        return await _as_without(case, ask, "at no level the model thinks")
    return compared(less, more, f"{less} tokens of thoughts at LOW, {more} at HIGH")


async def _as_without(case: GeminiCase, ask: Ask, seen: str) -> Observation:
    """Return what an answer without thoughts shows, next to one to a request that says nothing about thinking."""
    control = await ask.control(case.control(RIDDLE, budget=64))
    thought = control.counts.reasoning
    return ignored(f"{seen}, and takes {thought} tokens for it otherwise") if thought else unanswered(NO_THOUGHT)


@claim("gemini.thinking.budget_zero")
async def test_budget_zero(case: GeminiCase, ask: Ask) -> Observation:
    """With a budget of 0 the model does not think, while it does without one."""
    reply = await ask(case.request(RIDDLE, budget=64, config={"thinkingConfig": {"thinkingBudget": NOTHING}}))
    if not reply.ok:
        return reply.refusal()
    if reply.counts.reasoning:
        return ignored(f"{reply.counts.reasoning} tokens of thoughts with a budget of 0", enforced=True)
    control = await ask.control(case.control(RIDDLE, budget=64))
    if control.counts.reasoning:
        return honoured(f"no thoughts; {control.counts.reasoning} tokens of them without the budget")
    return absent("no thoughts, with or without the budget")


@claim("gemini.usage.thoughts")
async def test_counted(case: GeminiCase, ask: Ask) -> Observation:
    """An answer that took thought counts its tokens as thoughtsTokenCount."""
    reply = await ask(case.request(RIDDLE, budget=64))
    if not reply.ok:
        return reply.refusal()
    counts = reply.counts
    if counts.reasoning:
        return honoured(f"{counts.reasoning} tokens of thoughts")
    shown = await ask.control(case.control(RIDDLE, budget=64, config={"thinkingConfig": {"includeThoughts": True}}))
    if shown.thoughts:
        return ignored("the answer shows thoughts when asked, and counts none")
    return unanswered("nothing shows that the model thinks")


@claim("gemini.max_output_tokens.all_thought")
async def test_all_thought(case: GeminiCase, ask: Ask) -> Observation:
    """An answer whose cap is used up by thoughts has status 200, MAX_TOKENS and perhaps no parts."""
    request = case.control(RIDDLE, budget=None)
    reply = await ask(case.post({**request.json, CONFIG: {CAP: FEW}}))
    if not reply.ok:
        return reply.refusal()
    if reply.text:
        return accepted(f"the cap of {FEW} tokens leaves the text {reply.quoted_text()}")
    if reply.end is End.LENGTH:
        return honoured(reply.end_as_sent)
    return ignored(f"{reply.end_as_sent} for an answer without text, whose cap was {FEW} tokens")
