"""A request for content: the engine's record with the fields that only this API has.

Reading a request checks it against the profile of its model; nothing here may answer it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Form, Request
from conformance.mock.surfaces.gemini.contents import read_content, read_contents
from conformance.mock.surfaces.gemini.conversation import messages_of
from conformance.mock.surfaces.gemini.fields import array, fields, invalid, snake, text
from conformance.mock.surfaces.gemini.profiles import Profile
from conformance.mock.surfaces.gemini.settings import OneOf, json_schema, schema

CONFIG = "generation_config"
BODY = (
    *("contents", "systemInstruction", "generationConfig", "tools", "toolConfig", "safetySettings", "cachedContent"),
    *("model", "serviceTier", "labels", "store"),
)
BUILT_IN = ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "googleMaps")
TOOL = ("functionDeclarations", *BUILT_IN)
DECLARATION = (
    "name",
    "description",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
    "behavior",
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
MODES = ("AUTO", "ANY", "NONE", "VALIDATED")
CATEGORIES = (
    *("HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT"),
    *("HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY"),
)
THRESHOLDS = ("BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF")
TIERS = ("FLEX", "STANDARD", "PRIORITY")
EFFORTS = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
# Budgets of thinking from which on the engine spends more: it knows three sizes.
SIZES = ((4096, "high"), (1024, "medium"), (1, "low"))


@dataclass(frozen=True, kw_only=True)
class GeminiRequest(Request):
    """A request for the engine, with the fields that only the reply and its stream use.

    `contents` is the conversation as this API has it, `built_in` names the tools of the provider that may be used, `as_events`
    says whether a stream is sent as events rather than as an array.
    """

    contents: list[dict[str, Any]] = field(repr=False)
    include_thoughts: bool = False
    enum: bool = False
    built_in: tuple[str, ...] = ()
    as_events: bool = True


def read(model: str, profile: Profile, body: dict[str, Any], **how: Any) -> GeminiRequest:
    """Return the request in a body; raise ApiError if the profile refuses it.  `how` goes to GeminiRequest."""
    known = fields("", body, BODY, lenient=profile.lenient)
    settings = read_settings(known.get("generationConfig", {}), profile)
    contents = read_contents(known.get("contents"))
    for check in profile.checks:
        check(contents)
    system = read_content("system_instruction", known["systemInstruction"]) if "systemInstruction" in known else None
    messages = messages_of(system, contents)
    declared, built_in = read_tools(known.get("tools", []), profile)
    tools, choice = offered(declared, known.get("toolConfig", {}))
    check_safety(known.get("safetySettings", []))
    if "cachedContent" in known:
        text("cached_content", known["cachedContent"])
        raise ApiError("CachedContent not found (or permission denied)", status=403, param="cached_content")
    if "serviceTier" in known:
        OneOf(TIERS, any_case=True)("service_tier", known["serviceTier"])
    thinking = settings.get("thinkingConfig", {})
    return GeminiRequest(
        model=model,
        body=body,
        contents=contents,
        messages=messages,
        n=settings.get("candidateCount", 1),
        temperature=settings.get("temperature", 1.0),
        top_p=settings.get("topP", 1.0),
        stop=settings.get("stopSequences", ()),
        cap=settings.get("maxOutputTokens"),
        tools=tools,
        tool_choice=choice,
        form=form_of(settings),
        effort=effort_of(thinking) if profile.thinks else None,
        seed=settings.get("seed"),
        include_thoughts=thinking.get("includeThoughts", False),
        enum=settings.get("responseMimeType") == "text/x.enum",
        built_in=built_in,
        **how,
    )


def read_settings(value: Any, profile: Profile) -> dict[str, Any]:
    """Return the settings to apply; raise ApiError for one that is unknown or refused, and for two that exclude each other."""
    known = fields(CONFIG, value, profile.settings, lenient=profile.lenient)
    return {name: profile.settings[name](f"{CONFIG}.{snake(name)}", part) for name, part in known.items()}


def effort_of(thinking: dict[str, Any]) -> str | None:
    """Return how much the engine reasons: by the level, else by the budget, else a little."""
    if "thinkingLevel" in thinking:
        return EFFORTS.get(thinking["thinkingLevel"])
    budget = thinking.get("thinkingBudget", -1)
    return "low" if budget < 0 else next((size for least, size in SIZES if budget >= least), None)


def form_of(settings: dict[str, Any]) -> Form:
    """Return the required form of an answer; raise ApiError for settings that exclude each other."""
    schemas = [settings[name] for name in ("responseSchema", "responseJsonSchema") if name in settings]
    if len(schemas) > 1:
        raise ApiError("Only one of response_schema and response_json_schema can be set.", param=CONFIG)
    kind = settings.get("responseMimeType", "text/plain")
    if not schemas:
        return Form("json_object") if kind == "application/json" else Form()
    if kind == "text/plain":
        raise ApiError("A response schema is only supported with response mime type application/json.", param=CONFIG)
    return Form("json_schema", schemas[0], "response_schema")


def read_tools(value: Any, profile: Profile) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """Return the declared functions as the engine has them, and the names of the provider's own tools."""
    declared: list[dict[str, Any]] = []
    built_in: list[str] = []
    for place, tool in enumerate(array("tools", value)):
        path = f"tools[{place}]"
        known = fields(path, tool, TOOL, lenient=profile.lenient)
        built_in += [name for name in BUILT_IN if name in known]
        for number, each in enumerate(array(f"{path}.function_declarations", known.get("functionDeclarations", []))):
            declared.append(read_declaration(f"{path}.function_declarations[{number}]", each))
    if declared and built_in:
        raise ApiError("Tool use with function calling is unsupported by the model.", param="tools")
    return tuple(declared), tuple(built_in)


