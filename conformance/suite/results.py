"""Conversations with tool calls and their results.

The calls are written by the suite, so that no test of a result has to wait for a model to call a tool.  Some models sign their
calls and refuse any other: for them the model's own calls take their place.  The tests decide what is changed.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.base.observation import Observation, Seen, accepted, honoured, unanswered
from conformance.suite.probes import Ask
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER, call_of
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Result, assistant, returned, user
from conformance.surfaces.reply import Call, Reply
from conformance.trial.ask import NoControl

MARKER = "41.7"  # a temperature that nobody guesses for Paris: an answer with it has read the result
RESULT = f"It is {MARKER} degrees celsius in Paris, with a light wind from the north-west and no cloud in sight."
# The prompt whose answer must be a call.
CALL_PROMPT = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")


def call(city: str) -> Call:
    """Return a call of the weather tool for a city."""
    return call_of(WEATHER, city, city=city, unit="celsius")


def second_turn(calls: Iterable[Call], *results: Result) -> Prompt:
    """Return the question, these calls and their results, by default one with RESULT for each call."""
    calls = tuple(calls)
    results = results or tuple(Result(made, RESULT) for made in calls)
    turns = (user(QUESTION), assistant(calls=calls), returned(*results))
    return Prompt(turns, budget=BUDGET, tools=(WEATHER,), brief=True)


async def usable_calls(case: DialogueCase, ask: Ask) -> list[Call]:
    """Return calls whose results the endpoint takes: the suite's own, or those that the model makes if it refuses them."""
    return [call("Paris")] if (await ask_with_own_call(case, ask)).ok else (await ask_for_calls(case, ask)).made


async def ask_with_own_call(case: DialogueCase, ask: Ask) -> Reply:
    """Return the reply to a result of a call that the suite made up."""
    return await ask(case.spelt(second_turn([call("Paris")]), control=True))


async def refusal_of(case: DialogueCase, ask: Ask, reply: Reply, prompt: Prompt) -> Observation:
    """Return what a refused conversation shows: nothing if the endpoint refuses any call that it did not make itself."""
    seen = reply.refusal()
    if seen.seen is not Seen.REFUSED or not any(turn.calls for turn in prompt.turns):
        return seen
    if (await ask_with_own_call(case, ask)).ok:
        return seen
    return unanswered(f"refused, as is any call that the endpoint did not make itself: {seen.detail}")


async def ask_for_calls(case: DialogueCase, ask: Ask) -> Reply:
    """Return the answer of a model that must call a tool.  Raises NoControl if it has no call that a result can refer to."""
    reply = await ask.control(case.spelt(CALL_PROMPT, control=True))
    if not reply.made:
        raise NoControl(f"the model made no call that a result could be sent for: {reply.quoted_text()}")
    if reply.cut:
        raise NoControl("the call was cut at the cap, and half a call cannot be sent back")
    if case.calls_have_ids and not all(made.id for made in reply.made):
        raise NoControl("the model made a call without an id")
    if any(made.arguments is None for made in reply.made):
        raise NoControl("the model made a call without arguments that could be sent back")
    return reply


def knows_result(reply: Reply) -> Observation:
    """Return honoured for an answer that names what the result says, else accepted."""
    known = MARKER in reply.text
    return honoured(f"the answer names {MARKER!r}") if known else accepted(f"answered {reply.quoted_text()}")
