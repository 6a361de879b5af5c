"""Defects of stop."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import CHAT_KINDS, SAMPLING_KINDS
from conformance.mock.defects.chat.building.limits import Change, shifted_limit
from conformance.mock.defects.chat.building.types import has_type, null_refused, replace_wrong_value, type_defects
from conformance.mock.engine.answer import Choice, cut
from conformance.mock.engine.rules import is_integer
from conformance.mock.engine.tokens import split
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import Stop

MANY = 3  # tokens of a stop sequence that a comparison with single pieces of a stream does not find


def with_stop_sequence(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with the sequence that ended it as one more token."""
    return replace(choice, tokens=(*choice.tokens, choice.stopped_by)) if choice.stopped_by else choice


def with_reason_length(request: ChatRequest, choice: Choice) -> Choice:
    """Return a choice that a stop sequence ended with finish_reason length."""
    return replace(choice, finish_reason="length") if choice.stopped_by is not None else choice


def with_any_stop(profile: Profile) -> Profile:
    """Return the profile with any number of stop sequences allowed."""
    return replace(profile, rules={**profile.rules, "stop": Stop(10_000)})


def at_most(count: int) -> Change:
    """Return a change that limits a rule to `count` stop sequences."""
    return lambda rule: replace(rule, most=count)


def with_streamed_stop_sequence(request: ChatRequest, choice: Choice) -> Choice:
    """Return a streamed choice with the sequence that ended it as one more token."""
    return with_stop_sequence(request, choice) if request.stream else choice


def first_stop_only(request: ChatRequest) -> ChatRequest:
    """Return the request with only the first of its stop sequences."""
    return replace(request, stop=request.stop[:1])


def stop_in_lists_only(request: ChatRequest) -> ChatRequest:
    """Return the request without a stop sequence that was given as a string."""
    return replace(request, stop=()) if isinstance(request.body.get("stop"), str) else request


def compared_with_pieces(request: ChatRequest, choice: Choice) -> Choice:
    """Return a streamed choice as if no stop sequence were found that is longer than a token."""
    if not request.stream or choice.stopped_by is None or len(split(choice.stopped_by)) < MANY:
        return choice
    return seams.choice(replace(request, stop=()), choice.index, ())


def without_withheld_end(request: ChatRequest, choice: Choice) -> Choice:
    """Return a choice without the end of its text that begins a stop sequence."""
    ends = [
        size for sequence in request.stop for size in range(1, len(sequence)) if choice.text.endswith(sequence[:size])
    ]
    return replace(choice, tokens=cut(choice.tokens, len(choice.text) - max(ends, default=0)))


def stopped_by_a_beginning(request: ChatRequest) -> ChatRequest:
    """Return the request with the first word of each of its stop sequences only."""
    return replace(request, stop=tuple(sequence.split(" ")[0] or sequence for sequence in request.stop))


DEFECTS = (
    ChatDefect(
        "drops_stop_in_streams",
        "stop is ignored in streams, while it ends a non-streamed text.",
        claims=("chat.stop.ends_text",),
        reports=("B10",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        request=lambda request: replace(request, stop=()) if request.stream else request,
    ),
    ChatDefect(
        "drops_empty_stops",
        "An empty stop sequence is dropped without an error.",
        parameter="stop",
        claims=("chat.stop.empty",),
        kinds=SAMPLING_KINDS,
        body=lambda body: {**body, "stop": None} if body["stop"] == "" else body,
    ),
    ChatDefect(
        "leaks_stop_sequence",
        "The text includes the stop sequence that ended it.",
        parameter="stop",
        claims=("chat.stop.ends_text", "chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        reports=("D171",),
        kinds=("chat", "claude", "gemini"),
        choice=with_stop_sequence,
    ),
    ChatDefect(
        "ends_stopped_texts_with_length",
        "A text ended by a stop sequence has finish_reason length.",
        claims=("chat.stop.finish_reason",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        choice=with_reason_length,
    ),
    ChatDefect(
        "stops_by_length",
        "A text ended by a stop sequence has finish_reason length.",
        claims=("chat.stop.finish_reason",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        choice=with_reason_length,
    ),
    ChatDefect(
        "cuts_stops_to_four",
        "Stop sequences after the fourth are dropped without an error.",
        claims=("chat.stop.above_maximum", "chat.stop.disputed"),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        body=lambda body: {**body, "stop": body["stop"][:4]} if isinstance(body["stop"], list) else body,
    ),
    ChatDefect(
        "accepts_any_number_of_stops",
        "More stop sequences than the documented maximum are accepted.",
        claims=("chat.stop.above_maximum", "chat.stop.disputed"),
        reports=("D075",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        profile=with_any_stop,
    ),
    shifted_limit(
        "accepts_fifth_stop", "A fifth stop sequence is accepted.", "stop: above_maximum", at_most(5), CHAT_KINDS
    ),
    shifted_limit(
        "refuses_fourth_stop",
        "A fourth stop sequence is refused.",
        "stop: count limit disputed",
        at_most(3),
        SAMPLING_KINDS,
    ),
    shifted_limit(
        "refuses_fifth_stop_of_gemini",
        "Gemini refuses a fifth stop sequence, as the request schema says.",
        "stop: disputed",
        at_most(4),
        ("gemini",),
    ),
    ChatDefect(
        "drops_stop",
        "stop is ignored: the text runs on past the sequence.",
        parameter="stop",
        claims=("chat.stop.ends_text", "chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        reports=("D077",),
        kinds=("chat", "claude", "gemini"),
        request=lambda request: replace(request, stop=()),
    ),
    ChatDefect(
        "streams_past_stop_sequence",
        "A streamed text includes the stop sequence, while a non-streamed one ends before it.",
        claims=("chat.stop.ends_text",),
        reports=("D173",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        choice=with_streamed_stop_sequence,
    ),
    ChatDefect(
        "reads_first_stop_only",
        "Of several stop sequences only the first has an effect.",
        claims=("chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        request=first_stop_only,
    ),
    ChatDefect(
        "reads_stop_in_lists_only",
        "A stop sequence given as a string is ignored, while one in a list works.",
        claims=("chat.stop.ends_text",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        request=stop_in_lists_only,
    ),
    ChatDefect(
        "misses_long_stops_in_streams",
        "A stop sequence of several tokens is not found in a stream, whose pieces are searched one by one.",
        claims=("chat.stop.long_sequence",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        choice=compared_with_pieces,
    ),
    ChatDefect(
        "withholds_begun_stops",
        "A text whose end begins a stop sequence lacks that end.",
        claims=("chat.stop.unfinished",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        choice=without_withheld_end,
    ),
    ChatDefect(
        "stops_at_begun_sequences",
        "A text ends where a stop sequence begins, although it does not go on as the sequence does.",
        claims=("chat.stop.unfinished",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        request=stopped_by_a_beginning,
    ),
    ChatDefect(
        "splits_numeric_stop",
        "A number given as stop is converted to a string.",
        claims=("chat.stop.wrong_type",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        body=replace_wrong_value("stop", is_integer, str),
    ),
    *type_defects("stop", has_type(str, list), SAMPLING_KINDS),
    null_refused("stop"),
)
