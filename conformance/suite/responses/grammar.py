"""The grammar of a stream of this API: what events it has, in which order, and that all of them tell the same.

Each function returns what is wrong with a stream, or None.  A stream whose events are no JSON has no grammar; its reader says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.surfaces.responses.reply import ENDINGS, ResponsesReply

Event = dict[str, Any]

LIFECYCLE = ("response.created", "response.queued", "response.in_progress", *ENDINGS)
ADDED, DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
# The events that carry the content of an item in pieces, each with the one that has the whole, and the key of the whole.
WHOLES = {
    "response.output_text.delta": ("response.output_text.done", "text"),
    "response.refusal.delta": ("response.refusal.done", "refusal"),
    "response.function_call_arguments.delta": ("response.function_call_arguments.done", "arguments"),
    "response.custom_tool_call_input.delta": ("response.custom_tool_call_input.done", "input"),
    "response.reasoning_text.delta": ("response.reasoning_text.done", "text"),
    "response.reasoning_summary_text.delta": ("response.reasoning_summary_text.done", "text"),
}
_DONES = tuple(done for done, _ in WHOLES.values())
SUMMARIES = (
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_part.done",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
)
_HOSTED = (
    "web_search_call", "file_search_call", "code_interpreter_call", "code_interpreter_call_code",
    "image_generation_call", "mcp_call", "mcp_call_arguments", "mcp_list_tools",
)  # fmt: skip
KNOWN = {*LIFECYCLE, ADDED, DONE, PART_ADDED, PART_DONE, *WHOLES, *_DONES, *SUMMARIES, "error", "keepalive"}
KNOWN |= {"response.output_text.annotation.added"}
IN_PARTS = (
    "response.output_text.delta",
    "response.output_text.done",
    "response.refusal.delta",
    "response.refusal.done",
)


def kind(event: Event) -> str:
    """Return the type of an event; empty if it has none."""
    value = event.get("type")
    return value if isinstance(value, str) else ""


def is_known(event: Event) -> bool:
    """Return whether an event is of a documented type."""
    name = kind(event)
    return name in KNOWN or any(name.startswith(f"response.{tool}.") for tool in _HOSTED)


def of(reply: ResponsesReply, *kinds: str) -> list[Event]:
    """Return the events of these types."""
    return [event for event in reply.events if kind(event) in kinds]


def response_of(event: Event) -> dict[str, Any]:
    """Return the response that an event carries; empty if it carries none."""
    response = event.get("response")
    return response if isinstance(response, dict) else {}


def item_of(event: Event) -> dict[str, Any]:
    """Return the item that an event carries; empty if it carries none."""
    item = event.get("item")
    return item if isinstance(item, dict) else {}


def about_items(reply: ResponsesReply) -> Iterator[Event]:
    """Yield the events of documented types that are about an item."""
    for event in reply.events:
        if kind(event) and is_known(event) and kind(event) not in (*LIFECYCLE, "error", "keepalive"):
            yield event


def last_items(reply: ResponsesReply) -> list[dict[str, Any]]:
    """Return the items of the response that ends a stream."""
    output = response_of(reply.endings[-1]).get("output") if reply.endings else None
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def starts_with_created(reply: ResponsesReply) -> str | None:
    """Check that response.created comes before any other documented event, with a response that has no output yet."""
    first = next((event for event in reply.events if is_known(event)), {})
    if kind(first) != "response.created":
        return f"the first event must be response.created, got {kind(first)!r}"
    if not response_of(first):
        return "response.created must carry the response, got none"
    output = response_of(first).get("output")
    return None if output == [] else f"the response in response.created must have an empty output, got {output!r:.80}"


def names_match(reply: ResponsesReply) -> str | None:
    """Check that the name of each event is the type in its data."""
    for number, (name, event) in enumerate(reply.named_events, 1):
        if name != kind(event):
            return f"event {number} of type {kind(event)!r} must have the same name, got {name!r}"
    return None


def numbers_follow(reply: ResponsesReply) -> str | None:
    """Check that the events are numbered from 0, each by one more than the last."""
    for number, event in enumerate(reply.events):
        found = event.get("sequence_number")
        if found != number or isinstance(found, bool):
            return f"sequence_number of event {number + 1} ({kind(event)}) must be {number}, got {found!r:.40}"
    return None


def items_announced(reply: ResponsesReply) -> str | None:
    """Check that each item is announced once, before all its events, in a form to which they can be added."""
    announced: set[str] = set()
    for event in about_items(reply):
        index = repr(event.get("output_index"))
        if kind(event) != ADDED:
            if index not in announced:
                return f"{kind(event)} comes for the item at {index}, which no response.output_item.added announced"
            continue
        if index in announced:
            return f"the item at {index} is announced twice"
        announced.add(index)
        item = item_of(event)
        if item.get("type") == "message" and not isinstance(item.get("content"), list):
            return f"a message must be announced with content, a list, got {item.get('content')!r:.40}"
        if item.get("type") == "function_call" and not isinstance(item.get("arguments"), str):
            return f"a call must be announced with arguments, a text, got {item.get('arguments')!r:.40}"
        if not isinstance(item.get("type"), str):
            return f"response.output_item.added must carry an item with a type, got {item!r:.60}"
    return None


def parts_announced(reply: ResponsesReply) -> str | None:
    """Check that each part of a message is announced, empty, before its text."""
    announced: dict[str, Any] = {}
    for event in reply.events:
        place = f"{event.get('output_index')!r}, {event.get('content_index')!r}"
        if kind(event) == PART_ADDED:
            part = event.get("part")
            announced[place] = part.get("type") if isinstance(part, dict) else None
            if announced[place] not in ("output_text", "refusal", "reasoning_text"):
                return f"a part must be announced with type output_text or refusal, got {part!r:.60}"
            if announced[place] == "output_text" and (not isinstance(part, dict) or part.get("text") != ""):
                return f"a part must be announced with an empty text, got {part!r:.80}"
        elif kind(event) in IN_PARTS and place not in announced:
            return f"{kind(event)} comes for a part that no response.content_part.added announced"
    return None


def indexes_count(reply: ResponsesReply) -> str | None:
    """Check that items count from 0 by output_index, and the parts of each message from 0 by content_index."""
    expected = 0
    parts: dict[int, int] = {}
    for event in about_items(reply):
        index = event.get("output_index")
        if not isinstance(index, int) or isinstance(index, bool):
            return f"output_index of {kind(event)} must be an integer, got {index!r:.40}"
        if kind(event) == ADDED:
            if index != expected:
                return f"the item must be announced at output_index {expected}, got {index}"
            expected += 1
        if kind(event) in (PART_ADDED, PART_DONE, *IN_PARTS):
            part = event.get("content_index")
            if not isinstance(part, int) or isinstance(part, bool):
                return f"content_index of {kind(event)} must be an integer, got {part!r:.40}"
            if kind(event) == PART_ADDED:
                if part != parts.get(index, 0):
                    return f"the part must be announced at content_index {parts.get(index, 0)}, got {part}"
                parts[index] = part + 1
    return None


def same_item_ids(reply: ResponsesReply) -> str | None:
    """Check that an item has one id in all its events, and in the response that ends the stream."""
    ids: dict[str, Any] = {}
    for event in about_items(reply):
        index = repr(event.get("output_index"))
        found = item_of(event).get("id") if kind(event) in (ADDED, DONE) else event.get("item_id")
        if not isinstance(found, str) or not found:
            return f"{kind(event)} must have the id of its item, got {found!r:.40}"
        if ids.setdefault(index, found) != found:
            return f"the id of the item at {index} changes from {ids[index]!r} to {found!r} in {kind(event)}"
    for number, item in enumerate(last_items(reply)):
        known = ids.get(repr(number))
        if known is not None and item.get("id") != known:
            return (
                f"the id of the item at {number} is {known!r} in its events and {item.get('id')!r:.60} in the last one"
            )
    return None


def same_response_id(reply: ResponsesReply) -> str | None:
    """Check that all events that carry the response carry the same id."""
    found = [response_of(event).get("id") for event in of(reply, *LIFECYCLE)]
    odd = next((name for name in found if not isinstance(name, str) or not name), None)
    if odd is not None or not all(isinstance(name, str) for name in found):
        return f"each response must have an id, got {odd!r:.40}"
    return None if len(set(found)) <= 1 else f"the id of the response changes from {found[0]!r} to {found[-1]!r}"


def wholes_agree(reply: ResponsesReply, *kinds: str) -> str | None:
    """Check that pieces add up to the event with the whole, to the item at its end, and to the last response."""
    for delta in kinds:
        done, key = WHOLES[delta]
        for place, text in _sums(reply, delta).items():
            whole = [event.get(key) for event in of(reply, done) if _place(event) == place]
            if whole and whole[-1] != text:
                return f"{done} must have what the pieces add up to, {text!r:.60}, got {whole[-1]!r:.60}"
            for where, item in (("at its end", _item_at(reply, place)), ("in the last event", _last_at(reply, place))):
                if item is not None and _content(item, place, key) not in (None, text):
                    return f"the item {where} must have {text!r:.60}, got {_content(item, place, key)!r:.60}"
    return None


def texts_agree(reply: ResponsesReply) -> str | None:
    """Check the text of messages, also in the events that close its parts."""
    for place, text in _sums(reply, "response.output_text.delta").items():
        for event in of(reply, PART_DONE):
            part = event.get("part")
            shown = part.get("text") if isinstance(part, dict) else None
            if _place(event) == place and shown != text:
                return f"{PART_DONE} must have the text {text!r:.60}, got {shown!r:.60}"
    return wholes_agree(reply, "response.output_text.delta", "response.refusal.delta")


def closed_once(reply: ResponsesReply) -> str | None:
    """Check that every item, and every part of a message with its text, is closed by exactly one event each."""
    for opening, closings in ((ADDED, (DONE,)), (PART_ADDED, (PART_DONE,))):
        for event in of(reply, opening):
            for closing in closings:
                if fault := _once(reply, event, closing):
                    return fault
    for event in of(reply, PART_ADDED):
        part = event.get("part")
        name = part.get("type") if isinstance(part, dict) else None
        if name in ("output_text", "refusal") and (fault := _once(reply, event, f"response.{name}.done")):
            return fault
    return None


def one_ending(reply: ResponsesReply) -> str | None:
    """Check that one event ends the stream, as the last one."""
    if len(reply.endings) != 1:
        names = ", ".join(map(kind, reply.endings)) or "none"
        return f"one event must end the stream, got {names}"
    last = reply.events[-1]
    return None if last is reply.endings[0] else f"{kind(reply.endings[0])} must come last, {kind(last)} comes after it"


def ending_has_output(reply: ResponsesReply) -> str | None:
    """Check that the last response has the items that were announced."""
    if not reply.endings:
        return None
    announced = [item_of(event).get("type") for event in of(reply, ADDED)]
    output = response_of(reply.endings[-1]).get("output")
    if not isinstance(output, list):
        return f"output of the last response must be a list, got {output!r:.40}"
    kept = [item.get("type") for item in output if isinstance(item, dict)]
    return None if kept == announced else f"the last response must have the items {announced}, got {kept}"


def ending_has_usage(reply: ResponsesReply) -> str | None:
    """Check that the last response has usage."""
    found = response_of(reply.endings[-1]).get("usage") if reply.endings else {}
    return None if isinstance(found, dict) else f"the last response must have usage, got {found!r}"


def ending_has_its_status(reply: ResponsesReply) -> str | None:
    """Check that the status of the last response is that of the event's type."""
    for event in reply.endings:
        wanted, found = ENDINGS[kind(event)], response_of(event).get("status")
        if found != wanted:
            return f"the response in {kind(event)} must have the status {wanted!r}, got {found!r:.40}"
    return None


