"""Defects of logprobs."""

import math
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.chat.building.answers import change_choices, without_logprobs
from conformance.mock.defects.chat.building.chunks import change_chunk_choices, without
from conformance.mock.defects.chat.building.kinds import CHAT_KINDS
from conformance.mock.defects.chat.building.types import has_type, null_refused, replace_wrong_value, type_defects
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.logprobs import Entry, entry
from conformance.mock.engine.messages import Messages
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Values
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

SURE = math.log(0.75)  # the mock gives its tokens 55 to 95 %
END_TOKEN = {"token": "", "logprob": -9999.0, "bytes": [], "top_logprobs": []}


def with_end_token(request: ChatRequest, entries: Entries) -> Entries:
    """Return the entries with one more for a token that is not in the text."""
    return (*entries, END_TOKEN)


def require_top_logprobs(status: int, message: str) -> Callable[[Values, Messages], None]:
    """Return a combination that raises an error with this status for logprobs without top_logprobs."""

    def combination(values: Values, messages: Messages) -> None:
        if values.get("logprobs") and "top_logprobs" not in values:
            type_ = "server_error" if status >= 500 else "invalid_request_error"
            raise ApiError(message, param="top_logprobs", status=status, type=type_)

    return combination


def with_combination(combination: Callable[[Values, Messages], None]) -> Callable[[Profile], Profile]:
    """Return a mutation that adds a combination to a profile."""
    return lambda profile: replace(profile, combinations=(*profile.combinations, combination))


def with_logprobs(request: ChatRequest) -> ChatRequest:
    """Return the request with logprobs and top_logprobs obeyed, on a column that ignores them."""
    most = request.body.get("top_logprobs")
    return replace(
        request,
        logprobs=request.body.get("logprobs") is True,
        top_logprobs=max(0, min(most, 20)) if type(most) is int else 0,
    )


def change_entries(change: Callable[[Entry], Entry]) -> Mutation[Entries]:
    """Return a mutation that changes every entry of log probabilities."""
    return lambda request, entries: tuple(map(change, entries))


def with_raw_tokens(position: int, choice: Json) -> Json:
    """Return a streamed choice whose entries spell tokens as in the tokenizer's vocabulary."""
    if not choice["logprobs"]:
        return choice
    entries = [raw_entry(entry) for entry in choice["logprobs"]["content"]]
    return {**choice, "logprobs": {**choice["logprobs"], "content": entries}}


def raw_entry(entry: Json) -> Json:
    """Return an entry with the vocabulary's mark (U+0120) for each space."""
    token = entry["token"].replace(" ", "\u0120")
    others = {"top_logprobs": [raw_entry(other) for other in entry["top_logprobs"]]} if "top_logprobs" in entry else {}
    return {**entry, "token": token, "bytes": list(token.encode("utf-8", "replace")), **others}


def with_markup(text: str) -> Mutation[Entries]:
    """Return a mutation that puts the entry of a token that is not in the text before the others."""
    return lambda request, entries: (entry(text, 0), *entries)


