"""Defects of what is stored of a response: going on from it, reading it, listing it, and making it in the background."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import drop
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.responses.request import ResponsesRequest

UNKNOWN = "resp_000000"  # how the id of a response begins that nobody can have


def without_known_previous(body: Json) -> Json:
    """Return a body that does not go on from a response, unless that cannot exist."""
    stays = str(body["previous_response_id"]).startswith(UNKNOWN)
    return body if stays else drop("previous_response_id")(body)


def without_earlier_inputs(request: ResponsesRequest) -> ResponsesRequest:
    """Return a request that goes on from what earlier responses said, but not from what they were asked."""
    if not isinstance(request.body["input"], str):
        return request
    *earlier, last = request.messages
    return replace(request, messages=(*(message for message in earlier if message["role"] != "user"), last))


def unlinked_words(body: Json) -> Json:
    """Return a body that asks for a single word without the response that it goes on from."""
    return without_known_previous(body) if "Reply with the single word" in str(body.get("input")) else body


def refused_results(body: Json) -> Json:
    """Refuse the result of a call that an earlier response made."""
    if "function_call_output" in str(body.get("input")):
        raise ApiError("No tool call found for function call output.", param="input")
    return body


def refused_branch(body: Json) -> Json:
    """Refuse to go on from a response with something new to keep in mind."""
    return refused_previous(body) if "The code word is" in str(body.get("input")) else body


def without_output(body: Json) -> Json:
    """Return a stored response without its output."""
    return {**body, "output": []} if body.get("object") == "response" and "output" in body else body


def not_deleted(body: Json) -> Json:
    """Return what is said of a deleted response, as if it were kept."""
    return {**body, "deleted": False} if "deleted" in body else body


def in_one_order(body: Json) -> Json:
    """Return a list that is in the opposite order."""
    return {**body, "data": body["data"][::-1]} if body.get("object") == "list" else body


def without_ids_of_items(body: Json) -> Json:
    """Return a list whose items have no ids."""
    if body.get("object") != "list":
        return body
    return {**body, "data": [drop("id")(item) for item in body["data"]], "first_id": None, "last_id": None}


def found_only_with_text(request: ResponsesRequest) -> ResponsesRequest:
    """Return a request; raise ApiError if it goes on from a response without a text or a call."""
    *before, _ = request.messages
    if before and before[-1]["role"] == "user" and "previous_response_id" in request.body:
        refused_previous(request.body)
    return request


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


def refused_previous(body: Json) -> Json:
    """Refuse a body that goes on from a response."""
    message = f"Previous response with id '{body['previous_response_id']}' not found."
    raise ApiError(message, param="previous_response_id", code="previous_response_not_found")


def without_path(body: Json) -> Json:
    """Refuse to read what is stored, as if there were no such path; tokens can be counted."""
    if "input_tokens" in body:
        return body
    raise ApiError("Invalid URL.", status=404)
