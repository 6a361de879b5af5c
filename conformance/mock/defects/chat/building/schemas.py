"""Mutations that refuse schemas with a keyword, and that change the JSON of answers and arguments."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Draft
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.request import ChatRequest

Test = Callable[[Json], bool]


def refuse_schemas(wrong: Test, message: str) -> Callable[[Json], Json]:
    """Return a mutation that refuses bodies with a schema in which the test holds for a part, of an answer or a tool."""

    def body_with(body: Json) -> Json:
        for name in ("response_format", "tools"):
            if any(map(wrong, parts(body.get(name)))):
                raise ApiError(message, param=name)
        return body

    return body_with


def parts(value: Any) -> Iterator[Json]:
    """Yield every object inside a value, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def change_json(change: Callable[[str], str]) -> Mutation[Draft]:
    """Return a mutation that changes the JSON text of a structured answer, and of the arguments of calls."""

    def drafted(request: ChatRequest, draft: Draft) -> Draft:
        if draft.calls:
            calls = (replace(call, arguments=change(call.arguments)) for call in draft.calls)
            return replace(draft, calls=tuple(calls))
        return Draft(change(draft.text)) if request.form.kind != "text" else draft

    return drafted


def kept(text: str) -> str:
    """Return a text as it is."""
    return text


def change_strings(text: Callable[[str], str] = kept, key: Callable[[str], str] = kept) -> Callable[[str], str]:
    """Return a change of every text and every key in a JSON text."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key(name): changed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [changed(part) for part in value]
        return text(value) if isinstance(value, str) else value

    return lambda source: json.dumps(changed(json.loads(source)), ensure_ascii=False, separators=(",", ":"))
