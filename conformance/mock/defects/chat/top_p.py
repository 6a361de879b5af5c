"""Defects of top_p."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import refused_where
from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.defects.chat.building.limits import accepted_beyond, exclude_minimum, shifted_limit
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.engine.errors import invalid_value
from conformance.mock.engine.rules import is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    shifted_limit(
        "refuses_minimum_top_p",
        "The documented minimum of top_p is refused.",
        "top_p: range zero_repeats",
        exclude_minimum,
        SAMPLING_KINDS,
    ),
    ChatDefect(
        "refuses_whole_top_p",
        "A top_p of 1 is refused, though 1 is the default.",
        claims=("chat.top_p.range", "chat.top_p.maximum_varies"),
        reports=("D060",),
        parameter="top_p",
        kinds=("chat", "claude", "gemini"),
        body=refused_where(
            lambda value: value == 1, lambda value: invalid_value("top_p", value, "less than 1"), "top_p"
        ),
    ),
    ChatDefect(
        "freezes_top_p",
        "Any top_p is treated as 0: the same question always gets the same answer.",
        claims=("chat.top_p.maximum_varies",),
        parameter="top_p",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, top_p=0.0),
    ),
    ChatDefect(
        "drops_top_p",
        "top_p is ignored: answers are sampled as if it were 1.",
        claims=("chat.top_p.zero_repeats",),
        parameter="top_p",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, top_p=1.0),
    ),
    *accepted_beyond("top_p", 0.1, SAMPLING_KINDS),
    *type_defects("top_p", is_number, SAMPLING_KINDS),
    null_refused("top_p"),
)
