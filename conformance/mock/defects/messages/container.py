"""Defects of container."""

from conformance.mock.defects.messages.building.bodies import lax, without

DEFECTS = (
    lax(
        "takes_any_container",
        "A container without the tool for running code is accepted.",
        "messages.container.without_tool",
        change=without("container"),
    ),
)
