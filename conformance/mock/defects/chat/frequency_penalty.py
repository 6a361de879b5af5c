"""Defects of frequency_penalty."""

from conformance.mock.defects.chat.building.kinds import CHAT_KINDS
from conformance.mock.defects.chat.building.limits import accepted_beyond, refused_limits
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.engine.rules import is_number

DEFECTS = (
    *accepted_beyond("frequency_penalty", 0.5, CHAT_KINDS, "D278"),
    *refused_limits("frequency_penalty", CHAT_KINDS, "range", "range"),
    *type_defects("frequency_penalty", is_number, CHAT_KINDS),
    null_refused("frequency_penalty"),
)
