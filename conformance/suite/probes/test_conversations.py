"""Conversations: whether the system prompt, every turn and every part reaches the model, short and long.

What hardly any endpoint refuses is first sent in one conversation; a claim asks for its own part only if that one fails it.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.conversing import (
    INSTRUCTION,
    MARKER,
    OTHER_QUESTION,
    QUESTION,
    SHORT_INSTRUCTION,
    SLACK,
    TWO_IN_A_ROW,
    WITH_EVERY_ROLE,
    WITH_HISTORY,
    counts_prompt_tokens,
    in_parts,
    message_reaches_model,
)
from conformance.suite.probes import Ask
from conformance.suite.recalling import (
    EMPTY,
    ENDS,
    FLOWERS,
    Place,
    flowers_reach_model,
    long_prompt_reaches_model,
    long_text,
    names,
    one_call,
    place,
    twelve_turns,
)
from conformance.suite.results import ask_for_calls, knows_result, second_turn
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Turn, assistant, user

TOKENS_PER_SENTENCE = 9  # of a long text, with any tokenizer at least
MORE = 16  # tokens that four contents may cost more as parts; if parts are read as program text, they cost 40 more
JOINS = 4  # line breaks between the parts of four contents, which cost a token each where the contents are texts

SEVERAL_PARTS = place(lambda texts: Prompt((user("\n".join(texts), parts=True), assistant(EMPTY))), *FLOWERS[:3])
TEXT_BESIDE_CALLS = place(lambda texts: one_call(EMPTY, texts[0]), FLOWERS[5])
RESULT_PARTS = place(lambda texts: one_call("\n".join(texts), parts=True), *FLOWERS[6:8])
COMMON = Place(
    lambda texts: replace(
        (last := one_call("\n".join(texts[4:]), texts[3], parts=True)),
        turns=(*SEVERAL_PARTS.build(texts[:3]).turns, *last.turns),
    ),
    (*FLOWERS[:3], *FLOWERS[5:8]),
    tuple(map(names, (*FLOWERS[:3], *FLOWERS[5:8]))),
)
TWO_ANSWERS = place(
    lambda texts: Prompt((user("Tell me about two flowers."), *(assistant(text) for text in texts))), *FLOWERS[:2]
)
LONG_HISTORY = place(twelve_turns, *FLOWERS)
LONG_RESULT = Place(lambda texts: one_call(texts[0]), ENDS, (long_text(110, *ENDS),))
LONG_SYSTEM = Place(lambda texts: Prompt((), system=texts[0]), ENDS, (long_text(70, *ENDS),))


@probe("system.followed")
async def test_system(case: DialogueCase, ask: Ask) -> Observation:
    """The answer follows the system prompt, against the user's question."""
    prompt = Prompt.of(OTHER_QUESTION, system=INSTRUCTION)
    # Held against a short one, since some templates put an instruction of their own where none is sent.
    return await message_reaches_model(case, ask, prompt, replace(prompt, system=SHORT_INSTRUCTION))


@probe("developer.followed")
async def test_developer(case: DialogueCase, ask: Ask) -> Observation:
    """The answer follows a developer message, against the user's question."""
    whole, short = (
        Prompt((Turn("developer", text), user(OTHER_QUESTION))) for text in (INSTRUCTION, SHORT_INSTRUCTION)
    )
    return await message_reaches_model(case, ask, whole, short)


@probe("history.recalled")
async def test_history(case: DialogueCase, ask: Ask) -> Observation:
    """The answer knows what the assistant said in an earlier turn."""
    return await message_reaches_model(case, ask, WITH_HISTORY, Prompt.of(QUESTION))


@probe("turns.consecutive")
async def test_consecutive(case: DialogueCase, ask: Ask) -> Observation:
    """The answer knows the first of two user messages in a row."""
    return await message_reaches_model(case, ask, TWO_IN_A_ROW, Prompt.of(QUESTION))


