"""Defects of response_format together with other parameters."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import MULTI_CHOICE_KINDS, SAMPLING_KINDS
from conformance.mock.engine.answer import Choice, Draft, free_text
from conformance.mock.engine.request import digest
from conformance.mock.engine.tokens import split
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

EVERY = ("chat.response_format.every_answer", "chat.response_format.every_object")


def with_prose_beside_tools(request: ChatRequest, draft: Draft) -> Draft:
    """Return free text instead of JSON if the request declares tools."""
    wanted = request.tools and request.form.kind != "text" and not draft.calls
    return Draft(free_text(request, 0)) if wanted else draft


def with_prose_in_later_choices(request: ChatRequest, choice: Choice) -> Choice:
    """Return free text instead of JSON for every choice but the first."""
    if not choice.index or request.form.kind == "text" or choice.calls:
        return choice
    return replace(choice, tokens=split(free_text(request, choice.index)), finish_reason="stop")


def without_cap_beside_form(request: ChatRequest) -> ChatRequest:
    """Return the request without its cap if it asks for a form of the answer."""
    return replace(request, cap=None) if request.form.kind != "text" else request


def with_blanks_at_times(request: ChatRequest, choice: Choice) -> Choice:
    """Return every third answer in a form as its first key and blanks up to the cap."""
    if request.form.kind == "text" or choice.calls or request.cap is None or digest(request.body)[0] % 3:
        return choice
    tokens = choice.tokens[:3]
    return replace(choice, tokens=(*tokens, *[" "] * (request.cap - len(tokens))), finish_reason="length")


DEFECTS = (
    ChatDefect(
        "writes_blanks_in_forms_at_times",
        "Every third answer in a form goes on with white space up to the cap after its first key.",
        parameter="response_format",
        claims=EVERY,
        reports=("B34",),
        kinds=("chat",),
        choice=with_blanks_at_times,
    ),
    ChatDefect(
        "drops_caps_beside_response_format",
        "With a response_format the cap is dropped, and the answer is complete.",
        claims=("chat.reply.cap", "chat.response_format.truncated"),
        kinds=SAMPLING_KINDS,
        parameter="response_format",
        request=without_cap_beside_form,
    ),
    ChatDefect(
        "drops_response_format_beside_tools",
        "With tools in the request response_format is dropped, and the answer is prose.",
        parameter="response_format",
        claims=EVERY,
        reports=("E038",),
        kinds=("chat", "gemini"),
        draft=with_prose_beside_tools,
    ),
    ChatDefect(
        "drops_json_schema_beside_tools",
        "With tools in the request a json_schema is dropped, and the answer is prose.",
        parameter="response_format",
        claims=EVERY[:1],
        kinds=("reasoning", "claude"),
        draft=with_prose_beside_tools,
    ),
    ChatDefect(
        "drops_response_format_in_later_choices",
        "Of several choices only the first has the form that response_format asks for.",
        parameter="response_format",
        claims=EVERY,
        kinds=tuple(kind for kind in MULTI_CHOICE_KINDS if kind != "reasoning"),
        choice=with_prose_in_later_choices,
    ),
)
