"""Changes that defects of several topics share."""

import json
from collections.abc import Callable

from conformance.mock.server.refusal import Refusal

Change = Callable[[dict[str, object]], dict[str, object]]


def changed(change: Change) -> Callable[[Refusal], Refusal]:
    """Return a change of the object under error."""
    return lambda refusal: refusal.with_json({"error": change(json.loads(refusal.body)["error"])})


def as_status(status: int, when: Callable[[Refusal], bool]) -> Callable[[Refusal], Refusal]:
    """Return a change of the status of some refusals, in the body as well."""

    def change(refusal: Refusal) -> Refusal:
        if not when(refusal):
            return refusal
        error = {**json.loads(refusal.body)["error"], "code": status, "status": "INTERNAL"}
        return refusal.with_json({"error": error}, status)

    return change


def of_mode(refusal: Refusal) -> bool:
    """Return whether a mode was refused."""
    return (refusal.error.param or "").endswith("function_calling_config.mode")