def calls_complete(reply: ResponsesReply) -> str | None:
    """Check that each call of a function comes with its arguments in pieces, with all of them, and with its end."""
    for event in _announced(reply, "function_call"):
        place = _place(event)
        name = "response.function_call_arguments"
        done = [each.get("arguments") for each in of(reply, f"{name}.done") if _place(each) == place]
        if len(done) != 1:
            return f"{name}.done must come once for each call, got {len(done)}"
        if done[0] and not any(_place(each) == place for each in of(reply, f"{name}.delta")):
            return f"arguments must come in pieces, no {name}.delta came"
        if fault := _once(reply, event, DONE):
            return fault
    return None


def done_has_name(reply: ResponsesReply) -> str | None:
    """Check that the event with all arguments of a call names the function."""
    names = {_place(event): item_of(event).get("name") for event in _announced(reply, "function_call")}
    for event in of(reply, "response.function_call_arguments.done"):
        wanted = names.get(_place(event))
        if event.get("name") != wanted:
            return f"response.function_call_arguments.done must name {wanted!r}, got {event.get('name')!r}"
    return None


def same_call_ids(reply: ResponsesReply) -> str | None:
    """Check that a call has one call_id from its announcement to the last response."""
    for event in _announced(reply, "function_call", "custom_tool_call"):
        place, wanted = _place(event), item_of(event).get("call_id")
        if not isinstance(wanted, str) or not wanted:
            return f"a call must be announced with a call_id, got {wanted!r:.40}"
        for where, item in (("at its end", _item_at(reply, place)), ("in the last event", _last_at(reply, place))):
            if item is not None and item.get("call_id") != wanted:
                return f"call_id changes from {wanted!r} to {item.get('call_id')!r:.60} {where}"
    return None


