"""What holds for every answer, whatever was asked: its model, its end, its texts and its counts.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

import re
from math import ceil

from conformance.base.observation import mishandled
from conformance.suite.baselines import answers, plain, stopped
from conformance.suite.invariants import invariant
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Alternative, End, Reply
from conformance.trial.invariants import SILENT, Finding, Subject

BOUND = 4  # no tokenizer needs more tokens than this for a byte, and none puts more words than this into a token
REPEATED = 20  # characters: shorter reasoning may be the answer itself by chance
PER_MESSAGE = 64  # tokens that a chat template may add to each message, each answer and each call
HIDDEN = 4096  # tokens that a provider may add to any prompt, for instance for a system prompt of its own

SHORT = 8_000  # bytes of a prompt: a longer one may leave no room in the context for all tokens of the cap

# What chat templates put between messages: ChatML, Llama, Gemma, Mistral, DeepSeek, and what models write at their end.
_TEMPLATE_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|im_sep|begin_of_text|end_of_text|endoftext|start_header_id|end_header_id|eot_id|eom_id|end|user"
    r"|assistant|system|return|call|message|start|constrain)\|>"
    r"|</s>$|<(?:start|end)_of_turn>|\[/?INST\]|<\uff5c[^<>\uff5c]{1,30}\uff5c>"
)
# How models mark their reasoning; a server has to move it out of the text, or not to show it.
_REASONING_TAG = re.compile(
    r"</?(?:think|thinking|thought|reasoning)>|<\|(?:channel|start_of_thinking|end_of_thinking)\|>"
)


@invariant(
    probe="reply.model_echo",
    about=Subject.ANSWER,
    good="the model named is the one asked for",
    asks=answers,
    proves=True,
)
def test_model_echo(case: DialogueCase, reply: Reply) -> Finding:
    """The model named is the one asked for, or its name holds it."""
    asked, named = reply.asked.model, reply.echoed_model
    if not asked or asked in (named or ""):
        return None if asked else SILENT
    return f"model must be {asked!r} or a name with it, got {str(named)[:80]!r}"


@invariant(
    probe="reply.stopped_text", about=Subject.ANSWER, good="no stop sequence is in the text", asks=stopped, proves=True
)
def test_stopped_text(case: DialogueCase, reply: Reply) -> Finding:
    """No stop sequence of the request is in the text of any of the answers."""
    if not reply.asked.stop:
        return SILENT
    for number, answer in enumerate(reply.alternatives):
        if kept := next((sequence for sequence in reply.asked.stop if sequence in answer.text), None):
            return f"the text holds the stop sequence {kept!r}{place(reply, number)}"
    return None


@invariant(
    probe="reply.cap", about=Subject.ANSWER, good="no answer has more tokens than its cap", asks=plain, proves=True
)
def test_cap(case: DialogueCase, reply: Reply) -> Finding:
    """No answer is billed for more tokens than its cap allows for all that were asked for."""
    cap, used, number = reply.asked.cap, reply.counts.answer, reply.asked.number
    if cap is None or used is None:
        return SILENT
    if used <= cap * number:
        return None
    return f"answer tokens must be at most {cap * number} (a cap of {cap} for each of {number}), got {used}"


@invariant(probe="reply.calls_end", about=Subject.ANSWER, good="answers that end with calls have calls", asks=answers)
def test_calls_end(case: DialogueCase, reply: Reply) -> Finding:
    """An answer that says that it ended with a call calls a tool."""
    for number, answer in enumerate(reply.alternatives):
        if answer.end is End.CALLS and not answer.calls:
            return f"an answer that ends with a call{place(reply, number)} must have one, got none"
    return None


@invariant(probe="usage.adds_up", about=Subject.ANSWER, good="usage adds up", asks=plain)
def test_usage(case: DialogueCase, reply: Reply) -> Finding:
    """Usage counts at least one token of the prompt and one of a text, and the total, if the API has one, is their sum."""
    if reply.streamed and not reply.usage_as_sent:
        return SILENT
    wrong = _sum_fault(reply)
    # Counts that contradict each other are proof; one that is missing may have been lost on the way.
    return mishandled(wrong, proof=None not in _reported(reply).values()) if wrong else None


@invariant(probe="usage.parts", about=Subject.ANSWER, good="no detail exceeds its whole", asks=plain, proves=True)
def test_usage_parts(case: DialogueCase, reply: Reply) -> Finding:
    """No detailed count is negative, or larger than the count it is part of."""
    if not reply.usage_as_sent:
        return SILENT
    counts = reply.counts
    for what, whole, parts in (
        ("prompt", counts.prompt, counts.prompt_parts or _named(cached=counts.cached)),
        ("answer", counts.answer, counts.answer_parts or _named(reasoning=counts.reasoning)),
    ):
        for name, value in parts.items():
            if whole is not None and not 0 <= value <= whole:
                return f"{name} must be between 0 and the {whole} tokens of the {what}, got {value}"
    return None


@invariant(probe="usage.bounds", about=Subject.ANSWER, good="counts fit the texts", asks=answers, proves=True)
def test_usage_bounds(case: DialogueCase, reply: Reply) -> Finding:
    """The counts of prompt and answer lie between what their words need at least and what their bytes can be at most."""
    counts, sent = reply.counts, reply.asked.texts
    if counts.prompt is None or counts.answer is None:
        return SILENT
    if fault := _too_few("prompt", counts.prompt, sent):
        return fault
    most = BOUND * _size(sent) + HIDDEN + PER_MESSAGE * len(sent)
    if reply.asked.only_text and counts.prompt > most:
        return f"prompt tokens for {_size(sent)} bytes must be at most {most}, got {counts.prompt}"
    if any(answer.calls and not is_whole(reply, answer) for answer in reply.alternatives):
        return None  # some APIs show nothing of arguments that were cut, which count all the same
    texts = [answer.text for answer in reply.alternatives]
    shown = [text for answer in reply.alternatives for text in (answer.text, *_calls(answer))]
    visible = counts.answer - (counts.reasoning or 0)
    most = _size(shown) + PER_MESSAGE * len(shown)
    if visible > most:
        hidden = counts.reasoning is None and case.reasons
        fault = f"answer tokens for {sum(map(len, shown))} characters must be at most {most}, got {visible}"
        return None if hidden else fault  # a model that reasons may count what no field shows
    return _too_few("answer", counts.answer, texts)


@invariant(probe="reply.reasoning_apart", about=Subject.ANSWER, good="no reasoning in the text", asks=answers)
def test_reasoning_apart(case: DialogueCase, reply: Reply) -> Finding:
    """No answer has reasoning in its text: neither between tags, nor a copy of what the reply shows as reasoning."""
    for number, answer in enumerate(reply.alternatives):
        tag = _REASONING_TAG.search(answer.text)
        if tag and tag[0] not in (reply.exchange.request.body or ""):
            return f"the text must not have the reasoning{place(reply, number)}, got the tag {tag[0]!r}"
        for thought in map(str.strip, answer.thoughts):
            if len(thought) >= REPEATED and thought in answer.text:
                return f"the text must not repeat the reasoning{place(reply, number)}, got {thought[:40]!r}"
    return None


@invariant(probe="reply.template_apart", about=Subject.ANSWER, good="no token of a chat template", asks=answers)
def test_template_apart(case: DialogueCase, reply: Reply) -> Finding:
    """No text has a token by which a chat template marks messages; such a token is never a word of the answer."""
    for number, answer in enumerate(reply.alternatives):
        token = _TEMPLATE_TOKEN.search(answer.text)
        if token and token[0] not in (reply.exchange.request.body or ""):
            return f"the text must not have tokens of a chat template{place(reply, number)}, got {token[0]!r}"
    return None


@invariant(probe="reply.cut_at_cap", about=Subject.ANSWER, good="answers are cut at their caps", asks=plain)
def test_cut_at_cap(case: DialogueCase, reply: Reply) -> Finding:
    """An answer to a short prompt that says that it was cut at its cap has about as many tokens as that."""
    cap, used = reply.asked.cap, reply.counts.answer
    if cap is None or used is None or reply.asked.number != 1 or _size(reply.asked.texts) > SHORT:
        return SILENT
    if reply.end is not End.LENGTH or used * 2 >= cap:  # some providers do not count everything that they bill for
        return None
    return f"an answer that was cut must have the {cap} tokens of its cap, got {used}, {reply.end_as_sent}"


def is_whole(reply: Reply, answer: Alternative) -> bool:
    """Return whether an answer ended by itself: it is not said to be cut, and its cap is not used up, whatever the reply says."""
    cap, used = reply.asked.cap, reply.counts.answer
    used_up = cap is not None and used is not None and reply.asked.number == 1 and used >= cap
    return not answer.cut and not used_up


def place(reply: Reply, number: int) -> str:
    """Return " in choice N" for a message about one of several answers; empty if the reply has only one."""
    return f" in choice {number}" if len(reply.alternatives) > 1 else ""


def _named(**parts: int | None) -> dict[str, int]:
    return {name: value for name, value in parts.items() if value is not None}


def _calls(answer: Alternative) -> list[str]:
    return [str(call.as_sent) for call in answer.calls]


def _size(texts: list[str] | tuple[str, ...]) -> int:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _too_few(what: str, count: int, texts: list[str] | tuple[str, ...]) -> str | None:
    """Return what is wrong with a count that is too small for the words of texts; None if it is not."""
    words = sum(len(text.split()) for text in texts)
    if count * BOUND >= words:
        return None
    return f"{what} tokens for {words} words must be at least {ceil(words / BOUND)}, got {count}"


def _reported(reply: Reply) -> dict[str, int | None]:
    """Return the counts that a reply must report, by what they count."""
    counts = reply.counts
    total = {"total": counts.total} if reply.reports_total else {}
    return {"prompt": counts.prompt, "answer": counts.answer, **total}


def _sum_fault(reply: Reply) -> str | None:
    """Return what is wrong with the counts of an answer; None if nothing is."""
    known: list[int] = []
    for name, count in _reported(reply).items():
        if count is None or count < 0:
            return f"the {name} tokens must be an integer of at least 0, got {str(reply.usage_as_sent)[:120]}"
        known.append(count)
    prompt, answer, *total = known
    if not prompt:
        return "prompt tokens must be at least 1, got 0"
    if reply.text and not answer:
        return f"answer tokens of {reply.quoted_text()} must be at least 1, got 0"
    return None if total in ([], [prompt + answer]) else f"total tokens must be {prompt} + {answer}, got {total[0]}"
