"""Defects of include."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import event, in_events, in_parts, in_response, put, repaired
from conformance.mock.defects.responses.building.effects import not_including
from conformance.mock.defects.responses.building.stream import COMPLETED
from conformance.mock.surfaces.responses.columns import LOGPROBS


def without_logprobs(response: Json) -> Json:
    """Return a response whose texts have no log probabilities."""
    return in_parts(put(logprobs=[]))(response)


DEFECTS = (
    repaired(
        "skips_unknown_includes",
        "An unknown value of include is left out.",
        "include.bogus",
        dropped_if(
            "include",
            lambda value: "conformance.unknown" in value,
        ),
    ),
    repaired(
        "ignores_include_of_logprobs",
        "Log probabilities do not come.",
        "include.logprobs include.logprobs_stream",
        not_including(LOGPROBS),
        parameter="include",
        kinds=("chat",),
    ),
    event(
        "completes_without_logprobs",
        "Log probabilities come with the pieces of a text, but not in the last response.",
        "include.logprobs_stream",
        in_events(in_response(without_logprobs), COMPLETED),
        kinds=("chat",),
        parameter="include",
        reports=("N009",),
    ),
)