DEFECTS = (
    ChatDefect(
        "leaves_sure_logprobs_null",
        "The logprob of a token that is nearly sure is null.",
        claims=("chat.logprobs.shape",),
        reports=("B50",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=change_entries(lambda entry: {**entry, "logprob": None} if entry["logprob"] > SURE else entry),
    ),
    ChatDefect(
        "drops_logprobs_beside_response_format",
        "With a response_format logprobs is dropped.",
        parameter="logprobs",
        claims=("chat.logprobs.given",),
        kinds=CHAT_KINDS,
        request=lambda request: replace(request, logprobs=False) if request.form.kind != "text" else request,
    ),
    ChatDefect(
        "drops_logprobs_in_later_choices",
        "Of several choices only the first has log probabilities.",
        parameter="logprobs",
        claims=("chat.logprobs.given",),
        kinds=CHAT_KINDS,
        whole=change_choices(lambda choice: {**choice, "logprobs": None} if choice["index"] else choice),
    ),
    ChatDefect(
        "misaligned_logprobs",
        "logprobs.content has an extra entry for an empty end token with logprob -9999.0.",
        claims=("chat.logprobs.shape",),
        reports=("D025",),
        kinds=("chat",),
        logprobs=with_end_token,
    ),
    ChatDefect(
        "demands_top_logprobs",
        "logprobs true without top_logprobs is refused.",
        claims=("chat.logprobs.present", "chat.top_logprobs.null"),
        reports=("D023",),
        parameter="logprobs",
        kinds=("chat",),
        profile=with_combination(require_top_logprobs(400, "'top_logprobs' has to be set when 'logprobs' is.")),
    ),
    ChatDefect(
        "breaks_without_top_logprobs",
        "logprobs true without top_logprobs is answered with status 500.",
        claims=("chat.logprobs.present", "chat.top_logprobs.null"),
        reports=("D027",),
        parameter="logprobs",
        kinds=("chat",),
        profile=with_combination(require_top_logprobs(500, "list index out of range")),
    ),
    ChatDefect(
        "invents_logprobs",
        "Models documented not to support logprobs return made-up ones.",
        parameter="logprobs",
        claims=("chat.logprobs.unsupported", "chat.top_logprobs.unsupported"),
        kinds=("claude", "gemini"),
        request=with_logprobs,
    ),
    ChatDefect(
        "loses_logprobs_of_plain_answers",
        "The choices of a non-streamed answer lack the key logprobs, though it was requested.",
        claims=(
            "chat.logprobs.present",
            "chat.top_logprobs.range",
            "chat.top_logprobs.disputed",
            "chat.top_logprobs.limit",
        ),
        reports=("D029",),
        parameter="logprobs",
        kinds=("chat",),
        whole=change_choices(without_logprobs),
    ),
    ChatDefect(
        "gives_probabilities_for_logprobs",
        "logprob is the probability itself, a number above 0.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=change_entries(lambda entry: {**entry, "logprob": math.exp(entry["logprob"])}),
    ),
    ChatDefect(
        "gives_letters_for_bytes",
        "bytes holds the code points of a token's characters instead of its UTF-8 bytes.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=change_entries(lambda entry: {**entry, "bytes": [ord(letter) for letter in entry["token"]]}),
    ),
    ChatDefect(
        "strips_tokens_of_logprobs",
        "The tokens in logprobs lack their spaces, so that they do not join to the text.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=change_entries(
            lambda entry: {**entry, "token": entry["token"].strip() or entry["token"], "bytes": None}
        ),
    ),
    ChatDefect(
        "streams_raw_tokens",
        "The tokens in the logprobs of a stream show the tokenizer's marker for a space instead of the space.",
        claims=("chat.logprobs.shape",),
        reports=("D142",),
        parameter="logprobs",
        kinds=("chat",),
        events=change_chunk_choices(with_raw_tokens),
    ),
    ChatDefect(
        "streams_without_logprobs",
        "The chunks of a stream lack the logprobs that the non-streamed answer has.",
        claims=("chat.logprobs.present",),
        reports=("D144",),
        parameter="logprobs",
        kinds=("chat",),
        events=change_chunk_choices(lambda position, choice: without(choice, "logprobs")),
    ),
    ChatDefect(
        "drops_logprobs",
        "logprobs true is ignored: the answer has no logprobs.",
        claims=(
            "chat.logprobs.present",
            "chat.top_logprobs.range",
            "chat.top_logprobs.disputed",
            "chat.top_logprobs.limit",
        ),
        parameter="logprobs",
        kinds=("chat",),
        request=lambda request: replace(request, logprobs=False),
    ),
    ChatDefect(
        "sends_logprobs_unasked",
        "An answer has logprobs though logprobs is false.",
        claims=("chat.logprobs.not_asked", "chat.logprobs.null", "chat.logprobs.only_asked"),
        parameter="logprobs",
        kinds=("chat",),
        request=lambda request: replace(request, logprobs=True),
    ),
    ChatDefect(
        "lists_markup_among_logprobs",
        "logprobs begins with an entry for a control token that is not in the text.",
        claims=("chat.logprobs.shape",),
        reports=("D031",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=with_markup("<|channel|>"),
    ),
    ChatDefect(
        "takes_logprobs_for_truth",
        "A value of the wrong type for logprobs is converted to a boolean.",
        claims=("chat.logprobs.wrong_type",),
        parameter="logprobs",
        kinds=CHAT_KINDS,
        body=replace_wrong_value("logprobs", lambda value: True, bool),
    ),
    *type_defects("logprobs", has_type(bool), CHAT_KINDS),
    null_refused("logprobs"),
)
