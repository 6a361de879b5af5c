"""Defects of parallel_tool_calls."""

from dataclasses import replace

from conformance.mock.surfaces.chat.defect import ChatDefect

DEFECTS = (
    ChatDefect(
        "makes_parallel_calls_all_the_same",
        "parallel_tool_calls false is ignored: the answer has two calls.",
        claims=("chat.parallel_tool_calls.off",),
        parameter="parallel_tool_calls",
        request=lambda request: replace(request, parallel_tool_calls=True),
    ),
)
