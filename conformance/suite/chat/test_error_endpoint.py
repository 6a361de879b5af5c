"""Errors of the endpoint as a whole: missing or wrong keys, unreadable bodies, unknown models and paths."""

from conformance.base.observation import (
    Observation,
    accepted,
    honoured,
    mishandled,
    not_applicable,
    refused,
    unanswered,
)
from conformance.base.validation import own_problem
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.leaks import leak, shown_key
from conformance.suite.chat.mistakes import (
    errors,
    is_outage,
    is_server_fault,
    no_error,
    to_unknown_path,
)
from conformance.surfaces.chat.mistakes import FORMS
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.errors import envelope

AUTH = {"no_key": "none", "wrong_key": "wrong", "wrong_scheme": "basic"}
UNKNOWN_MODEL_STATUSES = (400, 404, 422)
NO_KEY_TO_TEST = "the target has no key, so the endpoint need not ask for one"


@claim("chat.error.no_key", "chat.error.wrong_key", "chat.error.wrong_scheme")
async def test_key(case: ChatCase, ask: Ask) -> Observation:
    """A request without the right key gets a 401 with an error in the envelope."""
    if not case.keyed:
        return not_applicable(NO_KEY_TO_TEST)
    return _unauthorised(await ask(_unauthorised_request(case, case.claim.id.rsplit(".", 1)[-1])))


@claim("chat.error.key_not_shown")
async def test_key_not_shown(case: ChatCase, ask: Ask) -> Observation:
    """The error for a wrong key shows neither the key nor a hash of it."""
    if not case.keyed:
        return not_applicable(NO_KEY_TO_TEST)
    reply = await ask(_unauthorised_request(case, "wrong_key"))
    if shown := shown_key(reply.exchange.text):
        return mishandled(f"status {reply.exchange.status}: the error shows {shown}")
    if reply.ok or is_outage(reply):
        return unanswered("the wrong key was not refused, so there is no error to look at")
    return honoured(f"status {reply.exchange.status}: neither the key nor a hash of it")


@claim("chat.error.malformed_json", "chat.error.empty_body", "chat.error.array_body", "chat.error.missing_model")
async def test_body(case: ChatCase, ask: Ask) -> Observation:
    """A request with this mistake in its body is refused."""
    return (await ask(case.with_mistake(case.claim.id.rsplit(".", 1)[-1]))).acceptance()


@claim("chat.error.unknown_model")
async def test_unknown_model(case: ChatCase, ask: Ask) -> Observation:
    """An unknown model is refused with a status that clients do not retry."""
    reply = await ask(case.with_mistake("unknown_model"))
    if reply.ok or reply.exchange.status in UNKNOWN_MODEL_STATUSES:
        return reply.acceptance()
    return no_error(reply) or mishandled(
        f"status must be 400, 404 or 422, got {reply.refusal().detail}", suspect=is_server_fault(reply)
    )


@claim("chat.error.content_type")
async def test_content_type(case: ChatCase, ask: Ask) -> Observation:
    """Whether JSON with the content type text/plain is accepted or refused."""
    return (await ask(case.raw(case.plain().body, content_type="text/plain"))).acceptance()


@claim("chat.error.unknown_path")
async def test_unknown_path(case: ChatCase, ask: Ask) -> Observation:
    """A request to an unknown path is refused."""
    return (await ask(to_unknown_path(case))).acceptance()


@claim("chat.error.wrong_method")
async def test_wrong_method(case: ChatCase, ask: Ask) -> Observation:
    """A GET in place of a POST is refused."""
    return (await ask(case.raw(None, method="GET"))).acceptance()


@claim("chat.error.no_leak_before_model")
async def test_no_leak(case: ChatCase, ask: Ask) -> Observation:
    """Errors that no model is involved in show no internals of the server: no stack trace, source path, private host or key."""
    requests = [
        *((name, case.with_mistake(name)) for name in FORMS),
        ("unknown_path", to_unknown_path(case)),
    ]
    replies = await errors(ask, requests)
    if isinstance(replies, Observation):
        return replies
    for name, reply in replies:
        if shown := leak(reply.exchange.text, case.host, case.shows_key):
            detail = f"status {reply.exchange.status} for {name.replace('_', ' ')}: {shown}"
            return mishandled(detail, suspect=is_server_fault(reply))
    return honoured(f"{len(replies)} errors: none shows internals of the server")


def _unauthorised_request(case: ChatCase, name: str) -> Request:
    """Return the plain request with no key, a wrong key, or a wrong scheme."""
    return case.raw(case.plain().body, auth=AUTH[name])


def _unauthorised(reply: ChatReply) -> Observation:
    """Return what the reply to a request without the right key shows."""
    exchange = reply.exchange
    if reply.ok:
        return accepted(f"answered {reply.quoted_text()} without the right key")
    if is_outage(reply):
        return unanswered(reply.refusal().detail)
    if exchange.status != 401:
        return mishandled(f"status must be 401, got {reply.refusal().detail}", suspect=True)
    wrong = own_problem(exchange.json, "wire/error")
    return mishandled(f"status 401, but {wrong}") if wrong else refused(f"401 {envelope(exchange.json)}")
