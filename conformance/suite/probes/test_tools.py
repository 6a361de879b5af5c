"""Tools: whether a declared tool is called with fitting arguments, and what becomes of several calls and of a cut one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.base.validation import problem
from conformance.suite import probe
from conformance.suite.controls import NO_SURE_CUT, refused_as_stream
from conformance.suite.probes import Ask
from conformance.suite.structured import FEATURED, OF_TOOLS, featured, key_of, schema_of, together_or_alone
from conformance.suite.toolbox import (
    BUDGET,
    CLOCK,
    QUESTION,
    QUESTION_FOR_BOTH,
    ROOM,
    STATUS,
    WEATHER,
    arguments,
    called,
    given,
    markup,
    repeated_call,
)
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Tool
from conformance.surfaces.reply import End, Reply

CUT = 8  # tokens: fewer than any call with two arguments takes
REQUIRED = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")
BOTH = Prompt.of(QUESTION_FOR_BOTH, budget=ROOM, tools=(WEATHER, CLOCK), choice="auto")
NO_CALL = "there is no call to look at"
SPOKEN = "Looking it up now."
SPEAKING = Prompt.of(
    f'First write "{SPOKEN}" and then, in the same answer, call the tool get_weather for Paris in celsius.',
    budget=BUDGET,
    tools=(WEATHER,),
    choice="auto",
    brief=True,
)


@probe("tools.called")
async def test_called(case: DialogueCase, ask: Ask) -> Observation:
    """A model that is asked to use its tool calls it by name; whether it does is the model's choice with auto."""
    reply = await ask(case.spelt(replace(REQUIRED, choice="auto")))
    if not reply.ok:
        return reply.refusal()
    if not reply.made:
        return unanswered(f"the model answered in text: {reply.quoted_text()}")
    if called(reply)[0] == WEATHER.name:
        return honoured(f"{WEATHER.name!r} is called")
    return mishandled(f"only declared tools may be called, got a call of {called(reply)[0]!r}")


@probe("tools.arguments")
async def test_arguments(case: DialogueCase, ask: Ask) -> Observation:
    """The arguments of a required call are JSON that fits the declared schema."""
    reply = await ask(case.spelt(REQUIRED))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, WEATHER) if reply.made else unanswered(NO_CALL)


@probe("tools.no_parameters")
async def test_no_parameters(case: DialogueCase, ask: Ask) -> Observation:
    """The arguments of a required call of a tool without parameters are a JSON object, which may be empty."""
    prompt = Prompt.of("Use the tool get_server_status.", budget=BUDGET, tools=(STATUS,), choice="required")
    reply = await ask(case.spelt(prompt))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, STATUS) if reply.made else unanswered(NO_CALL)


@probe("tools.features")
async def test_feature(case: DialogueCase, ask: Ask) -> Observation:
    """Parameters with this feature are accepted and obeyed: together with all others, or by themselves where those fail."""

    async def observe(features: Collection[str], feature: str) -> Observation:
        tool = Tool("add_entry", "Add an entry.", featured(features))
        text = "Add an entry with the tool add_entry: every text is one word, every list as short as possible."
        prompt = Prompt.of(text, budget=FEATURED, tools=(tool,), choice="required")
        return _observe_feature(await ask(case.spelt(prompt)), feature)

    return await together_or_alone(case.value, observe, OF_TOOLS)


def _observe_feature(reply: Reply, feature: str) -> Observation:
    """Observe whether the argument that has a feature fits its schema."""
    if not reply.ok:
        return reply.refusal()
    if not reply.made or reply.cut:
        return unanswered("the answer was cut" if reply.cut else NO_CALL)
    values, key = given(reply.made[0]), key_of(feature)
    text = str(reply.made[0].arguments)[:80]
    if values is None:
        return unanswered(f"the arguments are no JSON object, which other claims are about: {text!r}")
    if key not in values:
        return mishandled(f"the arguments must have the key {key!r}, got {text!r}")
    wrong = problem(values[key], schema_of(feature))
    return mishandled(f"the argument {key!r} must fit its schema: {wrong}") if wrong else honoured(f"{key!r} fits")


@probe("tools.strict")
async def test_strict(case: DialogueCase, ask: Ask) -> Observation:
    """A tool that is declared strict is accepted, and the arguments of a required call fit its schema."""
    reply = await ask(case.spelt(replace(REQUIRED, tools=(replace(WEATHER, strict=True),))))
    if not reply.ok:
        return reply.refusal()
    values = given(reply.made[0]) if reply.made else None
    if values is None or reply.cut:
        return unanswered("the answer was cut" if reply.cut else "there is no call with a JSON object as its arguments")
    wrong = problem(values, dict(WEATHER.schema or {}))
    return ignored(f"strict arguments must fit the tool's schema: {wrong}") if wrong else honoured("the arguments fit")