def calls_apart(reply: ResponsesReply) -> str | None:
    """Check that several calls have an output_index and an item id each."""
    called = [event for event in of(reply, ADDED) if item_of(event).get("type") == "function_call"]
    for what, values in (
        ("output_index", [event.get("output_index") for event in called]),
        ("item id", [item_of(event).get("id") for event in called]),
    ):
        if len({repr(value) for value in values}) < len(values):
            return f"each of {len(values)} calls must have an {what} of its own, got {values!r:.120}"
    return None


def summaries_placed(reply: ResponsesReply) -> str | None:
    """Check that each event of a summary says to which item and part it belongs."""
    for event in of(reply, *SUMMARIES):
        if not isinstance(event.get("item_id"), str):
            return f"{kind(event)} must have an item_id, got {event.get('item_id')!r:.40}"
        for name in ("output_index", "summary_index"):
            if not isinstance(event.get(name), int):
                return f"{kind(event)} must have {name}, an integer, got {event.get(name)!r:.40}"
    return None


def _announced(reply: ResponsesReply, *types: str) -> list[Event]:
    return [event for event in of(reply, ADDED) if item_of(event).get("type") in types]


def _place(event: Event) -> tuple[str, str]:
    """Return the item and the part of it that an event is about."""
    return repr(event.get("output_index")), repr(event.get("content_index", event.get("summary_index")))


