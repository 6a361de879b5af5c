"""Combinations of parameters: the requests of a covering array, in which every two values of two parameters meet.

The contract lists the requests, each as the words of its parameters.  Here a request need only be answered; that each parameter
has its effect in the answer is what the statements about every reply say (test_every_effect.py, test_every_answer.py).
"""

from typing import Any

from conformance.base.observation import Observation, honoured, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.structured import CARD
from conformance.suite.toolbox import QUESTION
from conformance.surfaces.chat.request import ChatCase, schema_format

BUDGET = 96  # tokens: twice what counting to 20, a card or a call takes
CUT = 8  # tokens, fewer than any of these answers takes
COUNTING = "Count from 1 to 20, as digits separated by single spaces, and write nothing else."

# The words of a request; a parameter that is left out has no word.
FACTORS: dict[str, tuple[str, ...]] = {
    "stream": ("stream",),
    "tools": ("auto", "none", "required"),
    "response_format": ("json_object", "json_schema"),
    "n": ("n",),
    "stop": ("stop",),
    "logprobs": ("logprobs",),
    "cap": ("cap",),
    "temperature": ("temperature",),
    "seed": ("seed",),
}


@claim("chat.combination.accepted")
async def test_accepted(case: ChatCase, ask: Ask) -> Observation:
    """The request with these parameters is answered; a seed, which no document promises, is left out if it is in the way."""
    reply = await ask(combined(case, case.value))
    words = [word for word in case.value.split() if word != "seed"]
    if not reply.ok and "seed" in case.value and (await ask(combined(case, " ".join(words)))).ok:
        return unanswered("only a seed is refused, or empty stream_options, which no document promises")
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()


def combined(case: ChatCase, words: str) -> Request:
    """Return the request whose parameters are these words, in which each can have its effect."""
    chosen = set(words.split())
    parameters: dict[str, Any] = {case.traits.cap: CUT} if "cap" in chosen else {}
    if "stream" in chosen:
        # The counts show whether a cap is kept; clients send empty options where nothing is wanted.
        counted = {"stream_options": {"include_usage": True}} if "cap" in chosen else {}
        parameters |= {"stream": True, **counted, **({"stream_options": {}} if "seed" in chosen else {})}
    if tool_choice := chosen & set(FACTORS["tools"]):
        parameters |= {"tools": [WEATHER], "tool_choice": min(tool_choice)}
    if "json_schema" in chosen:
        parameters |= {"response_format": schema_format(CARD)}
    if "json_object" in chosen:
        parameters |= {"response_format": {"type": "json_object"}}
    if "n" in chosen:
        parameters |= {"n": 2}
    if "stop" in chosen:
        parameters |= {"stop": _stop(chosen)}
    if "logprobs" in chosen:
        parameters |= {"logprobs": True, "top_logprobs": 2}
    if "temperature" in chosen:
        parameters |= {"temperature": 0.5}  # some servers refuse several choices at 0, since all would be alike
    if "seed" in chosen:
        parameters |= {"seed": 7}
    return case.request(_prompt(chosen), budget=BUDGET, **parameters)


def _prompt(chosen: set[str]) -> str:
    """Return a prompt whose answer shows the effects of the parameters; json_object needs a prompt that mentions JSON."""
    mention = " Answer in JSON." if "json_object" in chosen else ""
    if "required" in chosen:
        return f"{QUESTION}{mention}"
    if "json_schema" in chosen:
        return "Name a fruit."
    return f"Name three colours.{mention}" if mention else COUNTING


def _stop(chosen: set[str]) -> list[str]:
    """Return stop sequences that the answer reaches: the end of a JSON object, or a number in the middle of the count."""
    reached = chosen & set(FACTORS["response_format"]) and "required" not in chosen
    return ["#~#", "}" if reached else " 12"]
