"""Defects of instructions."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_tools
from conformance.mock.defects.gemini.building.contents import without
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def camel_only(tool: Json) -> Json:
    """Return a tool without the names that have underscores."""
    return {name: value for name, value in tool.items() if "_" not in name}


def first_part_of_system(body: Json) -> Json:
    """Return a body with only the first part of its instruction."""
    system = body.get("systemInstruction")
    return {**body, "systemInstruction": {"parts": system["parts"][:1]}} if system else body


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_system",
        "Instructions have no effect.",
        (
            "gemini.system.camel",
            "gemini.system.snake",
            "gemini.system.parts",
            "gemini.system.long",
            "gemini.count.system",
        ),
        reports=("N139",),
        body=without("systemInstruction", "system_instruction"),
    ),
    GeminiDefect(
        "gemini_reads_first_part_of_system",
        "Only the first part of an instruction has an effect.",
        ("gemini.system.parts",),
        reports=("N140",),
        body=first_part_of_system,
    ),
    GeminiDefect(
        "gemini_ignores_underscores",
        "Fields with underscores in their names are dropped.",
        ("gemini.system.snake", "gemini.case.generation_config", "gemini.case.function_declarations"),
        body=lambda body: without("system_instruction", "generation_config", "tool_config")(of_tools(camel_only)(body)),
    ),
)
