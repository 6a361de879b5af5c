"""Joining the chunks of a stream into the choices that they add up to, in the form of a reply without streaming."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.surfaces.values import as_dict, as_dicts

# Where servers show reasoning, in a message or a delta; no document of OpenAI has such a field.
REASONING_FIELDS = ("reasoning_content", "reasoning")


def joined(chunks: Iterable[Mapping[str, Any]], single: bool) -> list[dict[str, Any]]:
    """Return the choices that the deltas of a stream add up to, by index; if `single`, all deltas belong to one choice."""
    choices: dict[Any, _ChoiceBuilder] = {}
    for chunk in chunks:
        for part in as_dicts(chunk.get("choices")):
            index = part.get("index")
            key = None if single else json.dumps(index)
            choices.setdefault(key, _ChoiceBuilder(index)).add(part)
    # As text of equal length, since an index may be of any type; no request of the suite asks for 10,000 choices.
    return sorted(
        (builder.choice() for builder in choices.values()),
        key=lambda choice: (not isinstance(choice["index"], int), str(choice["index"]).zfill(4)),
    )


class _ChoiceBuilder:
    """One choice, built from its deltas.

    Texts are joined once, at the end: joining them at every delta takes quadratic time, which is minutes for a long stream.
    """

    def __init__(self, index: Any) -> None:
        self._choice: dict[str, Any] = {"index": index, "message": {}, "finish_reason": None}
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[str, _CallBuilder] = {}

    def add(self, part: Mapping[str, Any]) -> None:
        """Add one choice of a chunk."""
        delta, message = as_dict(part.get("delta")), self._choice["message"]
        for name in ("content", "refusal", *REASONING_FIELDS):
            if isinstance(delta.get(name), str):
                message.setdefault(name, "")
                self._texts.setdefault(name, []).append(delta[name])
        if isinstance(delta.get("role"), str):
            message.setdefault("role", delta["role"])
        for call in as_dicts(delta.get("tool_calls")):
            message.setdefault("tool_calls", [])
            self._calls.setdefault(json.dumps(call.get("index")), _CallBuilder(call)).add(call)
        entries = as_dict(part.get("logprobs")).get("content")
        if isinstance(entries, list):
            self._choice.setdefault("logprobs", {"content": []})["content"].extend(entries)
        self._choice["finish_reason"] = part.get("finish_reason") or self._choice["finish_reason"]

    def choice(self) -> dict[str, Any]:
        """Return the choice as in a reply without streaming."""
        message = self._choice["message"]
        message.update({name: "".join(pieces) for name, pieces in self._texts.items()})
        if self._calls:
            message["tool_calls"] = [builder.call() for builder in self._calls.values()]
        return self._choice


class _CallBuilder:
    """One tool call, built from its deltas."""

    def __init__(self, first: Mapping[str, Any]) -> None:
        self._known = {name: first.get(name) for name in ("index", "id", "type")}
        self._name = ""
        self._arguments: list[str] = []

    def add(self, part: Mapping[str, Any]) -> None:
        """Add one fragment of the call."""
        function = as_dict(part.get("function"))
        name, arguments = function.get("name"), function.get("arguments")
        if isinstance(name, str) and name != self._name:  # some servers repeat the whole name, others send it in pieces
            self._name += name
        if isinstance(arguments, str):
            self._arguments.append(arguments)

    def call(self) -> dict[str, Any]:
        """Return the call as in a reply without streaming."""
        return {**self._known, "function": {"name": self._name, "arguments": "".join(self._arguments)}}
