"""What holds for the log probabilities of every answer: they come only where asked, are well-formed and join to the text.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from math import exp
from typing import Any

from conformance.suite.baselines import answers
from conformance.suite.chat.baselines import log_probabilities
from conformance.suite.chat.choices import place, probabilities_of, text_of
from conformance.suite.chat.probabilities import fault
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.values import as_dicts
from conformance.trial.invariants import SILENT, Finding, Subject

LEAST = -100.0  # smaller log probabilities add nothing to a sum; some providers send -9999 for unknown tokens
ROUNDING = 0.01  # how far above 1 the probabilities of up to 20 tokens may sum, since providers round them


@invariant(
    "chat.logprobs.only_asked",
    about=Subject.ANSWER,
    good="log probabilities come only where asked",
    asks=answers,
    absence=True,
)
def test_only_asked(case: ChatCase, reply: ChatReply) -> Finding:
    """No answer holds log probabilities that its request did not ask for."""
    if reply.request_body.get("logprobs") or "top_logprobs" in reply.request_body:
        return SILENT
    return "log probabilities come though none were asked for" if reply.has_logprobs else None


@invariant("chat.logprobs.given", about=Subject.ANSWER, good="every text has them", asks=log_probabilities)
def test_given(case: ChatCase, reply: ChatReply) -> Finding:
    """Every choice with a text has log probabilities if the request asks for them."""
    shown = [(number, choice) for number, choice in enumerate(reply.choices) if text_of(choice)]
    if reply.request_body.get("logprobs") is not True or not shown:
        return SILENT
    lacking = next((place(reply, number) for number, choice in shown if not probabilities_of(choice)), None)
    return None if lacking is None else f"an answer must have the log probabilities that were asked for{lacking}"


@invariant("chat.logprobs.shape", about=Subject.ANSWER, good="the tokens join to the content", asks=log_probabilities)
def test_shape(case: ChatCase, reply: ChatReply) -> Finding:
    """Each token has a log probability of at most 0 and its own bytes, and all tokens together are the content."""
    if not any(map(probabilities_of, reply.choices)):
        return SILENT
    alone = len(reply.choices) == 1
    for number, choice in enumerate(reply.choices):
        if wrong := fault(probabilities_of(choice), text_of(choice), reply.completion_tokens if alone else None):
            return f"{wrong}{place(reply, number)}"
    return None


@invariant(
    "chat.logprobs.alternatives", about=Subject.ANSWER, good="alternatives are likely tokens", asks=log_probabilities
)
def test_alternatives(case: ChatCase, reply: ChatReply) -> Finding:
    """The alternatives at each position are tokens in falling order that sum to at most 1."""
    found = [
        (number, entry, as_dicts(entry.get("top_logprobs")))
        for number, choice in enumerate(reply.choices)
        for entry in probabilities_of(choice)
        if entry.get("top_logprobs")
    ]
    for number, entry, alternatives in found:
        if wrong := _alternatives_fault(entry, alternatives):
            return f"{wrong}{place(reply, number)}"
    return None if found else SILENT


def _alternatives_fault(entry: dict[str, Any], alternatives: list[dict[str, Any]]) -> str | None:
    """Return what is wrong with the alternatives at one position; None if nothing is."""
    token = entry.get("token")
    if not alternatives:
        return f"the alternatives to {token!r} must be a list of objects, got {str(entry['top_logprobs'])[:80]}"
    for other in alternatives:
        value = other.get("logprob")
        if not isinstance(other.get("token"), str) or not other["token"]:
            return f"an alternative to {token!r} must have a token, got {str(other)[:80]}"
        if not isinstance(value, int | float) or isinstance(value, bool) or value > 0:
            return f"log probability of {other['token']!r} must be a number of at most 0, got {value!r}"
    values = [float(other["logprob"]) for other in alternatives]
    if values != sorted(values, reverse=True):
        return f"the alternatives to {token!r} must be in falling order"
    own = entry.get("logprob")
    listed = token in [other["token"] for other in alternatives]
    if not listed and isinstance(own, int | float) and own > min(values) + ROUNDING:
        return f"{token!r} must be listed among its alternatives, since it is likelier than one of them"
    if (total := sum(exp(max(value, LEAST)) for value in values)) > 1 + ROUNDING:
        return f"the probabilities of the alternatives to {token!r} must sum to at most 1, got {total:.2f}"
    return None