def read_declaration(path: str, value: Any) -> dict[str, Any]:
    """Return a declared function as the engine has it."""
    known = fields(path, value, DECLARATION)
    if not NAME.fullmatch(text(f"{path}.name", known.get("name", ""))):
        raise invalid(f"GenerateContentRequest.{path}.name", "Invalid function name.")
    if "parameters" in known and "parametersJsonSchema" in known:
        raise ApiError("Only one of parameters and parameters_json_schema can be set.", param=path)
    function = {"name": known["name"], "description": known.get("description", "")}
    if "parameters" in known:
        return {**function, "parameters": schema(f"{path}.parameters", known["parameters"])}
    if "parametersJsonSchema" in known:
        return {**function, "parameters": json_schema(path, known["parametersJsonSchema"])}
    return function


def offered(declared: tuple[dict[str, Any], ...], value: Any) -> tuple[tuple[dict[str, Any], ...], str]:
    """Return the functions that may be called, and whether one must be."""
    config = fields("tool_config", value, ("functionCallingConfig", "retrievalConfig"))
    path = "tool_config.function_calling_config"
    known = fields(path, config.get("functionCallingConfig", {}), ("mode", "allowedFunctionNames"))
    mode = OneOf(MODES)(f"{path}.mode", known.get("mode", "AUTO"))
    names = array(f"{path}.allowed_function_names", known.get("allowedFunctionNames", []))
    if names and mode not in ("ANY", "VALIDATED"):
        raise ApiError("Allowed function names are only supported with mode ANY or VALIDATED.", param=path)
    if unknown := next((name for name in names if name not in [tool["name"] for tool in declared]), None):
        raise ApiError(f"The allowed function {unknown} is not declared.", param=path)
    if mode == "ANY" and not declared:
        raise ApiError("Function calling mode ANY needs function declarations.", param=path)
    kept = tuple(tool for tool in declared if not names or tool["name"] in names)
    return kept, {"ANY": "required", "NONE": "none"}.get(mode, "auto")


def check_safety(value: Any) -> None:
    """Refuse safety settings with an unknown category or threshold, and two for one category."""
    seen = set()
    for place, setting in enumerate(array("safety_settings", value)):
        path = f"safety_settings[{place}]"
        known = fields(path, setting, ("category", "threshold", "method"))
        category = OneOf(CATEGORIES)(f"{path}.category", known.get("category"))
        OneOf(THRESHOLDS)(f"{path}.threshold", known.get("threshold"))
        if category in seen:
            raise ApiError(f"Only one safety setting per category is allowed: {category}.", param=path)
        seen.add(category)
