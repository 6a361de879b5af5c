"""What holds over all replies of a model together: ids, counts of the same prompt, and which requests are refused.

Each is an invariant that compares values: it returns a key and a value, and all answers with the same key must have the same
value.  Keys made from texts are digests, so that no answer is kept in memory.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Set
from typing import Any

from conformance.base.observation import Observation, Seen, mishandled
from conformance.suite.baselines import counted, greedy_twins, stream_twins, twins
from conformance.suite.invariants import invariant
from conformance.suite.texts import first_difference, foreign_piece, is_damaged, is_spliced
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.markers import markers_in
from conformance.surfaces.reply import Reply
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

GREEDY = "greedy "  # in front of the key of requests whose answer is the same each time
STREAMED, WITH_USAGE, PLAIN = "s", "u", "p"  # in front of a text: which way it came
LONGEST = 2_000  # characters of a text that is kept to be compared; those of the suite's greedy requests have some 120
ANSWERED = "answered"


@invariant(
    probe="reply.id_unique",
    about=Subject.ANSWER,
    good="no two answers share an id",
    asks=twins,
    proves=True,
    compares=True,
    across_models=True,
)
def test_id_unique(case: DialogueCase, reply: Reply) -> Finding:
    """No two answers have the same id."""
    return _only_here(reply, "answers")


@invariant(
    probe="stream.id_unique",
    about=Subject.STREAM,
    good="no two streams share an id",
    asks=stream_twins,
    proves=True,
    compares=True,
    across_models=True,
)
def test_stream_id_unique(case: DialogueCase, reply: Reply) -> Finding:
    """No two streams have the same id."""
    return _only_here(reply, "streams")


@invariant(
    probe="usage.same_prompt",
    about=Subject.ANSWER,
    good="the same prompt always has the same count",
    asks=counted,
    proves=True,
    compares=True,
)
def test_prompt_tokens(case: DialogueCase, reply: Reply) -> Finding:
    """The same prompt is counted as the same number of prompt tokens, whatever n, sampling or streaming."""
    count, prompt = reply.counts.prompt, reply.asked.prompt
    if count is None or prompt is None:
        return SILENT
    return Compared(
        digest(prompt),
        count,
        lambda got, usual: f"prompt tokens must be {usual}, as otherwise for this prompt, got {got}",
    )


@invariant(
    probe="usage.same_text",
    about=Subject.ANSWER,
    good="the same text always has the same count",
    asks=counted,
    compares=True,
)
def test_completion_tokens(case: DialogueCase, reply: Reply) -> Finding:
    """The same text in answer to the same prompt is counted as the same number of answer tokens, streamed or not."""
    counts, prompt = reply.counts, reply.asked.prompt
    if counts.answer is None or prompt is None:
        return SILENT
    if reply.made or counts.reasoning or case.reasons or len(reply.alternatives) != 1:
        return SILENT
    text = f"{digest(prompt)} {reply.end_as_sent} {reply.text}"
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Compared(
        key,
        counts.answer,
        lambda got, usual: f"answer tokens must be {usual}, as otherwise for this text, got {got}",
    )


@invariant(
    probe="stream.alike",
    about=Subject.ANSWER,
    good="the same text with and without streaming",
    asks=greedy_twins,
    compares=True,
    comparable=lambda key, numbers: _is_steady(key, numbers),
)
def test_alike(case: DialogueCase, reply: Reply) -> Finding:
    """Where the answer is settled, a word that is asked for or a greedy one, no way to it gives a damaged copy."""
    asked, answers = reply.asked, reply.alternatives
    if asked.content is None or asked.prompt is None or [each.index for each in answers] != list(range(asked.number)):
        return SILENT  # claims about the number of answers report it
    way = (WITH_USAGE if asked.usage else STREAMED) if reply.streamed else PLAIN
    words = markers_in(" ".join(asked.texts))
    if words and not asked.stop and not asked.formatted:
        key, shown = digest(asked.prompt), [answer for answer in answers if not answer.cut and not answer.calls]
    elif asked.greedy and asked.number == 1 and not reply.made:
        key, shown, words = GREEDY + digest(asked.content), answers, set[str]()
    else:
        return SILENT
    texts = dict.fromkeys(text for answer in shown if len(text := answer.text.strip()) <= LONGEST)
    return tuple(Compared(key, f"{way}{text}", _damage_beside(words)) for text in texts) or SILENT


@invariant(
    probe="error.steady",
    about=Subject.REPLY,
    good="the same request is always answered, or always refused",
    asks=twins,
    compares=True,
)
def test_steady(case: DialogueCase, reply: Reply) -> Finding:
    """A request that is sent several times is answered or refused each time; keys, limits and outages may change meanwhile."""
    seen = None if reply.ok else reply.refusal()
    if seen is not None and seen.seen is not Seen.REFUSED:
        return SILENT
    return Compared(reply.exchange.request.key, seen.detail if seen else ANSWERED, _unsteady)


def _only_here(reply: Reply, what: str) -> Finding:
    """Return the ids of an answer as keys and its exchange as the value, so that one id in two exchanges is a fault.

    A stream may have several, which is a fault of its own, unless one of them belongs to another stream.
    """
    return tuple(Compared(value, reply.exchange.id, _shared(what, value)) for value in reply.ids) or SILENT


def _shared(what: str, name: str) -> Callable[[Any, Any], str | None]:
    return lambda got, usual: f"two {what} share the id {name!r}"


def _is_steady(key: str, numbers: Mapping[str, int]) -> bool:
    """Return whether a model gave one text only without streaming, and where it is greedy gave it twice."""
    plain = [number for value, number in numbers.items() if value[0] == PLAIN]
    return len(plain) == 1 and plain[0] >= (2 if key.startswith(GREEDY) else 1)


def _damage_beside(words: Set[str]) -> Callable[[Any, Any], Observation | None]:
    """Return a comparison with the text that the other ways give; where words were asked for, that text has to hold one.

    A model that does not follow the request gives another text each time, and two of them may be alike by chance.
    """
    return lambda got, usual: _damage(got, usual) if not words or words & markers_in(usual[1:]) else None


def _damage(got: str, usual: str) -> Observation | None:
    """Return how a text differs from the one that the other ways give; None if it does not, or is another answer.

    A model may lose a piece of a text by chance, so that counts only if it comes every time.  It does not put in another one,
    and one that the text does not have itself is proof.
    """
    way, text, other = got[0], got[1:], usual[1:]
    spliced = is_spliced(text, other)
    if text == other or not (spliced or is_damaged(text, other)):
        return None
    answer = {STREAMED: "a stream", WITH_USAGE: "a stream with usage", PLAIN: "an answer without streaming"}[way]
    detail = f"{answer} must have the text that comes otherwise; {first_difference(other, text)}"
    return mishandled(detail, suspect=not spliced, proof=bool(foreign_piece(text, other)))


def _unsteady(got: str, usual: str) -> str | None:
    if ANSWERED not in (got, usual):
        return None  # the words of an error may hold a number of the request
    refused = got if usual == ANSWERED else usual
    return f"the same request is answered one time and refused another: {refused}"


def digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
