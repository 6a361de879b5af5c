"""The second turn of a tool call: whether the result reaches the model, what it may hold, which call it names."""

from __future__ import annotations

from dataclasses import replace

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.conversing import message_reaches_model
from conformance.suite.media import data_url
from conformance.suite.mistakes import is_server_fault
from conformance.suite.probes import Ask
from conformance.suite.probes.test_image import names_colour, unrecognised, with_picture
from conformance.suite.recalling import FLOWERS
from conformance.suite.results import (
    MARKER,
    RESULT,
    ask_with_own_call,
    call,
    refusal_of,
    second_turn,
    usable_calls,
)
from conformance.suite.toolbox import WEATHER
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Result, assistant, returned, user

NO_RESULT = "none"
UNKNOWN_ID = "call_conformanceNoSuchCall00"
COLOUR_OF_RESULT = "What colour is the picture that the tool returned? Reply with the name of the colour alone."
WHICH = "Which flower did the tool return for Paris? Reply with its name alone."


@probe("tools.result")
async def test_result(case: DialogueCase, ask: Ask) -> Observation:
    """The answer contains what only the tool's result says."""
    own = await ask_with_own_call(case, ask)
    if is_server_fault(own):
        return own.refusal()  # a server may refuse a call that it did not make, but must not fail on it
    calls = await usable_calls(case, ask)
    without = second_turn(calls, *(Result(made, NO_RESULT) for made in calls))
    return await message_reaches_model(case, ask, second_turn(calls), without, MARKER)


@probe("tools.result_without_id")
async def test_without_id(case: DialogueCase, ask: Ask) -> Observation:
    """A result that names no call is refused, while the same result with the id of its call is answered."""
    return await _with_id(case, ask, "")


@probe("tools.result_unknown_id")
async def test_unknown_id(case: DialogueCase, ask: Ask) -> Observation:
    """A result that names an unknown call is refused, while the same result with the id of its call is answered."""
    return await _with_id(case, ask, UNKNOWN_ID)


async def _with_id(case: DialogueCase, ask: Ask, wrong: str) -> Observation:
    calls = await usable_calls(case, ask)
    results = (Result(replace(made, id=wrong, as_sent=None), RESULT) for made in calls)
    reply = await ask(case.spelt(second_turn(calls, *results)))
    if reply.ok:
        return reply.acceptance()
    await ask.control(case.spelt(second_turn(calls), control=True))
    return reply.refusal()


@probe("tools.result_image")
async def test_result_image(case: DialogueCase, ask: Ask) -> Observation:
    """A picture in a result reaches the model: the answer names its colour, or the prompt has its tokens."""
    reply = await ask(case.spelt(_asked_about_result(data_url())))
    if reply.ok and names_colour(reply):
        return honoured(f"the answer names the colour: {reply.quoted_text()}")
    without = await ask.control(case.spelt(_asked_about_result(None), control=True))
    if not reply.ok:
        return await with_picture(case, ask, reply)
    return await unrecognised(case, ask, reply, without)


@probe("tools.text_behind_results")
async def test_text_behind_results(case: DialogueCase, ask: Ask) -> Observation:
    """A text behind the results is accepted, with a picture in a result or without, as a bare result is."""
    for image in (data_url(), None):
        reply = await ask(case.spelt(_asked_about_result(image), control=True))
        if reply.ok:
            return honoured(f"answered {reply.quoted_text()}")
    return await refusal_of(case, ask, reply, _asked_about_result(None))


def _asked_about_result(image: str | None) -> Prompt:
    """Return a result, with a picture or without, and a question behind it in the same turn, as clients send remarks."""
    made = call("Paris")
    asked = replace(returned(Result(made, "A screenshot.", image=image, parts=True)), text=COLOUR_OF_RESULT)
    return Prompt((user("Take a screenshot."), assistant(calls=(made,)), asked), tools=(WEATHER,), brief=True)


@probe("tools.results_order")
async def test_results_order(case: DialogueCase, ask: Ask) -> Observation:
    """The answer knows which result belongs to which call, although they come in the opposite order."""
    calls = (call("Paris"), call("Oslo"))
    right, wrong = FLOWERS[:2]
    results = [Result(made, f"The flower is {flower}.") for made, flower in zip(calls, (right, wrong), strict=True)]

    def with_order(results: list[Result]) -> Prompt:
        turns = (user("Look both up."), assistant(calls=calls), returned(*results), user(WHICH))
        return Prompt(turns, tools=(WEATHER,), brief=True)

    reply = await ask(case.spelt(with_order(results[::-1])))
    if not reply.ok:
        await ask.control(case.spelt(with_order(results), control=True))
        return reply.refusal()
    if right in reply.text.lower():
        return honoured(f"the answer names {right!r}, the result for Paris")
    ordered = await ask.control(case.spelt(with_order(results), control=True))
    if wrong in reply.text.lower() and right in ordered.text.lower() and wrong not in ordered.text.lower():
        return mishandled(f"the answer must name {right!r}, the result for Paris, got {wrong!r}, the one for Oslo")
    return unanswered(f"the answer does not name {right!r}: {reply.quoted_text()}")
