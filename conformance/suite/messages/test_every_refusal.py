"""What holds for every refusal: its envelope, its type, its id, and that its message is for people.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

from conformance.base.observation import Observation, mishandled
from conformance.http.exchange import parse_json
from conformance.suite.invariants import invariant
from conformance.suite.messages.baselines import refusals
from conformance.surfaces.errors import is_transient
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.messages.words import WORDS
from conformance.surfaces.values import as_dict
from conformance.trial.invariants import SILENT, Finding, Subject

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@invariant("messages.error.type_known", about=Subject.REFUSAL, good="every type is documented", asks=refusals)
def test_type_known(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The type of an error is one of those documented."""
    kind = _error(reply).get("type")
    if kind is None:
        return SILENT
    return _look(case, reply, None if kind in TYPES.values() else f"no document knows the type {kind!r}")


@invariant("messages.error.type_status", about=Subject.REFUSAL, good="type and status agree", asks=refusals)
def test_type_status(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The type of an error is the one that is documented for its status."""
    kind, wanted = _error(reply).get("type"), TYPES.get(reply.exchange.status or 0)
    if kind not in TYPES.values() or wanted is None:
        return SILENT
    return _look(case, reply, None if kind == wanted else f"the type must be {wanted!r}, got {kind!r}")


@invariant("messages.error.request_id", about=Subject.REFUSAL, good="every error has a request id", asks=refusals)
def test_request_id(case: MessagesCase, reply: MessagesReply) -> Finding:
    """An error has an id to report: in the header request-id, which client libraries read, or in the body."""
    in_body = as_dict(reply.exchange.json).get("request_id")
    named = reply.exchange.header("request-id") or (isinstance(in_body, str) and in_body)
    return _look(case, reply, None if named else "no request id, neither in request-id nor in the body")


@invariant(
    "messages.error.no_nested_json", about=Subject.REFUSAL, good="every message is prose", asks=refusals, absence=True
)
def test_no_nested_json(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The message of an error is for people, and not an error of another API in JSON."""
    message = _error(reply).get("message")
    if not isinstance(message, str) or not message:
        return SILENT
    start = min((place for place in (message.find("{"), message.find("[")) if place >= 0), default=-1)
    nested = start >= 0 and isinstance(parse_json(message[start:]), dict | list)
    return _look(case, reply, f"the message holds JSON: {message[:80]!r}" if nested and "{" in message else None)


def _is_own(case: MessagesCase, reply: MessagesReply) -> bool:
    """Return whether a request was sent to a path of this API."""
    request = reply.exchange.request
    return not request.at_origin and request.path.partition("?")[0].startswith(case.context.path)


def _look(case: MessagesCase, reply: MessagesReply, fault: str | None) -> Finding:
    """Return the observation for a fault of an error, suspect if the server failed; an outage shows nothing."""
    status = reply.exchange.status or 0
    if not _is_own(case, reply) or is_transient(reply.exchange, WORDS) or status in (402, 429):
        return SILENT
    if fault is None:
        return None
    observation: Observation = mishandled(f"status {status}: {fault}", suspect=status >= 500)
    return observation


def _error(reply: MessagesReply) -> dict[str, object]:
    """Return the object under the key error; empty if there is none, which only the claim about the envelope reports."""
    return as_dict(as_dict(reply.exchange.json).get("error"))
