"""Answers that do not hold what was promised: the text, its end, its log probabilities."""

from dataclasses import replace

from conformance.mock.engine.answer import Choice, Draft, free_text
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

END_TOKEN = {"token": "", "logprob": -9999.0, "bytes": [], "top_logprobs": []}


def with_stop_sequence(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with the sequence that ended it, as one more token."""
    return replace(choice, tokens=(*choice.tokens, choice.stopped_by)) if choice.stopped_by else choice


def with_end_token(request: ChatRequest, entries: Entries) -> Entries:
    """The entries with one for a token that is not in the text."""
    return (*entries, END_TOKEN)


def prose_instead(request: ChatRequest, draft: Draft) -> Draft:
    """Free text where response_format asks for JSON."""
    wanted = request.form.kind != "text" and not draft.calls
    return Draft(free_text(request, 0)) if wanted else draft


DEFECTS = (
    ChatDefect(
        "leaks_stop_sequence",
        "The text ends with the stop sequence that ended it.",
        parameter="stop",
        claims=("chat.stop.ends_text", "chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        reports=("D171",),
        kinds=("chat", "claude", "gemini"),
        choice=with_stop_sequence,
    ),
    ChatDefect(
        "misaligned_logprobs",
        "logprobs.content has one more entry, of an empty end token with logprob -9999.0.",
        claims=("chat.logprobs.shape",),
        reports=("D025",),
        kinds=("chat",),
        logprobs=with_end_token,
    ),
    ChatDefect(
        "ignores_response_format",
        "response_format is accepted, and the answer is prose.",
        parameter="response_format",
        claims=(
            "chat.response_format.json_schema",
            "chat.response_format.json_object",
            "chat.response_format.nested",
            "chat.response_format.enum",
            "chat.response_format.array",
            "chat.response_format.not_strict",
            "chat.response_format.additional_properties",
        ),
        reports=("D071",),
        draft=prose_instead,
    ),
)
