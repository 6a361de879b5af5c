"""The deterministic text engine: from a request to the text or calls of an answer, cut by stop sequences and the cap.

A draft is the complete answer; a choice is what is left after cutting.  Nothing here may know JSON replies or streams.
"""

import re
from dataclasses import dataclass

from conformance.mock.engine import prose, toolcalls
from conformance.mock.engine.instances import instance
from conformance.mock.engine.instructions import before_call, json_object
from conformance.mock.engine.messages import text_of
from conformance.mock.engine.request import Request, digest
from conformance.mock.engine.tokens import split
from conformance.mock.engine.understanding import requested_text

# Tokens of reasoning for a short question, by effort.  Each is at least 2.5 times the one before, so that "more effort, more
# tokens" can be seen in one pair of requests, and all are small, so that tests with low caps still get some text.
REASONING_TOKENS = {"low": 16, "medium": 48, "high": 128, "xhigh": 320, "max": 800}
TOKENS_PER_REASONING_TOKEN = 16  # tokens of the question that add one reasoning token, so that long questions cost more

# "300 words", "a 300-word story"; "a number only", "only the number"; "one word", "a single word".
WORDS_WANTED = re.compile(r"\b(\d{1,4})[ -]words?\b")
NUMBER_ONLY = re.compile(r"\bnumber only\b|\b(?:only|just) (?:the|a) number\b", re.IGNORECASE)
ONE_WORD = re.compile(r"\b(?:one|single) word\b", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """A call of one declared function; `arguments` is JSON text, or the beginning of it if the cap cut it."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Draft:
    """A complete answer before any cut: text, calls, or text and then calls."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One finished answer: its visible tokens, its calls, why it ended and how many tokens it cost."""

    index: int
    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: str
    reasoning_tokens: int = 0
    stopped_by: str | None = None
    thoughts: str = ""  # reasoning that is shown beside the text, which OpenAI's models do not do
    declined: bool = False  # whether the text says that the model declines to answer

    @property
    def text(self) -> str:
        """The visible text."""
        return "".join(self.tokens)

    @property
    def completion_tokens(self) -> int:
        """The billed tokens: visible ones, those of calls, and reasoning."""
        calls = sum(len(split(call.name)) + len(split(call.arguments)) for call in self.calls)
        return len(self.tokens) + calls + self.reasoning_tokens


def draft(request: Request, index: int) -> Draft:
    """Return the complete answer at an index."""
    calls = toolcalls.chosen_tools(request)
    if calls:
        prompt = request.prompt
        made = tuple(Call(tool["name"], toolcalls.arguments(tool, prompt)) for tool in calls)
        return Draft(before_call(prompt), made)
    return Draft(answer_text(request, index))


def answer_text(request: Request, index: int) -> str:
    """Return the complete text of an answer without calls."""
    form = request.form
    if form.kind == "json_schema":
        return toolcalls.as_text(instance(form.schema, form.schema, request.prompt, form.path, "invalid_json_schema"))
    if form.kind == "json_object":
        return json_object(request.prompt)
    last = request.messages[-1]
    if last["role"] in ("tool", "function"):
        return f"The result is {text_of(last)}."
    wanted = requested_text(request.messages)
    return free_text(request, index) if wanted is None else wanted


def free_text(request: Request, index: int) -> str:
    """Return prose, which varies from sample to sample unless the request is greedy."""
    source = sampling_seed(request, index)
    wanted = WORDS_WANTED.search(request.prompt)
    if wanted:
        return prose.paragraph(request.prompt, source, int(wanted[1]))
    if NUMBER_ONLY.search(request.prompt):
        return prose.number(source)
    return prose.word(source) if ONE_WORD.search(request.prompt) else prose.paragraph(request.prompt, source)


def sampling_seed(request: Request, index: int) -> bytes:
    """Return the seed of free text: of the conversation alone if greedy, else of the body, the index and the repetition.

    A request with a seed of its own leaves the repetition out, so that it gets the same text again.
    """
    if request.greedy:
        return digest([request.model, request.messages])
    return digest([request.body, index, request.repetition if request.seed is None else None])


def finish(request: Request, index: int, draft: Draft) -> Choice:
    """Return what is left of a draft after reasoning, the cap and the stop sequences."""
    reasoning = reasoning_tokens(request)
    if request.cap is not None and reasoning >= request.cap:
        return Choice(index, (), (), "length", reasoning_tokens=request.cap)
    budget = None if request.cap is None else request.cap - reasoning
    if draft.calls:
        return finish_calls(request, index, draft, budget, reasoning)
    tokens = split(draft.text)
    kept = tokens if budget is None else tokens[:budget]
    ending = "length" if len(kept) < len(tokens) else "stop"
    position, sequence = first_stop("".join(kept), request.stop)
    if sequence is not None:
        return Choice(index, cut(kept, position), (), "stop", reasoning, sequence)
    return Choice(index, kept, (), ending, reasoning)


def finish_calls(request: Request, index: int, draft: Draft, budget: int | None, reasoning: int) -> Choice:
    """Return what the cap leaves of text and calls; a call that tool_choice names ends with stop, as OpenAI's models do."""
    text, kept = split(draft.text), list[Call]()
    if budget is not None:
        if budget < len(text):
            return Choice(index, text[:budget], (), "length", reasoning)
        budget -= len(text)
    for call in draft.calls:
        pieces = split(call.arguments)
        if budget is not None:
            budget -= len(split(call.name))
            if budget < 0:
                return Choice(index, text, tuple(kept), "length", reasoning)
            if budget < len(pieces):
                kept.append(Call(call.name, "".join(pieces[:budget])))
                return Choice(index, text, tuple(kept), "length", reasoning)
            budget -= len(pieces)
        kept.append(call)
    return Choice(
        index, text, tuple(kept), "stop" if isinstance(request.tool_choice, dict) else "tool_calls", reasoning
    )


def reasoning_tokens(request: Request) -> int:
    """Return how many tokens are spent on reasoning: none without effort, more with effort and a longer question."""
    if request.effort is None:
        return 0
    return REASONING_TOKENS[request.effort] + len(split(request.prompt)) // TOKENS_PER_REASONING_TOKEN


def first_stop(text: str, sequences: tuple[str, ...]) -> tuple[int, str | None]:
    """Return where the first stop sequence begins and which one it is, or the end of the text and None."""
    hits = [(text.index(sequence), sequence) for sequence in sequences if sequence in text]
    return min(hits, default=(len(text), None), key=lambda hit: hit[0])


def cut(tokens: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return the tokens of the first `length` characters; the last token may be cut."""
    kept = []
    for token in tokens:
        if length <= 0:
            break
        kept.append(token[:length])
        length -= len(token)
    return tuple(kept)
