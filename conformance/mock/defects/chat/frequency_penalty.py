"""A frequency_penalty whose limits are off."""

from conformance.mock.defects.chat.building.kinds import CHAT
from conformance.mock.defects.chat.building.limits import beyond, short
from conformance.mock.defects.chat.building.types import mistyped, no_null
from conformance.mock.engine.rules import is_number

DEFECTS = (
    *beyond("frequency_penalty", 0.5, CHAT, "D278"),
    *short("frequency_penalty", CHAT, "range", "range"),
    *mistyped("frequency_penalty", is_number, CHAT),
    no_null("frequency_penalty"),
)
