"""Defects of the choice among tools: none, some, one, and whether several."""

from dataclasses import replace

from conformance.mock.defects.responses.building.accepted import with_declared_choice, with_known_choice
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.effects import (
    ignored,
    with_any_tool,
    with_choice,
    without_default_choice,
)

DEFECTS = (
    repaired(
        "takes_unknown_choices",
        "An unknown choice is taken for auto.",
        "tools.choice_bogus",
        with_known_choice,
        parameter="tool_choice",
    ),
    repaired(
        "takes_undeclared_choices",
        "A choice of a function that is not declared is taken for auto.",
        "tools.choice_unknown_name",
        with_declared_choice,
        parameter="tool_choice",
    ),
    ignored(
        "ignores_choice_none",
        "With the choice none a function is called.",
        "tools.choice_none",
        with_choice(lambda choice: choice == "none", "auto"),
        parameter="tool_choice",
    ),
    ignored(
        "ignores_choice_required",
        "With the choice required no function is called.",
        "tools.choice_required",
        with_choice(lambda choice: choice == "required", "auto"),
        parameter="tool_choice",
    ),
    ignored(
        "ignores_named_choice",
        "The function that the choice names is not called.",
        "tools.choice_named",
        with_choice(lambda choice: isinstance(choice, dict), "auto"),
        parameter="tool_choice",
    ),
    repaired(
        "allows_all_tools",
        "Functions that are not allowed are called.",
        "tools.choice_allowed",
        with_any_tool,
        parameter="tool_choice",
    ),
    repaired(
        "calls_nothing_by_default",
        "Without a choice no function is called.",
        "tools.choice_auto",
        without_default_choice,
        parameter="tools",
    ),
    ignored(
        "calls_in_parallel_always",
        "Parallel calls cannot be switched off.",
        "tools.parallel_false",
        lambda request: replace(request, parallel_tool_calls=True),
        parameter="parallel_tool_calls",
    ),
)
