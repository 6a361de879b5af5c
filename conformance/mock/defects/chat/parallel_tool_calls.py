"""Defects of parallel_tool_calls."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import refused_where
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "refuses_serial_calls",
        "parallel_tool_calls false is refused.",
        claims=("chat.parallel_tool_calls.off",),
        reports=("B41",),
        parameter="parallel_tool_calls",
        body=refused_where(
            lambda value: value is False,
            lambda value: unsupported_parameter("parallel_tool_calls", "these"),
            "parallel_tool_calls",
        ),
    ),
    ChatDefect(
        "makes_parallel_calls_all_the_same",
        "parallel_tool_calls false is ignored: the answer has two calls.",
        claims=("chat.parallel_tool_calls.off",),
        parameter="parallel_tool_calls",
        request=lambda request: replace(request, parallel_tool_calls=True),
    ),
)