@probe("tools.cut")
async def test_cut(case: DialogueCase, ask: Ask) -> Observation:
    """A required call that the cap cuts says that it ended because of its length, and is neither an error nor a whole call."""
    if case.reasons:
        return unanswered(NO_SURE_CUT)
    control = await ask.control(case.spelt(REQUIRED))
    if not control.made or control.end is not End.CALLS or control.stream_failure:
        return unanswered(f"without the cap there is no whole call that it could cut, with {control.end_as_sent}")
    # A stream is cut behind the beginning of the arguments, where the tokens of the whole call are known.
    whole = control.counts.answer or 0
    cap = max(CUT, whole * 2 // 3) if case.streams else CUT
    reply = await ask(case.spelt(replace(REQUIRED, budget=cap)))
    if reply.stream_failure:
        wrong = f"a stream must end with the cut call, because of its length: {reply.stream_failure}"
        return mishandled(wrong, suspect=True)
    if not reply.ok:
        return reply.refusal()
    if reply.end is End.LENGTH:
        if cap > CUT and reply.made and not reply.text.strip() and reply.made[0].arguments in (None, "", "{}"):
            wrong = f"none of the arguments came in {cap} tokens, the cap; the whole call took {whole}"
            return mishandled(f"a stream must have the pieces of a cut call: {wrong}")
        return honoured(f"{reply.end_as_sent} for a call that was cut")
    if reply.end is End.FILTER or (reply.text and not reply.made):
        return unanswered(f"there is no cut call to look at: {reply.quoted_text()}")
    sent = [call.arguments for call in reply.made]
    # A model that follows no schema calls with arguments that do not fit, cut or not.
    if reply.made and (
        arguments(reply, WEATHER).seen is Seen.HONOURED or sent == [call.arguments for call in control.made]
    ):
        return unanswered(f"the whole call came for a cap of {cap} tokens")
    return mishandled(f"a cut call must end because of its length, got {reply.end_as_sent}, with arguments {sent}")


@probe("tools.name")
async def test_name(case: DialogueCase, ask: Ask) -> Observation:
    """Whether a tool with this name is accepted or refused."""
    tools = (replace(WEATHER, name=case.value),)
    return (await ask(case.spelt(Prompt.of(case.question(), tools=tools)))).acceptance()


@probe("tools.number")
async def test_number(case: DialogueCase, ask: Ask) -> Observation:
    """Whether this many tools are accepted or refused."""
    tools = tuple(Tool(f"f{number}") for number in range(case.value))
    return (await ask(case.spelt(Prompt.of(case.question(), tools=tools)))).acceptance()


@probe("tools.parallel")
async def test_parallel(case: DialogueCase, ask: Ask) -> Observation:
    """Two calls come as two with declared names, which a client can tell apart; whether there are two is the model's choice."""
    reply = await ask(case.spelt(BOTH))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    if reply.mixed_calls:
        return mishandled(reply.mixed_calls, enforced=True)
    names = {tool.name for tool in BOTH.tools}
    undeclared = [name for name in called(reply) if name not in names]
    if undeclared:
        return mishandled(f"only declared tools may be called, got a call of {undeclared[0]!r}")
    if set(called(reply)) == names:
        return honoured(f"{len(reply.made)} calls, which can be told apart")
    made = (
        f"only {called(reply)[0]!r} is called" if reply.made else f"the model answered in text: {reply.quoted_text()}"
    )
    return unanswered("the answer was cut" if reply.cut else made)


@probe("tools.parallel_off")
async def test_parallel_off(case: DialogueCase, ask: Ask) -> Observation:
    """Where parallel calls are switched off the answer has at most one call, while the control has two."""
    reply = await ask(case.spelt(replace(BOTH, parallel=False)))
    if not reply.ok:
        return reply.refusal()
    if len(reply.made) > 1:
        return ignored(f"{len(reply.made)} calls with parallel calls switched off", enforced=True)
    control = await ask.control(case.spelt(BOTH, control=True))
    if len(reply.made) == 1 and len(control.made) > 1:
        return honoured(f"one call; the control has {len(control.made)}")
    return unanswered(f"calls: {len(reply.made)}, in the control {len(control.made)}, which must have two")


@probe("tools.stream_text")
async def test_stream_text(case: DialogueCase, ask: Ask) -> Observation:
    """A sentence that the model writes before its call comes with streaming as it does without, and the call with it."""
    reply = await ask(case.spelt(SPEAKING))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return await refused_as_stream(case, ask, SPEAKING, reply)
    if SPOKEN in reply.text and reply.made:
        return honoured("the text and the call come")
    control = await ask.control(case.spelt(SPEAKING, control=True))
    both = f"without streaming {SPOKEN!r} and the call of {WEATHER.name!r} come"
    if SPOKEN in control.text and control.made and not reply.cut:
        if reply.made and not reply.text.strip():
            return mishandled(f"the stream must have the text before the call; {both}")
        if SPOKEN in reply.text:
            return mishandled(f"the stream must have the call after the text; {both}")
    return unanswered(
        f"the model does not write and call in one answer: {reply.quoted_text()}, {len(reply.made)} calls"
    )


@probe("tools.stream_agrees")
async def test_stream_agrees(case: DialogueCase, ask: Ask) -> Observation:
    """The stream of a required call has the calls of the answer without streaming: none is lost, none comes twice."""
    control = await ask.control(case.spelt(REQUIRED, control=True))
    reply = await ask(case.spelt(REQUIRED))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    if reply.stream_failure:
        return mishandled(reply.stream_failure)
    plain, streamed = called(control), called(reply)
    text = markup(reply)
    if text and not markup(control):
        return mishandled(f"the text of the stream must not contain the call, got {text[:80]!r}")
    if reply.cut or control.cut or not plain:
        return unanswered("the answer was cut" if plain else "without streaming there is no call")
    if plain == streamed:
        return honoured(f"{streamed[0]!r} is called with and without streaming")
    again = repeated_call(reply)
    if again and not repeated_call(control):
        return mishandled(f"{again!r} is called {len(streamed)} times with the same arguments; without streaming once")
    if not streamed:
        return mishandled(f"the stream has no call; without streaming {plain[0]!r} is called")
    return unanswered(f"calls in the stream: {streamed}, without streaming: {plain}")
