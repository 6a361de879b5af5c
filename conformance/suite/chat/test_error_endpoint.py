"""Errors of the endpoint as a whole: keys, bodies that cannot be read, models and paths that do not exist."""

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, refused, unanswered
from conformance.base.validation import own_problem
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.leaks import leak, shown_key
from conformance.suite.chat.mistakes import OF_THE_BODY, astray, errors, fault_of_server, no_error, unreadable
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, envelope, is_transient

WITHOUT_KEY = {"no_key": "none", "wrong_key": "wrong", "wrong_scheme": "basic"}
ABOUT_THE_KEY = frozenset({401, 403})
UNKNOWN_MODEL = (400, 404, 422)
NO_KEY_TO_TEST = "not to be tested here: the target names no key, so the endpoint may well ask for none"


@claim("chat.error.no_key", "chat.error.wrong_key", "chat.error.wrong_scheme")
async def test_key(case: ChatCase, ask: Ask) -> Observation:
    """Without the right key there is a 401 with the envelope, and nothing else."""
    if not case.keyed:
        return unanswered(NO_KEY_TO_TEST)
    return _unauthorised(await ask(_unauthorised_request(case, case.claim.id.rsplit(".", 1)[-1])))


@claim("chat.error.key_not_shown")
async def test_key_not_shown(case: ChatCase, ask: Ask) -> Observation:
    """The refusal of a wrong key does not give that key away."""
    if not case.keyed:
        return unanswered(NO_KEY_TO_TEST)
    reply = await ask(_unauthorised_request(case, "wrong_key"))
    if shown := shown_key(reply.exchange.text):
        return mishandled(f"status {reply.exchange.status}: the error shows {shown}")
    if reply.ok or _outage(reply):
        return unanswered("there is no refusal of a key to look at")
    return honoured(f"status {reply.exchange.status}: neither the key nor a hash of it")


@claim("chat.error.malformed_json", "chat.error.empty_body", "chat.error.array_body", "chat.error.missing_model")
async def test_body(case: ChatCase, ask: Ask) -> Observation:
    """The body is refused."""
    return (await ask(unreadable(case, case.claim.id.rsplit(".", 1)[-1]))).acceptance()


@claim("chat.error.unknown_model")
async def test_unknown_model(case: ChatCase, ask: Ask) -> Observation:
    """The model is refused with a status that a client does not retry."""
    reply = await ask(unreadable(case, "unknown_model"))
    if reply.ok or reply.exchange.status in UNKNOWN_MODEL:
        return reply.acceptance()
    return no_error(reply) or mishandled(f"not 404 or 400: {reply.refusal().detail}", suspect=fault_of_server(reply))


@claim("chat.error.content_type")
async def test_content_type(case: ChatCase, ask: Ask) -> Observation:
    """JSON that is called plain text is taken all the same, or refused."""
    return (await ask(case.raw(case.plain().body, content_type="text/plain"))).acceptance()


@claim("chat.error.unknown_path")
async def test_unknown_path(case: ChatCase, ask: Ask) -> Observation:
    """The path is refused in one way or another."""
    return (await ask(astray(case))).acceptance()


@claim("chat.error.wrong_method")
async def test_wrong_method(case: ChatCase, ask: Ask) -> Observation:
    """GET is refused in one way or another."""
    return (await ask(case.raw(None, method="GET"))).acceptance()


@claim("chat.error.no_leak_before_model")
async def test_no_leak(case: ChatCase, ask: Ask) -> Observation:
    """The errors that come before any model is asked show nothing of the server's inside."""
    requests = [*((name, unreadable(case, name)) for name in OF_THE_BODY), ("unknown_path", astray(case))]
    found = await errors(ask, requests)
    if isinstance(found, Observation):
        return found
    for name, reply in found:
        if shown := leak(reply.exchange.text, case.host, case.shows_key):
            said = f"status {reply.exchange.status} for {name.replace('_', ' ')}: {shown}"
            return mishandled(said, suspect=fault_of_server(reply))
    return honoured(f"{len(found)} errors: nothing of the server's inside")


@claim("chat.error.request_id")
async def test_request_id(case: ChatCase, ask: Ask) -> Observation:
    """An error can be named to the gateway's people: by a header, or by what its message says."""
    reply = await ask(unreadable(case, "malformed_json"))
    if reason := no_error(reply):
        return reason
    for name in ("x-request-id", "request-id"):
        if reply.exchange.header(name):
            return honoured(f"header {name}")
    error = envelope(reply.exchange.json)
    if error and "request id" in error.message.lower():
        return honoured("the message says it")
    return ignored("neither a header nor the message")


def _unauthorised_request(case: ChatCase, name: str) -> Request:
    return case.raw(case.plain().body, auth=WITHOUT_KEY[name])


def _unauthorised(reply: ChatReply) -> Observation:
    """What the reply to a request without the right key shows."""
    exchange = reply.exchange
    if reply.ok:
        return accepted(f"answered {reply.quoted_text()} without the right key")
    if _outage(reply):
        return unanswered(reply.refusal().detail)
    if exchange.status != 401:
        return mishandled(f"not 401: {reply.refusal().detail}", suspect=True)
    wrong = own_problem(exchange.json, "wire/error")
    return mishandled(f"401, but {wrong}") if wrong else refused(f"401 {envelope(exchange.json)}")


def _outage(reply: ChatReply) -> bool:
    """Whether the reply says nothing about keys: no connection, no time, no money, too much at once."""
    exchange = reply.exchange
    return bool(exchange.failure) or is_transient(exchange) or exchange.status in NOT_ABOUT_THE_REQUEST - ABOUT_THE_KEY
