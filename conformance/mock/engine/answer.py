"""The deterministic text engine: what an answer wants to say, and what is left of it after stop sequences and caps.

A draft is whole; a choice is a draft that was cut.  Neither knows JSON replies or streams.
"""

import re
from dataclasses import dataclass

from conformance.mock.engine import prose, toolcalls
from conformance.mock.engine.instances import instance
from conformance.mock.engine.instructions import json_object
from conformance.mock.engine.messages import text_of
from conformance.mock.engine.request import Request, digest
from conformance.mock.engine.tokens import split
from conformance.mock.engine.understanding import understood

REASONING_TOKENS = {"low": 16, "medium": 48, "high": 128}  # for a short question; a long one costs more
WORDS_WANTED = re.compile(r"\b(\d{1,4})[ -]words?\b")
NUMBER_ONLY = re.compile(r"\bnumber only\b|\b(?:only|just) (?:the|a) number\b", re.IGNORECASE)
ONE_WORD = re.compile(r"\b(?:one|single) word\b", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """A call of one declared function; the arguments are JSON text, or the start of it where a cap cut them."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Draft:
    """What an answer wants to say: text, or calls."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One finished answer: its visible tokens, its calls, why it ended and what it cost."""

    index: int
    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: str
    reasoning_tokens: int = 0
    stopped_by: str | None = None

    @property
    def text(self) -> str:
        """The visible text."""
        return "".join(self.tokens)

    @property
    def completion_tokens(self) -> int:
        """What is billed: visible tokens, the tokens of calls, and reasoning."""
        calls = sum(len(split(call.name)) + len(split(call.arguments)) for call in self.calls)
        return len(self.tokens) + calls + self.reasoning_tokens


def draft(request: Request, index: int) -> Draft:
    """Return what the answer at an index wants to say."""
    calls = toolcalls.called(request)
    if calls:
        prompt = request.prompt
        return Draft(calls=tuple(Call(tool["name"], toolcalls.arguments(tool, prompt)) for tool in calls))
    return Draft(whole_text(request, index))


def whole_text(request: Request, index: int) -> str:
    """Return the whole text of an answer without calls."""
    form = request.form
    if form.kind == "json_schema":
        return toolcalls.as_text(instance(form.schema, form.schema, request.prompt, form.path, "invalid_json_schema"))
    if form.kind == "json_object":
        return json_object(request.prompt)
    last = request.messages[-1]
    if last["role"] in ("tool", "function"):
        return f"The result is {text_of(last)}."
    wanted = understood(request.messages)
    return free_text(request, index) if wanted is None else wanted


def free_text(request: Request, index: int) -> str:
    """Return prose, which varies from sample to sample unless the request is greedy."""
    source = seed(request, index)
    wanted = WORDS_WANTED.search(request.prompt)
    if wanted:
        return prose.paragraph(request.prompt, source, int(wanted[1]))
    if NUMBER_ONLY.search(request.prompt):
        return prose.number(source)
    return prose.word(source) if ONE_WORD.search(request.prompt) else prose.paragraph(request.prompt, source)


def seed(request: Request, index: int) -> bytes:
    """Return what decides free text: the conversation alone when greedy, else the whole body, its repetition and the index."""
    if request.greedy:
        return digest([request.model, request.messages])
    return digest([request.body, index, request.seen if request.seed is None else None])


def finish(request: Request, index: int, draft: Draft) -> Choice:
    """Return a draft after reasoning, the cap and the stop sequences."""
    thought = reasoning_tokens(request)
    if request.cap is not None and thought >= request.cap:
        return Choice(index, (), (), "length", reasoning_tokens=request.cap)
    left = None if request.cap is None else request.cap - thought
    if draft.calls:
        return finish_calls(request, index, draft.calls, left, thought)
    tokens = split(draft.text)
    kept = tokens if left is None else tokens[:left]
    ending = "length" if len(kept) < len(tokens) else "stop"
    place, sequence = first_stop("".join(kept), request.stop)
    if sequence is not None:
        return Choice(index, cut(kept, place), (), "stop", thought, sequence)
    return Choice(index, kept, (), ending, thought)


def finish_calls(request: Request, index: int, calls: tuple[Call, ...], left: int | None, thought: int) -> Choice:
    """Return calls after the cap; a call of the function that tool_choice names ends with stop, as the vendor does it."""
    kept: list[Call] = []
    for call in calls:
        pieces = split(call.arguments)
        if left is not None:
            left -= len(split(call.name))
            if left < 0:
                return Choice(index, (), tuple(kept), "length", thought)
            if left < len(pieces):
                kept.append(Call(call.name, "".join(pieces[:left])))
                return Choice(index, (), tuple(kept), "length", thought)
            left -= len(pieces)
        kept.append(call)
    return Choice(index, (), tuple(kept), "stop" if isinstance(request.tool_choice, dict) else "tool_calls", thought)


def reasoning_tokens(request: Request) -> int:
    """Return tokens thought before the answer: none, or more with effort and with the length of the question."""
    return 0 if request.effort is None else REASONING_TOKENS[request.effort] + len(split(request.prompt)) // 16


def first_stop(text: str, sequences: tuple[str, ...]) -> tuple[int, str | None]:
    """Return where the first stop sequence begins, and which it is."""
    found = [(text.index(sequence), sequence) for sequence in sequences if sequence in text]
    return min(found, default=(len(text), None), key=lambda hit: hit[0])


def cut(tokens: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return the tokens of a text's first characters; the last one may be a part of a token."""
    kept = []
    for token in tokens:
        if length <= 0:
            break
        kept.append(token[:length])
        length -= len(token)
    return tuple(kept)
