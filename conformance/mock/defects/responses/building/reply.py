"""Defects of the fields of a response, of its items and of its usage."""

from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import field, in_items, put
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest


def with_status_of_a_cut(response: Json) -> Json:
    """Return a response that is incomplete for no reason."""
    return {**response, "status": "incomplete", "completed_at": None}


def with_reason_of_chat(response: Json) -> Json:
    """Return an incomplete response with the reason in the word of Chat Completions."""
    return response if response["status"] != "incomplete" else {**response, "incomplete_details": {"reason": "length"}}


def more_when_streamed(request: ResponsesRequest, response: Json) -> Json:
    """Return a streamed response with one input token more."""
    usage = response["usage"]
    counted = {"input_tokens": usage["input_tokens"] + 1, "total_tokens": usage["total_tokens"] + 1}
    return {**response, "usage": {**usage, **counted}} if request.stream else response


def more_when_unstored(request: ResponsesRequest, response: Json) -> Json:
    """Return a response that is not stored with one output token more."""
    usage = response["usage"]
    counted = {"output_tokens": usage["output_tokens"] + 1, "total_tokens": usage["total_tokens"] + 1}
    return response if request.store else {**response, "usage": {**usage, **counted}}


def thinking_aloud(part: Json) -> Json:
    """Return a text that begins with reasoning in tags."""
    return {**part, "text": f"<think>An easy question.</think>{part['text']}"} if "text" in part else part


def with_one_call_id(response: Json) -> Json:
    """Return a response whose calls all have the same call_id."""
    return in_items(put(call_id="call_constant"), "function_call")(response)


def with_numbered_call_ids(response: Json) -> Json:
    """Return a response whose calls have their numbers as call_ids."""
    output = [
        {**item, "call_id": f"call_{number}"} if "call_id" in item else item
        for number, item in enumerate(response["output"])
    ]
    return {**response, "output": output}


def with_whole_items(response: Json) -> Json:
    """Return a response whose items are complete, although it is not."""
    return in_items(put(status="completed"), "message")(response)


def echo(name: str, value: object, **more: object) -> ResponsesDefect:
    """Return the defect of a setting that is not repeated."""
    symptom = f"The response does not repeat {name}."
    return field(f"repeats_another_{name}", symptom, f"reply.echo_{name}", put(**{name: value}), **more)


def sent_as(media_type: str) -> Callable[[ResponsesRequest, Wire], Wire]:
    """Return a change of the content type of an answer."""
    return lambda request, wire: replace(wire, media_type=media_type)


def failed(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return an error in place of an answer, with the status of one."""
    error = {"error": {"message": "The upstream failed.", "type": "server_error", "param": None, "code": None}}
    return Wire((json_bytes(error),))
