"""A presence_penalty that is not read, or whose limits are off."""

from conformance.mock.defects.chat.building.kinds import CHAT
from conformance.mock.defects.chat.building.limits import beyond, short
from conformance.mock.defects.chat.building.profiles import ignoring
from conformance.mock.defects.chat.building.types import mistyped, no_null
from conformance.mock.engine.rules import is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "drops_penalties",
        "presence_penalty and frequency_penalty are ignored: any value is accepted, and none has an effect.",
        claims=tuple(
            f"chat.{name}.{statement}"
            for name in ("presence_penalty", "frequency_penalty")
            for statement in ("below_minimum", "above_maximum", "wrong_type")
        ),
        reports=("D056",),
        kinds=("chat",),
        profile=ignoring("presence_penalty", "frequency_penalty"),
    ),
    *beyond("presence_penalty", 0.5, CHAT, "D278"),
    *short("presence_penalty", CHAT, "range", "range"),
    *mistyped("presence_penalty", is_number, CHAT),
    no_null("presence_penalty"),
)
