"""Joining the events of a stream into the items of the response that they add up to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def joined(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the items that the events of a stream add up to, in the order of their indexes."""
    items: dict[str, _ItemBuilder] = {}
    for event in events:
        kind = event.get("type")
        if isinstance(kind, str) and ("output_index" in event or isinstance(event.get("item"), dict)):
            items.setdefault(json.dumps(event.get("output_index")), _ItemBuilder()).add(kind, event)
    # An index may be of any type; as text of equal length, integers come in their order.
    built = sorted(items.items(), key=lambda pair: pair[0].zfill(6))
    return [item for _, builder in built if (item := builder.item())]


class _ItemBuilder:
    """One item, built from its events.  Texts are joined once, at the end: joining them at every delta takes quadratic time."""

    def __init__(self) -> None:
        self._item: dict[str, Any] = {}
        self._parts: dict[str, dict[str, Any]] = {}
        self._texts: dict[tuple[str, str], list[str]] = {}

    def add(self, kind: str, event: Mapping[str, Any]) -> None:
        """Add one event."""
        if isinstance(item := event.get("item"), dict):
            self._item.update(item)
        elif isinstance(part := event.get("part"), dict) and kind.startswith("response.content_part."):
            self._parts.setdefault(json.dumps(event.get("content_index")), {}).update(part)
        elif isinstance(delta := event.get("delta"), str):
            place = event.get("content_index", event.get("summary_index"))
            self._texts.setdefault((kind, json.dumps(place)), []).append(delta)

    def item(self) -> dict[str, Any]:
        """Return the item as in a reply without streaming."""
        texts = {key: "".join(pieces) for key, pieces in self._texts.items()}
        for (kind, place), text in texts.items():
            if kind == "response.output_text.delta":
                self._parts.setdefault(place, {}).update({"type": "output_text", "text": text})
            elif kind == "response.refusal.delta":
                self._parts.setdefault(place, {}).update({"type": "refusal", "refusal": text})
            elif kind == "response.function_call_arguments.delta":
                self._item["arguments"] = text
            elif kind == "response.custom_tool_call_input.delta":
                self._item["input"] = text
        if self._parts:
            self._item["content"] = [part for _, part in sorted(self._parts.items(), key=lambda pair: pair[0].zfill(6))]
        return self._item
