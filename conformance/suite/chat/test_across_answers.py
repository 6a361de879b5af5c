"""What holds over all replies of a model together: ids, counts of the same prompt, and which requests are refused.

Each is an invariant that compares values: it returns a key and a value, and all answers with the same key must have the same
value.  Keys made from texts are digests, so that no answer is kept in memory.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.base.observation import Observation, Seen, mishandled
from conformance.suite.baselines import counted, greedy_twins, stream_twins, twins
from conformance.suite.chat.choices import calls_of, is_cut, number_asked, text_of
from conformance.suite.chat.test_every_answer import prompt_texts
from conformance.suite.invariants import invariant
from conformance.suite.texts import first_difference, foreign_piece, is_damaged, is_spliced
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import CAPS, ChatCase
from conformance.surfaces.markers import markers_in
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

GREEDY = "temperature 0 "  # in front of the key of requests whose answer is settled by their temperature
STREAMED, WITH_USAGE, PLAIN = "s", "u", "p"  # in front of a text: which way it came
LONGEST = 2_000  # characters of a text that is kept to be compared; those of the suite's greedy requests have some 120
# Seconds of a jump in `created`.  An answer may take minutes, and may be dated at its beginning or at its end; a clock that is
# half of this wrong would be taken for one that jumps, but clocks are right or wrong by whole hours.
JUMP = 1_200
ANSWERED = "answered"
# Parameters that change how an answer is made but not how many tokens its prompt has.
_SAMPLING = CAPS | {
    *("temperature", "top_p", "n", "stop", "stream", "stream_options", "seed", "user", "service_tier", "metadata"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"),
}


@invariant(
    "chat.reply.id_unique",
    about=Subject.ANSWER,
    good="no two answers share an id",
    asks=twins,
    proves=True,
    compares=True,
    across_models=True,
)
def test_id_unique(case: ChatCase, reply: ChatReply) -> Finding:
    """No two answers have the same id."""
    return _only_here(reply, "answers")


@invariant(
    "chat.stream.id_unique",
    about=Subject.STREAM,
    good="no two streams share an id",
    asks=stream_twins,
    proves=True,
    compares=True,
    across_models=True,
)
def test_stream_id_unique(case: ChatCase, reply: ChatReply) -> Finding:
    """No two streams have the same id."""
    return _only_here(reply, "streams")


@invariant(
    "chat.reply.prompt_tokens",
    about=Subject.ANSWER,
    good="the same prompt always has the same count",
    asks=counted,
    proves=True,
    compares=True,
)
def test_prompt_tokens(case: ChatCase, reply: ChatReply) -> Finding:
    """The same prompt is counted as the same number of prompt tokens, whatever n, sampling or streaming."""
    count = reply.usage.get("prompt_tokens")
    if not isinstance(count, int) or isinstance(count, bool):
        return SILENT
    return Compared(
        _prompt(reply),
        count,
        lambda got, usual: f"prompt tokens must be {usual}, as otherwise for this prompt, got {got}",
    )


@invariant(
    "chat.stream.usage_completion",
    about=Subject.ANSWER,
    good="the same text always has the same count",
    asks=counted,
    compares=True,
)
def test_completion_tokens(case: ChatCase, reply: ChatReply) -> Finding:
    """The same text in answer to the same prompt is counted as the same number of completion tokens, streamed or not."""
    count = reply.completion_tokens
    if count is None or reply.tool_calls or reply.reasoning_tokens or case.traits.room or len(reply.choices) != 1:
        return SILENT
    text = f"{_prompt(reply)} {reply.finish_reason} {reply.text}"
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Compared(
        key, count, lambda got, usual: f"completion tokens must be {usual}, as otherwise for this text, got {got}"
    )


@invariant(
    "chat.stream.alike",
    about=Subject.ANSWER,
    good="the same text with and without streaming",
    asks=greedy_twins,
    compares=True,
    comparable=lambda key, numbers: _is_steady(key, numbers),
)
def test_alike(case: ChatCase, reply: ChatReply) -> Finding:
    """Where the answer is settled, a word that is asked for or one at temperature 0, no way to it gives a damaged copy."""
    if reply.indexes != list(range(number_asked(reply))):
        return SILENT  # the claims about choices report it
    body = reply.request_body
    way = (WITH_USAGE if "stream_options" in body else STREAMED) if reply.streamed else PLAIN
    if markers_in(" ".join(prompt_texts(body))) and not {"stop", "response_format"} & body.keys():
        key, shown = _prompt(reply), [choice for choice in reply.choices if not is_cut(choice) and not calls_of(choice)]
    elif body.get("temperature") == 0 and number_asked(reply) == 1 and not reply.tool_calls:
        same = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
        key, shown = GREEDY + _digest(same), reply.choices
    else:
        return SILENT
    texts = dict.fromkeys(text for choice in shown if len(text := text_of(choice).strip()) <= LONGEST)
    return tuple(Compared(key, f"{way}{text}", _damage) for text in texts) or SILENT


@invariant(
    "chat.reply.created_steady",
    about=Subject.ANSWER,
    good="created moves with the time",
    asks=counted,
    compares=True,
)
def test_created_steady(case: ChatCase, reply: ChatReply) -> Finding:
    """All creation times are as far from the times of their requests: a clock may be wrong, but it does not jump."""
    created = reply.body.get("created")
    if not isinstance(created, int | float) or isinstance(created, bool):
        return SILENT
    return Compared("", round((created - reply.exchange.started) / JUMP), _jump)


@invariant(
    "chat.error.steady",
    about=Subject.REPLY,
    good="the same request is always answered, or always refused",
    asks=twins,
    compares=True,
)
def test_steady(case: ChatCase, reply: ChatReply) -> Finding:
    """A request that is sent several times is answered or refused each time; keys, limits and outages may change meanwhile."""
    seen = None if reply.ok else reply.refusal()
    if seen is not None and seen.seen is not Seen.REFUSED:
        return SILENT
    return Compared(reply.exchange.request.key, seen.detail if seen else ANSWERED, _unsteady)


@invariant("chat.reply.fingerprint", about=Subject.ANSWER, good="one system_fingerprint", asks=counted, compares=True)
def test_fingerprint(case: ChatCase, reply: ChatReply) -> Finding:
    """All answers that have a system_fingerprint have the same."""
    if reply.fingerprint is None:
        return SILENT
    return Compared("", reply.fingerprint, lambda got, usual: f"system_fingerprint is {got!r}, otherwise {usual!r}")


def _only_here(reply: ChatReply, what: str) -> Finding:
    """Return the ids of an answer as keys and its exchange as the value, so that one id in two exchanges is a fault.

    A stream may have several, which is a fault of its own, unless one of them belongs to another stream.
    """
    heads = reply.chunks if reply.streamed else (reply.body,)
    ids = [value for head in heads if isinstance(value := head.get("id"), str) and value]
    found = tuple(Compared(value, reply.exchange.id, _shared(what, value)) for value in dict.fromkeys(ids))
    return found or SILENT


def _shared(what: str, name: str) -> Callable[[Any, Any], str | None]:
    return lambda got, usual: f"two {what} share the id {name!r}"


def _is_steady(key: str, numbers: Mapping[str, int]) -> bool:
    """Return whether a model gave one text only without streaming, and at temperature 0 gave it twice."""
    plain = [number for value, number in numbers.items() if value[0] == PLAIN]
    return len(plain) == 1 and plain[0] >= (2 if key.startswith(GREEDY) else 1)


def _damage(got: str, usual: str) -> Observation | None:
    """Return how a text differs from the one that the other ways give; None if it does not, or is another answer.

    A model may lose a piece of a text by chance, so that counts only if it comes every time.  It does not put in another one,
    and one that the text does not have itself is proof.
    """
    way, text, other = got[0], got[1:], usual[1:]
    spliced = is_spliced(text, other)
    if text == other or not (spliced or is_damaged(text, other)):
        return None
    told = {STREAMED: "a stream", WITH_USAGE: "a stream with usage", PLAIN: "an answer without streaming"}[way]
    detail = f"{told} must have the text that comes otherwise; {first_difference(other, text)}"
    return mishandled(detail, suspect=not spliced, proof=bool(foreign_piece(text, other)))


def _unsteady(got: str, usual: str) -> str | None:
    if ANSWERED not in (got, usual):
        return None  # the words of an error may hold a number of the request
    refused = got if usual == ANSWERED else usual
    return f"the same request is answered one time and refused another: {refused}"


def _jump(got: int, usual: int) -> str:
    minutes = [number * JUMP // 60 for number in (got, usual)]
    return f"created is about {minutes[0]} minutes from the time of the request, otherwise about {minutes[1]}"


def _prompt(reply: ChatReply) -> str:
    """Return a digest of everything in a request that the model is shown."""
    return _digest({name: value for name, value in reply.request_body.items() if name not in _SAMPLING})


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
