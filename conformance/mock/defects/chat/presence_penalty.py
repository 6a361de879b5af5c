"""Defects of presence_penalty, or of both penalties."""

from conformance.mock.defects.chat.building.kinds import CHAT_KINDS
from conformance.mock.defects.chat.building.limits import accepted_beyond, refused_limits
from conformance.mock.defects.chat.building.profiles import ignoring
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.engine.rules import is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "drops_penalties",
        "presence_penalty and frequency_penalty are ignored: any value is accepted, and none has an effect.",
        claims=tuple(
            f"chat.{name}.{statement}"
            for name in ("presence_penalty", "frequency_penalty")
            for statement in ("below_minimum", "above_maximum", "wrong_type", "lax_type")
        ),
        reports=("D056",),
        kinds=("chat",),
        profile=ignoring("presence_penalty", "frequency_penalty"),
    ),
    *accepted_beyond("presence_penalty", 0.5, CHAT_KINDS, "D278"),
    *refused_limits("presence_penalty", CHAT_KINDS, "range", "range"),
    *type_defects("presence_penalty", is_number, CHAT_KINDS),
    null_refused("presence_penalty"),
)
