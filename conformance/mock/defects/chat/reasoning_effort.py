"""Defects of reasoning_effort."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import as_default
from conformance.mock.defects.chat.building.profiles import narrowed
from conformance.mock.defects.chat.building.types import null_refused
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import REASONING_TOKENS
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

EFFORTS = ("low", "medium", "high")


def refuse_effort(body: Json) -> Json:
    """Return the body; raise ApiError if it has reasoning_effort, which the upstream knows by another name."""
    if body["reasoning_effort"] is not None:
        raise unsupported_parameter("reasoning_effort", "these")
    return body


def with_ignored_effort(request: ChatRequest) -> ChatRequest:
    """Return the request with its reasoning_effort obeyed, on a model documented to ignore it."""
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
        body=refuse_effort,
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
        request=with_ignored_effort,
    ),
    null_refused("reasoning_effort"),
)
