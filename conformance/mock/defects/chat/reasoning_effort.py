"""A reasoning_effort that is dropped, refused, not checked, or obeyed where it should do nothing."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import as_default
from conformance.mock.defects.chat.building.profiles import narrowed
from conformance.mock.defects.chat.building.types import no_null
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import REASONING_TOKENS
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

EFFORTS = ("low", "medium", "high")


def without_effort(body: Json) -> Json:
    """Return the body, unless it has reasoning_effort: upstream calls it by another name."""
    if body["reasoning_effort"] is not None:
        raise unsupported_parameter("reasoning_effort", "these")
    return body


def reasoning_all_the_same(request: ChatRequest) -> ChatRequest:
    """Return the request with the reasoning that its reasoning_effort asks for, on a model documented to ignore it."""
    effort = request.body["reasoning_effort"]
    return replace(request, effort=effort if effort in REASONING_TOKENS else None)


DEFECTS = (
    ChatDefect(
        "sends_effort_unrenamed",
        "reasoning_effort is refused by the upstream, which knows it by another name.",
        claims=("chat.reasoning_effort.values", "chat.reasoning_effort.effect"),
        reports=("D245",),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        body=without_effort,
    ),
    ChatDefect(
        "accepts_any_effort",
        "An unknown reasoning_effort is treated as medium.",
        claims=("chat.reasoning_effort.unknown_value", "chat.reasoning_effort.disputed"),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        body=as_default("reasoning_effort", EFFORTS, "medium"),
    ),
    ChatDefect(
        "refuses_low_effort",
        "A reasoning_effort of low is refused.",
        claims=("chat.reasoning_effort.values", "chat.reasoning_effort.effect"),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        profile=narrowed("reasoning_effort", "medium", "high"),
    ),
    ChatDefect(
        "drops_reasoning_effort",
        "reasoning_effort is accepted, but does not change how much the model reasons.",
        claims=("chat.reasoning_effort.effect",),
        reports=("D063",),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        request=lambda request: replace(request, effort="medium"),
    ),
    ChatDefect(
        "reasons_where_undocumented",
        "Models documented to ignore reasoning_effort reason when it is set.",
        claims=("chat.reasoning_effort.unsupported",),
        parameter="reasoning_effort",
        kinds=("claude", "gemini"),
        request=reasoning_all_the_same,
    ),
    no_null("reasoning_effort"),
)
