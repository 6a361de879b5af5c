"""Signatures of thoughts: that calls have them, and that they are taken back unchanged and in no other way."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.suite.toolbox import BUDGET, CLOCK, QUESTION, QUESTION_FOR_BOTH, ROOM, WEATHER
from conformance.surfaces.gemini.mistakes import ANY_SIGNATURE
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.prompt import Prompt, Result, Tool, Turn, assistant, user

SIGNED = "thoughtSignature"
ROUNDS = 3  # in a row, since a gateway that spreads requests over several keys loses signatures only sometimes
_FLIPPED = {"A": "B"}


@claim("gemini.signature.present", "gemini.signature.stream")
async def test_present(case: GeminiCase, ask: Ask) -> Observation:
    """The first call of an answer has a signature, streamed or not."""
    reply = await ask(_question(case))
    if not reply.ok or not reply.calls:
        return reply.refusal() if not reply.ok else unanswered("no tool is called")
    if not _thought(reply):
        return unanswered("the model did not think, so that there is nothing to sign")
    if reply.calls[0].get(SIGNED):
        return honoured("the first call has a signature")
    return mishandled("the first call must have a thoughtSignature, got none", enforced=True)


@claim("gemini.signature.parallel_first")
async def test_parallel(case: GeminiCase, ask: Ask) -> Observation:
    """Of several calls in one answer only the first has a signature."""
    tools = (WEATHER, CLOCK)
    reply = await ask(case.spelt(Prompt.of(QUESTION_FOR_BOTH, budget=ROOM, tools=tools, choice="required")))
    if not reply.ok:
        return reply.refusal()
    if len(reply.calls) < 2:
        return unanswered(f"several calls are needed, got {len(reply.calls)}")
    signed = [SIGNED in part for part in reply.calls]
    if signed == [True, *[False] * (len(signed) - 1)]:
        return honoured(f"the first of {len(signed)} calls has a signature")
    return mishandled(f"only the first of the calls must have a signature, got {signed}")


@claim("gemini.signature.round_trip")
async def test_round_trip(case: GeminiCase, ask: Ask) -> Observation:
    """A turn that is sent back as it came is accepted, several times in a row."""
    called = await _called(case, ask)
    if called is None:
        return unanswered("no call with a signature came")
    for sample in range(ROUNDS):
        reply = await ask(_answered(case, called, called.content), sample)
        if not reply.ok:
            return reply.refusal()
    return honoured(f"accepted {ROUNDS} times")


@claim("gemini.signature.stripped", "gemini.signature.corrupted", "gemini.signature.bypass")
async def test_changed(case: GeminiCase, ask: Ask) -> Observation:
    """What happens to a turn that is sent back with its signature taken out, changed or replaced by the documented word."""
    called = await _called(case, ask)
    if called is None:
        return unanswered("no call with a signature came")
    control = await ask.control(_answered(case, called, called.content))
    changed = {**called.content, "parts": [_changed(part, case.value) for part in called.parts]}
    reply = await ask(_answered(case, called, changed))
    if reply.ok and control.ok:
        return (
            honoured(f"accepted: {reply.quoted_text()}")
            if case.value == "replaced"
            else ignored("accepted", enforced=True)
        )
    return reply.refusal()


@claim("gemini.signature.text_part")
async def test_text(case: GeminiCase, ask: Ask) -> Observation:
    """A text that comes without calls after thoughts has a signature in its last part."""
    reply = await ask(case.repeatable_control())
    if not reply.ok:
        return reply.refusal()
    if not _thought(reply):
        return unanswered("the model did not think, so that there is nothing to sign")
    if reply.parts and reply.parts[-1].get(SIGNED):
        return honoured("the last part has a signature")
    return ignored("the last part has no signature")


def _question(case: GeminiCase, tools: tuple[Tool, ...] = (WEATHER,), *, control: bool = False) -> Any:
    return case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=tools, choice="required"), control=control)


def _thought(reply: GeminiReply) -> bool:
    return bool(reply.counts.reasoning)


async def _called(case: GeminiCase, ask: Ask) -> GeminiReply | None:
    """Return an answer that calls a tool with a signature; None if none came."""
    reply = await ask.control(_question(case, control=True))
    return reply if reply.calls and reply.calls[0].get(SIGNED) else None


def _answered(case: GeminiCase, called: GeminiReply, content: dict[str, Any]) -> Any:
    """Return the request that gives the result of a call, after this content of the model."""
    turns = (user(QUESTION), assistant(said=called), Turn("user", results=(Result(called.made[0], "18 degrees"),)))
    body = case.spelt(Prompt(turns, tools=(WEATHER,), budget=BUDGET), control=True).json
    question, _, result = body["contents"]
    return case.post({**body, "contents": [question, content, result]})


def _changed(part: dict[str, Any], how: str) -> dict[str, Any]:
    """Return a part with its signature taken out, changed in one character, or replaced."""
    if SIGNED not in part:
        return part
    rest = {name: value for name, value in part.items() if name != SIGNED}
    signed = part[SIGNED]
    middle = len(signed) // 2
    other = signed[:middle] + _FLIPPED.get(signed[middle], "A") + signed[middle + 1 :]
    return {"stripped": rest, "corrupted": {**rest, SIGNED: other}, "replaced": {**rest, SIGNED: ANY_SIGNATURE}}[how]
