"""Defects of logit_bias."""

from conformance.mock.defects.chat.building.bodies import refused_where
from conformance.mock.defects.chat.building.kinds import CHAT_KINDS
from conformance.mock.defects.chat.building.limits import accepted_beyond, refused_limits
from conformance.mock.defects.chat.building.profiles import ignoring
from conformance.mock.defects.chat.building.types import is_biases, null_refused, type_defects
from conformance.mock.engine.errors import invalid_value
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "refuses_empty_logit_bias",
        "A logit_bias without any token is refused.",
        claims=("chat.logit_bias.empty",),
        parameter="logit_bias",
        kinds=CHAT_KINDS,
        body=refused_where(
            lambda value: value == {},
            lambda value: invalid_value("logit_bias", value, "an object with a token"),
            "logit_bias",
        ),
    ),
    ChatDefect(
        "drops_logit_bias",
        "logit_bias is ignored: any value is accepted, and none has an effect.",
        claims=("chat.logit_bias.below_minimum", "chat.logit_bias.above_maximum", "chat.logit_bias.wrong_type"),
        reports=("D022",),
        parameter="logit_bias",
        kinds=("chat",),
        profile=ignoring("logit_bias"),
    ),
    *accepted_beyond("logit_bias", 1, CHAT_KINDS),
    *refused_limits("logit_bias", CHAT_KINDS, "range", "range"),
    *type_defects("logit_bias", is_biases, CHAT_KINDS),
    null_refused("logit_bias"),
)
