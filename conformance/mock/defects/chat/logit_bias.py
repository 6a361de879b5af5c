"""A logit_bias that is not read, or whose limits are off."""

from conformance.mock.defects.chat.building.kinds import CHAT
from conformance.mock.defects.chat.building.limits import beyond, short
from conformance.mock.defects.chat.building.profiles import ignoring
from conformance.mock.defects.chat.building.types import is_biases, mistyped, no_null
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "drops_logit_bias",
        "logit_bias is ignored: any value is accepted, and none has an effect.",
        claims=("chat.logit_bias.below_minimum", "chat.logit_bias.above_maximum", "chat.logit_bias.wrong_type"),
        reports=("D022",),
        parameter="logit_bias",
        kinds=("chat",),
        profile=ignoring("logit_bias"),
    ),
    *beyond("logit_bias", 1, CHAT),
    *short("logit_bias", CHAT, "range", "range"),
    *mistyped("logit_bias", is_biases, CHAT),
    no_null("logit_bias"),
)
