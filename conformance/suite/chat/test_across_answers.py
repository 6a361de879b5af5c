"""What holds over all answers of a model together: ids, and counts of the same prompt.

Each is an invariant that compares values: it returns a key and a value, and all answers with the same key must have the same
value.  Keys made from texts are digests, so that no answer is kept in memory.
"""

import hashlib
import json

from conformance.suite.chat.baselines import counted, stream_twins, twins
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import CAPS, ChatCase
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

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
)
def test_stream_id_unique(case: ChatCase, reply: ChatReply) -> Finding:
    """No two streams have the same id."""
    return _only_here(reply, "streams")


@invariant(
    "chat.reply.prompt_tokens",
    about=Subject.ANSWER,
    good="the same prompt always has the same count",
    asks=counted,
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


def _only_here(reply: ChatReply, what: str) -> Finding:
    """Return the id of an answer as the key and its exchange as the value, so that one id in two exchanges is a fault."""
    value = reply.body.get("id")
    if not isinstance(value, str) or not value:
        return SILENT
    return Compared(value, reply.exchange.id, lambda got, usual: f"two {what} share the id {value!r}")


def _prompt(reply: ChatReply) -> str:
    """Return a digest of everything in a request that the model is shown."""
    shown = {name: value for name, value in reply.request_body.items() if name not in _SAMPLING}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
