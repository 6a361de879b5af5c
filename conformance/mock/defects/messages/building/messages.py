"""Changes of messages, plain and as what a stream is made from, and of errors."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.server.refusal import Refusal

Message = Callable[[Any, Json], Json]


def with_fields(**fields: Any) -> Message:
    """Return the mutation that sets fields of a message."""
    return lambda request, message: {**message, **fields}


def without_fields(*names: str) -> Message:
    """Return the mutation that leaves fields of a message out."""
    return lambda request, message: {name: value for name, value in message.items() if name not in names}


def with_usage(**counts: Any) -> Message:
    """Return the mutation that sets counts of the usage."""
    return lambda request, message: {**message, "usage": {**message["usage"], **counts}}


def without_usage(*names: str) -> Message:
    """Return the mutation that leaves counts of the usage out."""

    def changed(request: Any, message: Json) -> Json:
        kept = {name: value for name, value in message["usage"].items() if name not in names}
        return {**message, "usage": kept}

    return changed


def with_blocks(kind: str, change: Callable[[Json], Json]) -> Message:
    """Return the mutation that changes the blocks of a type."""

    def changed(request: Any, message: Json) -> Json:
        blocks = [change(block) if block["type"] == kind else block for block in message["content"]]
        return {**message, "content": blocks}

    return changed


def with_error(change: Callable[[Json], Any], status: int | None = None) -> Callable[[Refusal], Refusal]:
    """Return the mutation of the body of an error, and of its status if one is given."""

    def changed(refusal: Refusal) -> Refusal:
        error = refusal.error
        body = {"type": "error", "error": {"type": "invalid_request_error", "message": error.message}}
        return refusal.with_json(change({**body, "request_id": "req_0"}), status)

    return changed
