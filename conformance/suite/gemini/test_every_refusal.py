"""What holds for every error of content generation, whatever mistake it answers: Google's envelope.

Each is an invariant: a function of one error, applied to every error of a model.
"""

from conformance.base.observation import mishandled
from conformance.suite.gemini.baselines import refusals
from conformance.suite.invariants import invariant
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, is_transient
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.values import as_dict, as_dicts
from conformance.trial.invariants import SILENT, Finding, Subject

# The words of Google's APIs by the status that they come with, as its description of errors maps them.
WORDS = {
    400: ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"),
    401: ("UNAUTHENTICATED",),
    403: ("PERMISSION_DENIED",),
    404: ("NOT_FOUND",),
    409: ("ABORTED", "ALREADY_EXISTS"),
    429: ("RESOURCE_EXHAUSTED",),
    500: ("INTERNAL", "UNKNOWN", "DATA_LOSS"),
    503: ("UNAVAILABLE",),
    504: ("DEADLINE_EXCEEDED",),
}
RETRY_INFO = "RetryInfo"


@invariant("gemini.error.code", about=Subject.REFUSAL, good="every code is the status", asks=refusals)
def test_code(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The code of an error is the status of its reply, as a number."""
    error, status = _error(reply), reply.exchange.status
    if error is None:
        return SILENT
    same = error.get("code") == status and not isinstance(error.get("code"), bool)
    return _look(reply, None if same else f"code must be the status {status}, got {error.get('code')!r}")


@invariant("gemini.error.not_array", about=Subject.REFUSAL, good="every error is an object", asks=refusals)
def test_not_array(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The body of an error is an object, not an array with one."""
    return _look(reply, "the body must be an object, got an array" if isinstance(reply.exchange.json, list) else None)


@invariant("gemini.error.status_name", about=Subject.REFUSAL, good="every word fits its status", asks=refusals)
def test_status_name(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The word of the status is the one that belongs to its number."""
    word, words = (_error(reply) or {}).get("status"), WORDS.get(reply.exchange.status or 0)
    if not isinstance(word, str) or words is None:
        return SILENT
    return _look(reply, None if word in words else f"the word must be {' or '.join(words)}, got {word!r}")


@invariant("gemini.error.retry_info", about=Subject.REFUSAL, good="every rate limit says how long", asks=refusals)
def test_retry_info(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The details of a rate limit say how long to wait."""
    if reply.exchange.status != 429:
        return SILENT
    details = as_dicts((_error(reply) or {}).get("details"))
    has_delay = any(RETRY_INFO in str(row.get("@type")) and row.get("retryDelay") for row in details)
    return None if has_delay else "the details of a rate limit have no RetryInfo"


def _look(reply: GeminiReply, fault: str | None) -> Finding:
    """Return the observation for a fault of an error, suspect if the server failed; an outage shows nothing."""
    if is_transient(reply.exchange) or reply.exchange.status in NOT_ABOUT_THE_REQUEST - {401, 403}:
        return SILENT
    if fault is None:
        return None
    return mishandled(f"status {reply.exchange.status}: {fault}", suspect=(reply.exchange.status or 0) >= 500)


def _error(reply: GeminiReply) -> dict[str, object] | None:
    """Return the object under the key error; None if there is none."""
    error = as_dict(reply.exchange.json).get("error")
    return error if isinstance(error, dict) else None
