"""Defects of top_p."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.refused import refused
from conformance.mock.engine.rules import is_number

DEFECTS = (
    repaired(
        "takes_default_top_p_of_reasoning",
        "A reasoning model takes a top_p of 1.",
        "top_p.one_on_reasoning top_p.range",
        dropped_if("top_p", lambda value: value == 1),
        kinds=("reasoning",),
    ),
    repaired(
        "ignores_top_p_above",
        "A top_p that is too high is ignored.",
        "top_p.above",
        dropped_if("top_p", lambda value: is_number(value) and value > 1),
    ),
    repaired(
        "ignores_top_p_below",
        "A top_p that is negative is ignored.",
        "top_p.below",
        dropped_if("top_p", lambda value: is_number(value) and value < 0),
    ),
    refused(
        "refuses_top_p_1",
        "A top_p of 1 is refused.",
        "top_p.range",
        lambda body: body.get("top_p") == 1,
        "top_p",
        kinds=("chat",),
    ),
)
