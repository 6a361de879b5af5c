"""Defects of newer parameters: a server does not know them and refuses the request."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect

KNOWN = (
    "prompt_cache_key",
    "safety_identifier",
    "verbosity",
    "store",
    "metadata",
    "modalities",
    "prompt_cache_retention",
    "prediction",
)
REPORTS = {"prompt_cache_key": ("E011",), "prompt_cache_retention": ("E011",)}
ON_CLAUDE = "web_search_options"  # which only this mock column accepts
CLAIMS = tuple(f"chat.newer.{parameter}" for parameter in (*KNOWN, ON_CLAUDE))


def refusing(parameter: str) -> Callable[[Json], Json]:
    """Return a mutation that refuses bodies with the parameter."""

    def body_without(body: Json) -> Json:
        raise unsupported_parameter(parameter, "these")

    return body_without


def refused(parameter: str, kind: str) -> ChatDefect:
    """Return the defect that refuses a newer parameter."""
    return ChatDefect(
        f"refuses_{parameter}",
        f"A request with {parameter} is refused.",
        # OpenAI takes metadata only for answers that are stored, so what refuses store refuses metadata.
        claims=(f"chat.newer.{parameter}", *(("chat.newer.metadata",) if parameter == "store" else ())),
        reports=REPORTS.get(parameter, ()),
        parameter=parameter,
        kinds=(kind,),
        body=refusing(parameter),
    )


DEFECTS = (*(refused(parameter, "chat") for parameter in KNOWN), refused(ON_CLAUDE, "claude"))