@probe("turns.consecutive_assistant")
async def test_consecutive_assistant(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what two assistant messages in a row say."""
    return await flowers_reach_model(case, ask, TWO_ANSWERS)


@probe("turns.long")
async def test_long_history(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what each of twelve turns says, with a call and its result among them."""
    return await flowers_reach_model(case, ask, LONG_HISTORY)


@probe("turns.sent_back")
async def test_sent_back(case: DialogueCase, ask: Ask) -> Observation:
    """A turn of the endpoint, with a text or a call, is taken back in the next request as it came."""
    if case.value == "call":
        said = await ask_for_calls(case, ask)
        prompt = second_turn(said.made)
        question, turn, results = prompt.turns
        turns = (question, replace(turn, said=said), results)
        reply = await ask(case.spelt(replace(prompt, turns=turns, budget=64, brief=True)))
        return knows_result(reply) if reply.ok else reply.refusal()
    first = Prompt.of(case.question(), brief=True)
    said = await ask.control(case.spelt(first, control=True))
    if said.made or not said.text.strip():
        return unanswered(f"the answer is no text that could be sent back: {said.quoted_text()}")
    question = user("What did you reply? Repeat that word.")
    whole = replace(first, turns=(*first.turns, assistant(said.text, said=said), question))
    return (await ask(case.spelt(whole))).acceptance()


@probe("turns.unknown_role")
async def test_unknown_role(case: DialogueCase, ask: Ask) -> Observation:
    """Whether a message with this role is accepted or refused."""
    return (await ask(case.spelt(Prompt((Turn(case.value, case.question(case.value)),))))).acceptance()


@probe("system.long")
async def test_long_system(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what a system prompt of a few thousand letters says from start to end."""
    return await flowers_reach_model(case, ask, LONG_SYSTEM)


@probe("prompt.long")
async def test_long_prompt(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what a message of about this many tokens says at its start, in its middle and at its end."""
    return await long_prompt_reaches_model(case, ask, long_text(case.value // TOKENS_PER_SENTENCE, *ENDS), ENDS)


@probe("parts.reach_model")
async def test_parts(case: DialogueCase, ask: Ask) -> Observation:
    """Text as parts reaches the model: the prompt costs no less than with text alone, or else the answer knows a part."""
    control = await ask.control(case.spelt(WITH_EVERY_ROLE, control=True))
    reply = await ask(case.spelt(in_parts(WITH_EVERY_ROLE)))
    if not reply.ok:
        return reply.refusal()
    parts, text = reply.counts.prompt, control.counts.prompt
    if parts is None or text is None or not await counts_prompt_tokens(case, ask, control):
        if MARKER in reply.text.lower():
            return honoured(f"the answer names {MARKER!r}, which is in a part of an earlier turn")
        return unanswered(f"the answer does not name {MARKER!r}: {reply.quoted_text()}")
    if parts < _fewest(text):
        return ignored(f"{parts} prompt tokens as parts, {text} as text: some of the parts were lost", enforced=True)
    return honoured(f"{parts} prompt tokens as parts, {text} as text")


@probe("parts.tokens")
async def test_parts_tokens(case: DialogueCase, ask: Ask) -> Observation:
    """The conversation costs nearly the same prompt tokens as parts and as text."""
    control = await ask.control(case.spelt(WITH_EVERY_ROLE, control=True))
    reply = await ask(case.spelt(in_parts(WITH_EVERY_ROLE)))
    if not reply.ok:
        return unanswered(f"content as parts is not answered: {reply.refusal().detail}")
    parts, text = reply.counts.prompt, control.counts.prompt
    if parts is None or text is None or not await counts_prompt_tokens(case, ask, control):
        return unanswered("the usage does not count prompt tokens")
    detail = f"{parts} prompt tokens as parts, {text} as text"
    return honoured(detail) if _fewest(text) <= parts <= text + MORE else mishandled(detail)


@probe("parts.several")
async def test_several_parts(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what each of three parts of a message says."""
    return await flowers_reach_model(case, ask, SEVERAL_PARTS, COMMON)


@probe("tools.text_beside_calls")
async def test_text_beside_calls(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what the text next to a call says."""
    return await flowers_reach_model(case, ask, TEXT_BESIDE_CALLS, COMMON)


@probe("tools.result_parts")
async def test_result_parts(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what each of two parts of a result says."""
    return await flowers_reach_model(case, ask, RESULT_PARTS, COMMON)


@probe("tools.result_long")
async def test_long_result(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names what a result of a few thousand letters says from start to end."""
    return await flowers_reach_model(case, ask, LONG_RESULT)


def _fewest(text: int) -> int:
    """Return the fewest prompt tokens that a conversation can have as parts, from its tokens as text."""
    return text - max(SLACK + JOINS, text // 20)  # some count several tokens where others count one
