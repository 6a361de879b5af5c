"""What several defects of content generation share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.profiles import Profile
from conformance.mock.surfaces.gemini.request import GeminiRequest
from conformance.mock.surfaces.gemini.settings import Rule

Change = Callable[[Json], Json]
Chunks = Iterator[Json]
Condition = Callable[[GeminiRequest], bool]


def always(request: GeminiRequest) -> bool:
    """Return that a defect shows on every request."""
    return True


def is_short(request: GeminiRequest) -> bool:
    """Return whether a request asks for a single word, and for nothing that depends on the form of the answer."""
    plain = request.form.kind == "text" and not request.tools and not request.stop
    return plain and request.prompt.startswith("Reply with the single word")


def counts_up(request: GeminiRequest) -> bool:
    """Return whether a request asks to count, without stop sequences."""
    return request.prompt.startswith("Count from") and not request.stop


def plainly(change: Change, when: Condition = always) -> Mutation[Json]:
    """Return a mutation of the response of a plain answer."""

    def changed(request: GeminiRequest, body: Json) -> Json:
        return change(body) if when(request) else body

    return changed


def streaming(change: Change, when: Condition = always) -> Mutation[Iterator[Json]]:
    """Return a mutation of every response of a stream."""

    def changed(request: GeminiRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        yield from (change(chunk) if when(request) else chunk for chunk in chunks)

    return changed


def everywhere(change: Change, when: Condition = always) -> dict[str, Any]:
    """Return the seams at which each response is changed, of plain answers and of streams."""
    return {"whole": plainly(change, when), "events": streaming(change, when)}


def of_candidates(change: Change) -> Change:
    """Return a change of a response that changes each of its candidates."""

    def changed(body: Json) -> Json:
        if "candidates" not in body:
            return body
        return {**body, "candidates": [change(candidate) for candidate in body["candidates"]]}

    return changed


def of_parts(change: Callable[[list[Json]], list[Json]]) -> Change:
    """Return a change of a response that changes the list of parts of each candidate that has parts."""

    def changed(candidate: Json) -> Json:
        content = candidate.get("content", {})
        return (
            {**candidate, "content": {**content, "parts": change(content["parts"])}}
            if "parts" in content
            else candidate
        )

    return of_candidates(changed)


def of_usage(change: Change) -> Change:
    """Return a change of a response that changes its usage."""

    def changed(body: Json) -> Json:
        return {**body, "usageMetadata": change(body["usageMetadata"])} if "usageMetadata" in body else body

    return changed


def checked_by(**rules: Rule) -> Callable[[Profile], Profile]:
    """Return a change of a profile that replaces rules for settings."""
    return lambda profile: replace(profile, settings={**profile.settings, **rules})


def refuse(path: str, value: Any) -> None:
    """Refuse any value of a setting."""
    raise ApiError(f"{path} is not supported.", param=path)


def without(item: Json, *names: str) -> Json:
    """Return an object without some of its keys."""
    return {name: value for name, value in item.items() if name not in names}


def of_tools(change: Change) -> Change:
    """Return a change of a body that changes each of its tools."""

    def changed(body: Json) -> Json:
        tools = body.get("tools")
        return {**body, "tools": [change(tool) for tool in tools]} if isinstance(tools, list) else body

    return changed


def of_declarations(change: Change) -> Change:
    """Return a change of a body that changes each function that it declares."""

    def changed(tool: Json) -> Json:
        declared = tool.get("functionDeclarations")
        return {**tool, "functionDeclarations": [change(each) for each in declared]} if declared else tool

    return of_tools(changed)


def of_given_parts(change: Callable[[list[Json]], list[Json]]) -> Change:
    """Return a change of a body that changes the parts of each turn."""

    def changed(body: Json) -> Json:
        contents = body.get("contents")
        turns = contents if isinstance(contents, list) else []
        if not turns or not all(isinstance(turn, dict) and isinstance(turn.get("parts"), list) for turn in turns):
            return body
        return {**body, "contents": [{**turn, "parts": change(turn["parts"])} for turn in turns]}

    return changed


def says_word(body: Json) -> bool:
    """Return whether a body asks for a single word."""
    return "Reply with the single word" in str(body.get("contents"))


def of_config(change: Change) -> Change:
    """Return a change of a body that changes its settings."""

    def changed(body: Json) -> Json:
        config = body.get("generationConfig")
        return {**body, "generationConfig": change(config)} if isinstance(config, dict) else body

    return changed
