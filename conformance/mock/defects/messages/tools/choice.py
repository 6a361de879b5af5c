"""Defects of the choice among tools: none, some, one, and whether several."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, where, without
from conformance.mock.surfaces.messages.defect import MessagesDefect


def has_wrong_choice(body: Json) -> bool:
    """Return whether a body has a choice that the API does not have, or one of a tool that is not declared."""
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if choice is None:
        return False
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        return True
    names = [tool.get("name") for tool in tools]
    return choice["type"] in ("any", "tool") and (not names or choice.get("name", names[0]) not in names)


DEFECTS = (
    MessagesDefect(
        "calls_against_the_choice_none",
        "With the choice none a tool is called all the same.",
        ("messages.tools.choice_none", "messages.tools.never_called"),
        body=where(lambda body: body.get("tool_choice") == {"type": "none"}, without("tool_choice")),
    ),
    MessagesDefect(
        "leaves_forced_calls_to_the_model",
        "The choices any and tool count as auto.",
        ("messages.tools.choice_any", "messages.tools.choice_tool"),
        request=lambda request: (
            replace(request, tool_choice="auto")
            if request.tool_choice == "required" or isinstance(request.tool_choice, dict)
            else request
        ),
    ),
    MessagesDefect(
        "ignores_disabled_parallel_calls",
        "With disable_parallel_tool_use several tools are called.",
        ("messages.tools.parallel_off",),
        request=lambda request: replace(request, parallel_tool_calls=True),
    ),
    lax(
        "drops_choices_that_it_does_not_know",
        "A choice of a tool that is wrong is dropped.",
        "messages.tools.choice_unknown_tool",
        "messages.tools.choice_bogus_type",
        "messages.tools.choice_string",
        "messages.tools.choice_without_tools",
        change=where(has_wrong_choice, without("tool_choice")),
    ),
    MessagesDefect(
        "always_calls_a_tool",
        "Without a choice a tool is always called.",
        ("messages.tools.choice_auto",),
        request=lambda request: (
            replace(request, tool_choice="required") if request.tools and "tool_choice" not in request.body else request
        ),
    ),
)
