"""Defects of seed."""

from conformance.mock.defects.chat.building.bodies import fault, refused_where
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "breaks_on_seed",
        "A request with a seed is answered with status 500.",
        claims=("chat.seed.accepted",),
        reports=("B57",),
        parameter="seed",
        body=refused_where(lambda value: value is not None, fault, "seed"),
    ),
    ChatDefect(
        "refuses_seed",
        "seed is refused.",
        claims=("chat.seed.accepted",),
        parameter="seed",
        body=refused_where(
            lambda value: value is not None, lambda value: unsupported_parameter("seed", "these"), "seed"
        ),
    ),
)
