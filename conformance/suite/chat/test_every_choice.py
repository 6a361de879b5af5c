"""What holds for every choice of every answer: that all choices come, how each ends, and when it may call a tool.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.suite.baselines import calls, plain
from conformance.suite.chat.baselines import several
from conformance.suite.chat.choices import (
    Choice,
    calls_of,
    declared_tools,
    is_cut,
    message_of,
    number_asked,
    place,
    text_of,
)
from conformance.suite.chat.toolbox import function_of
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.markers import markers_in
from conformance.trial.invariants import SILENT, Finding, Subject

SHOWN = 8  # indexes that a message quotes, enough to see what is wrong with them


@invariant("chat.n.choices", about=Subject.ANSWER, good="all choices come, numbered from 0", asks=several, proves=True)
def test_choices(case: ChatCase, reply: ChatReply) -> Finding:
    """An answer to a request for several choices has them all, with the indexes from 0."""
    number, most = number_asked(reply), max(case.parameter.agreed, default=1)
    if number == 1 or number > most:
        return SILENT  # beyond what all documents allow, fewer may come
    if reply.indexes == list(range(number)):
        return None
    return f"the choices must have the indexes 0 to {number - 1}, got {reply.indexes[:SHOWN]}"


@invariant("chat.n.usage", about=Subject.ANSWER, good="the tokens of all choices are counted", asks=several)
def test_usage(case: ChatCase, reply: ChatReply) -> Finding:
    """The completion tokens are about those of all choices: as many as log probabilities, or as the cap where it cut a choice."""
    cap, used = reply.asked.cap, reply.completion_tokens
    if cap is not None and used is not None and used * 4 < cap * 3:
        cap = None  # not even one choice reached it, so what cut them was another limit
    least = sum(_tokens(choice, cap, reasons=bool(reply.reasoning_tokens)) for choice in reply.choices)
    if len(reply.choices) < 2 or used is None or not least:
        return SILENT
    if used * 4 >= least * 3:  # a provider may leave out the token that ends a choice
        return None
    return f"completion tokens of {len(reply.choices)} choices must be about {least} or more, got {used}"


@invariant("chat.reply.natural_end", about=Subject.ANSWER, good="whole answers end with stop", asks=plain)
def test_natural_end(case: ChatCase, reply: ChatReply) -> Finding:
    """A choice that is just the word that was asked for ends with stop, unless it says that it was cut; half a word does not."""
    asked = markers_in(" ".join(reply.asked.texts))
    cap, used, bears = reply.asked.cap, reply.completion_tokens, False
    full = cap is not None and used is not None and used >= cap * number_asked(reply)
    for number, choice in enumerate(reply.choices):
        word, reason = _word(choice), choice.get("finish_reason")
        if calls_of(choice):
            continue
        if word in asked and not is_cut(choice):
            bears = True
            if reason != "stop":
                return f"finish_reason of a whole answer{place(reply, number)} must be 'stop', got {reason!r}"
        elif full and not reply.request_body.get("stop") and any(_is_cut_off(word, other) for other in asked):
            bears = True
            if reason == "stop":
                return f"{text_of(choice)!r}, cut at the cap of {cap}, must end with 'length'{place(reply, number)}, got 'stop'"
    return None if bears else SILENT


@invariant("chat.tools.finish_reason", about=Subject.ANSWER, good="choices with calls end with tool_calls", asks=calls)
def test_calls_finish(case: ChatCase, reply: ChatReply) -> Finding:
    """A choice that calls a tool and was not cut ends with tool_calls; if tool_choice names the function, stop is right too."""
    named = function_of(_named(reply)).get("name") is not None
    shown = [(number, choice) for number, choice in enumerate(reply.choices) if calls_of(choice) and not is_cut(choice)]
    for number, choice in shown:
        reason = choice.get("finish_reason")
        if reason != "tool_calls" and not (named and reason == "stop"):
            return f"finish_reason of a choice with calls must be 'tool_calls', got {reason!r}{place(reply, number)}"
    return None if shown and not named else SILENT


@invariant("chat.tools.content_null", about=Subject.ANSWER, good="content beside calls is null or a text", asks=calls)
def test_calls_content(case: ChatCase, reply: ChatReply) -> Finding:
    """The content of a choice with calls is null, absent or something that the model says; it is not an empty text."""
    if reply.streamed:
        return SILENT
    shown = [(number, choice) for number, choice in enumerate(reply.choices) if calls_of(choice)]
    for number, choice in shown:
        content = message_of(choice).get("content")
        if content is not None and not text_of(choice).strip():
            return f"content beside a call must be null, got {content!r}{place(reply, number)}"
    return None if shown else SILENT


@invariant(
    "chat.tools.not_declared",
    about=Subject.ANSWER,
    good="no tool is called unasked",
    asks=plain,
    absence=True,
    proves=True,
)
def test_not_declared(case: ChatCase, reply: ChatReply) -> Finding:
    """Without tools, no choice calls one or ends with tool_calls."""
    if declared_tools(reply) or {"tools", "functions"} & reply.request_body.keys():
        return SILENT
    for number, choice in enumerate(reply.choices):
        if made := calls_of(choice):
            name = function_of(made[0]).get("name")
            return f"without tools no tool may be called, got a call of {name!r}{place(reply, number)}"
        if choice.get("finish_reason") == "tool_calls":
            return f"finish_reason 'tool_calls' without tools{place(reply, number)}"
    return None


@invariant("chat.tools.empty_absent", about=Subject.ANSWER, good="tool_calls is absent or null beside text", asks=plain)
def test_empty(case: ChatCase, reply: ChatReply) -> Finding:
    """In a choice with text only, tool_calls is absent or null."""
    shown = [choice for choice in reply.choices if not calls_of(choice)]
    odd = [value for choice in shown if (value := message_of(choice).get("tool_calls")) is not None]
    if odd:
        return f"tool_calls of a choice with text only must be absent, got {str(odd[0])[:60]}"
    return None if shown and not reply.streamed else SILENT


@invariant("chat.reply.text", about=Subject.ANSWER, good="every choice that ends by itself has a text", asks=plain)
def test_text(case: ChatCase, reply: ChatReply) -> Finding:
    """A choice that ends with stop, by no stop sequence, says something: in a text, a call or a refusal."""
    asked = reply.asked.texts
    if "stop" in reply.request_body or not asked or not asked[-1].strip():
        return SILENT
    shown = [(number, choice) for number, choice in enumerate(reply.choices) if choice.get("finish_reason") == "stop"]
    for number, choice in shown:
        said = (value for name, value in message_of(choice).items() if name != "role")
        if not any(isinstance(value, str | list | dict) and value for value in said):
            content = message_of(choice).get("content")
            return f"an answer that ends with 'stop' must have a text, got {content!r}{place(reply, number)}"
    return None if shown else SILENT


def _tokens(choice: dict[str, Any], cap: int | None, *, reasons: bool) -> int:
    """Return how many tokens a choice has at least: its log probabilities, or the cap that cut it; 0 if unknown."""
    logprobs = choice.get("logprobs")
    listed = logprobs.get("content") if isinstance(logprobs, dict) else None
    if isinstance(listed, list) and listed:
        return len(listed)
    return cap if cap is not None and is_cut(choice) and (reasons or text_of(choice)) else 0


def _named(reply: ChatReply) -> dict[str, Any]:
    """Return the tool_choice that names a function; empty for any other."""
    choice = reply.request_body.get("tool_choice")
    return choice if isinstance(choice, dict) else {}


def _word(choice: Choice) -> str:
    return text_of(choice).strip().strip(".!\"'").lower()


def _is_cut_off(word: str, whole: str) -> bool:
    """Return whether a text is the beginning of a word, and not all of it."""
    return bool(word) and word != whole and whole.startswith(word)
