"""Defects of instructions."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_tools
from conformance.mock.defects.gemini.building.contents import without
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def camel_only(tool: Json) -> Json:
    """Return a tool without the names that have underscores."""
    return {name: value for name, value in tool.items() if "_" not in name}


def first_part_of_system(body: Json) -> Json:
    """Return a body with only the first part of its instruction."""
    system = body.get("systemInstruction")
    return {**body, "systemInstruction": {"parts": system["parts"][:1]}} if system else body


def last_part_of_system(body: Json) -> Json:
    """Return a body with only the last part of its instruction."""
    system = body.get("systemInstruction")
    return {**body, "systemInstruction": {"parts": system["parts"][-1:]}} if system else body


LONGEST = 500  # characters of an instruction that are read


def shortened(request: GeminiRequest) -> GeminiRequest:
    """Return a request with the beginning of its instruction only."""
    messages = (
        {**each, "content": [{**part, "text": part["text"][:LONGEST]} for part in each["content"]]}
        if each["role"] == "system"
        else each
        for each in request.messages
    )
    return replace(request, messages=tuple(messages))


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
        "gemini_reads_last_part_of_system",
        "Only the last part of an instruction has an effect.",
        ("gemini.system.parts",),
        body=last_part_of_system,
    ),
    GeminiDefect(
        "gemini_ignores_underscores",
        "Fields with underscores in their names are dropped.",
        ("gemini.system.snake", "gemini.case.generation_config", "gemini.case.function_declarations"),
        body=lambda body: without("system_instruction", "generation_config", "tool_config")(of_tools(camel_only)(body)),
    ),
    GeminiDefect(
        "gemini_shortens_instructions",
        "The end of a long instruction is dropped.",
        ("gemini.system.long",),
        request=shortened,
    ),
)
