"""Defects of what is stored of a response: going on from it, reading it, listing it, and making it in the background."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building import drop, named, repaired
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.responses.defect import ResponsesDefect

UNKNOWN = "resp_000000"  # how the id of a response begins that nobody can have


def without_known_previous(body: Json) -> Json:
    """Return a body that does not go on from a response, unless that cannot exist."""
    stays = str(body["previous_response_id"]).startswith(UNKNOWN)
    return body if stays else drop("previous_response_id")(body)


def without_output(body: Json) -> Json:
    """Return a stored response without its output."""
    return {**body, "output": []} if body.get("object") == "response" and "output" in body else body


def not_deleted(body: Json) -> Json:
    """Return what is said of a deleted response, as if it were kept."""
    return {**body, "deleted": False} if "deleted" in body else body


def in_one_order(body: Json) -> Json:
    """Return a list that is in the opposite order."""
    return {**body, "data": body["data"][::-1]} if body.get("object") == "list" else body


def never_cancelled(body: Json) -> Json:
    """Return a response that is in progress although it was cancelled."""
    return {**body, "status": "in_progress"} if body.get("status") == "cancelled" else body


def counted_apart(body: Json) -> Json:
    """Return a count of input tokens that is one higher."""
    return {**body, "input_tokens": body["input_tokens"] + 1} if "input_tokens" in body else body


def found_nothing(refusal: Refusal) -> Refusal:
    """Return the refusal of an unknown response as a failure of the server."""
    return replace(refusal, status=500) if refusal.error.code == "response_not_found" else refusal


def read_by_anybody(refusal: Refusal) -> Refusal:
    """Return a response in place of the refusal of a reader without the right key."""
    if refusal.method != "GET" or refusal.error.status != 401:
        return refusal
    return refusal.with_json({"id": "resp_1", "object": "response", "status": "completed", "output": []}, 200)


DEFECTS = (
    repaired(
        "forgets_earlier_responses",
        "A request does not go on from the response that it names.",
        "state.previous state.previous_chain3 state.previous_after_store_false tools.second_turn_by_id",
        without_known_previous,
        parameter="previous_response_id",
    ),
    repaired(
        "makes_all_at_once",
        "A response in the background is made at once.",
        "state.background state.cancel",
        lambda body: drop("background")(body) if body.get("store") is not False else body,
        parameter="background",
    ),
    ResponsesDefect(
        "reads_no_output", "A stored response is read without its output.", named("state.get"), stored=without_output
    ),
    ResponsesDefect(
        "deletes_nothing", "A response that was deleted is said to be kept.", named("state.delete"), stored=not_deleted
    ),
    ResponsesDefect(
        "lists_in_one_order",
        "Input items are listed in the opposite order.",
        named("state.input_items"),
        stored=in_one_order,
    ),
    ResponsesDefect(
        "cancels_nothing",
        "A response that was cancelled stays in progress.",
        named("state.cancel"),
        stored=never_cancelled,
    ),
    ResponsesDefect(
        "counts_inputs_apart",
        "The count of an input is not what is billed.",
        named("state.input_tokens"),
        stored=counted_apart,
    ),
    ResponsesDefect(
        "fails_on_unknown_responses",
        "Reading an unknown response fails with a 500.",
        named("state.get_unknown state.delete"),
        refusal=found_nothing,
    ),
    ResponsesDefect(
        "lets_anybody_read",
        "A stored response can be read without a key.",
        named("state.no_key"),
        refusal=read_by_anybody,
    ),
)
