"""Defects of functions and function_call, the older form of tools and tool_choice."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import OPENAI_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect


def without_functions(body: Json) -> Json:
    """Return the body without functions and function_call."""
    return {name: value for name, value in body.items() if name not in ("functions", "function_call")}


DEFECTS = (
    ChatDefect(
        "drops_functions",
        "functions and function_call are dropped, and the answer is prose.",
        parameter="functions",
        claims=("chat.functions.called",),
        kinds=OPENAI_KINDS,
        body=without_functions,
    ),
    ChatDefect(
        "answers_functions_with_tool_calls",
        "A call of a function that was declared in functions comes as tool_calls.",
        parameter="functions",
        claims=("chat.functions.called",),
        kinds=OPENAI_KINDS,
        request=lambda request: replace(request, older_calls=False),
    ),
)
