"""The input items of a stored response: the list of them, in both orders and in pages."""

from collections.abc import Mapping
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled
from conformance.base.validation import problem
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.responses.test_state import without_path
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase
from conformance.surfaces.values import as_dict

_ID = {"type": "string", "minLength": 1}
_ITEM = {"type": "object", "required": ["id", "type"], "properties": {"id": _ID, "type": _ID}}
LIST = {
    "type": "object",
    "required": ["object", "data", "first_id", "last_id", "has_more"],
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": _ITEM},
        "has_more": {"type": "boolean"},
    },
}


@claim("responses.state.input_items")
async def test_input_items(case: ResponsesCase, ask: Ask) -> Observation:
    """The items of the input of a stored response can be listed, in both orders and in pages."""
    items = [{"role": "user", "content": f"Reply with the single word: {word}"} for word in ("first", "second")]
    first = await ask.control(case.control(items))
    listed = await ask(case.stored(first.response_id, "/input_items?order=asc"))
    if not isinstance(listed.body.get("data"), list):
        return without_path(listed)
    names = [as_dict(item).get("id") for item in listed.body["data"]]
    page = "/input_items?order=desc&limit=1"
    backwards = await ask(case.stored(first.response_id, page))
    for reply in (listed, backwards):
        if fault := list_fault(reply.body):
            return mishandled(fault)
    if len(names) != len(items):
        return mishandled(f"a list of {len(items)} items must come, got {listed.body!r:.120}")
    if _ids(backwards) != names[-1:] or backwards.body["has_more"] is not True:
        return mishandled(f"the first page of the other order must be the last item, got {backwards.body!r:.120}")
    after = await ask(case.stored(first.response_id, f"{page}&after={names[-1]}"))
    if fault := list_fault(after.body):
        return mishandled(fault)
    if _ids(after) != names[:1] or after.body["has_more"] is not False:
        return mishandled(f"the page after the last item must be the first one, and no more, got {after.body!r:.120}")
    return honoured(f"{len(names)} items, in both orders and in pages")


def list_fault(body: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a list of items; None if nothing is."""
    if wrong := problem(body, LIST):
        return f"a list of items must have its documented form: {wrong}"
    ends = [item["id"] for item in (*body["data"][:1], *body["data"][-1:])] or [None, None]
    told = [body["first_id"], body["last_id"]]
    return None if told == ends else f"first_id and last_id must be the ids of the ends, {ends}, got {told}"


def _ids(reply: ResponsesReply) -> list[str]:
    return [item["id"] for item in reply.body["data"]]
