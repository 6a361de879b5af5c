"""Defects of top_logprobs."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.refused import refused

DEFECTS = (
    repaired(
        "takes_any_top_logprobs",
        "A top_logprobs above 20 is ignored.",
        "top_logprobs.above",
        dropped_if(
            "top_logprobs",
            lambda value: value > 20,
        ),
    ),
    refused(
        "refuses_20_top_logprobs",
        "A top_logprobs of 20 is refused.",
        "top_logprobs.range",
        lambda body: body.get("top_logprobs") == 20,
        "top_logprobs",
        kinds=("chat",),
    ),
)