def _sums(reply: ResponsesReply, delta: str) -> dict[tuple[str, str], str]:
    """Return what the pieces of one type add up to, by place."""
    sums: dict[tuple[str, str], list[str]] = {}
    for event in of(reply, delta):
        if isinstance(piece := event.get("delta"), str):
            sums.setdefault(_place(event), []).append(piece)
    return {place: "".join(pieces) for place, pieces in sums.items()}


def _item_at(reply: ResponsesReply, place: tuple[str, str]) -> dict[str, Any] | None:
    """Return the item of a place as the event of its end has it; None without one."""
    found = [item_of(event) for event in of(reply, DONE) if repr(event.get("output_index")) == place[0]]
    return found[-1] if found else None


def _last_at(reply: ResponsesReply, place: tuple[str, str]) -> dict[str, Any] | None:
    """Return the item of a place in the last response; None without one."""
    items = last_items(reply)
    return items[int(place[0])] if place[0].isdecimal() and int(place[0]) < len(items) else None


def _content(item: dict[str, Any], place: tuple[str, str], key: str) -> Any:
    """Return the text of an item at a place; None where it has none."""
    if key in ("arguments", "input"):
        return item.get(key)
    parts = item.get("summary" if item.get("type") == "reasoning" and "summary" in item else "content")
    number = int(place[1]) if place[1].isdecimal() else 0
    if not isinstance(parts, list) or number >= len(parts) or not isinstance(parts[number], dict):
        return ""
    return parts[number].get(key)


def _once(reply: ResponsesReply, opening: Event, closing: str) -> str | None:
    """Return what is wrong unless one event of this type closes what another one opened."""
    same: Callable[[Event], bool] = lambda event: _place(event) == _place(opening)  # noqa: E731  shared by two types
    count = sum(same(event) for event in of(reply, closing))
    return None if count == 1 else f"{closing} must come once after {kind(opening)}, it comes {count} times"
