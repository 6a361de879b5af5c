"""Structured answers: whether an answer fits the JSON schema of its request, which the server enforces, not the model."""

from __future__ import annotations

from collections.abc import Collection

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.base.validation import problem
from conformance.suite import probe
from conformance.suite.controls import NO_SURE_CUT
from conformance.suite.probes import Ask
from conformance.suite.structured import (
    BUDGET,
    CARD,
    FEATURED,
    PARTS,
    QUESTION,
    featured,
    is_prose,
    key_of,
    observe_fit,
    observe_property,
    parsed,
    report_of,
    schema_of,
    together_or_alone,
    unfinished,
)
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.reply import End

CUT = 8  # tokens, fewer than any answer that fits CARD takes


@probe("schema.fits")
async def test_fits(case: DialogueCase, ask: Ask) -> Observation:
    """The answer fits the schema, though the question does not mention it."""
    return observe_fit(await ask(case.spelt(Prompt.of(QUESTION, budget=BUDGET, schema=CARD))), CARD)


@probe("schema.nested")
async def test_nested(case: DialogueCase, ask: Ask) -> Observation:
    """An object inside the answer fits its part of the schema."""
    return await _observe_part(case, ask, "spot_q7")


@probe("schema.enum")
async def test_enum(case: DialogueCase, ask: Ask) -> Observation:
    """A value for which the schema lists values is one of them."""
    return await _observe_part(case, ask, "mood_q7")


@probe("schema.array")
async def test_array(case: DialogueCase, ask: Ask) -> Observation:
    """An array in the answer fits its part of the schema."""
    return await _observe_part(case, ask, "tags_q7")


async def _observe_part(case: DialogueCase, ask: Ask, key: str) -> Observation:
    """Observe whether the value of a key fits its part of the schema: with all parts, or by itself where those are refused."""

    async def observe(keys: Collection[str], key: str) -> Observation:
        prompt = Prompt.of("Describe a chair.", budget=BUDGET, schema=report_of(keys))
        return observe_property(await ask(case.spelt(prompt)), key, PARTS[key])

    together = await observe(PARTS, key)
    # What is not refused counts as it is: the report is short, so no model loses its way in it.
    return await together_or_alone(key, observe, PARTS) if together.seen is Seen.REFUSED else together


@probe("schema.features")
async def test_feature(case: DialogueCase, ask: Ask) -> Observation:
    """A schema with this feature is accepted and obeyed: together with all others, or by itself where those fail."""

    async def observe(features: Collection[str], feature: str) -> Observation:
        text = "Make up a short entry: every text is one word, and every list is as short as possible."
        reply = await ask(case.spelt(Prompt.of(text, budget=FEATURED, schema=featured(features))))
        return observe_property(reply, key_of(feature), schema_of(feature))

    return await together_or_alone(case.value, observe)


@probe("schema.no_other_keys")
async def test_no_other_keys(case: DialogueCase, ask: Ask) -> Observation:
    """The answer has no key that the schema forbids, though the prompt asks for one."""
    text = "Name a fruit, and give the country it comes from under the key origin_q7."
    reply = await ask(case.spelt(Prompt.of(text, budget=BUDGET, schema=CARD)))
    if not reply.ok:
        return reply.refusal()
    value = parsed(reply.text)
    if not isinstance(value, dict):
        return unfinished(reply) or ignored(f"the answer must be a JSON object, got {reply.quoted_text()}")
    further = sorted(value.keys() - CARD["properties"].keys())
    return (
        ignored(f"the schema forbids the key {further[0]!r} of the answer") if further else honoured("no forbidden key")
    )


@probe("schema.cut")
async def test_cut(case: DialogueCase, ask: Ask) -> Observation:
    """JSON longer than the cap is cut, and the answer says that it ended because of its length."""
    if case.reasons:
        return unanswered(NO_SURE_CUT)
    reply = await ask(case.spelt(Prompt.of(QUESTION, budget=CUT, schema=CARD)))
    if not reply.ok:
        return reply.refusal()
    if reply.end is End.LENGTH and not is_prose(reply):
        return honoured(f"{reply.end_as_sent} for JSON that was cut")
    if problem(parsed(reply.text), CARD) is None:
        return ignored(f"the whole answer of {len(reply.text)} characters came for a cap of {CUT} tokens")
    if not reply.cut and reply.text.lstrip().startswith("{") and parsed(reply.text) is None:
        return mishandled(f"cut JSON must end because of its length, got {reply.end_as_sent}: {reply.quoted_text()}")
    return unanswered(f"there is no cut JSON to look at: {reply.quoted_text()}")
