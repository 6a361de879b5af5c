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
from conformance.suite import probe
from conformance.suite.leaks import leak, shown_key
from conformance.suite.mistakes import (
    altered,
    either,
    errors,
    is_outage,
    is_server_fault,
    no_error,
    to_unknown_path,
)
from conformance.suite.probes import Ask
from conformance.surfaces.dialogue import DialogueCase

NO_KEY_TO_TEST = "the target has no key, so the endpoint need not ask for one"


@probe("error.no_key")
async def test_no_key(case: DialogueCase, ask: Ask) -> Observation:
    """A request without a key gets the status that the API has for it, and the envelope if the API promises it."""
    return await _without_key(case, ask, "none")


@probe("error.wrong_key")
async def test_wrong_key(case: DialogueCase, ask: Ask) -> Observation:
    """A request with an unknown key gets the status that the API has for it, and the envelope if the API promises it."""
    # The value names where the key is, if that is not where the API has it first.
    return await _without_key(case, ask, case.value or "wrong")


@probe("error.wrong_scheme")
async def test_wrong_scheme(case: DialogueCase, ask: Ask) -> Observation:
    """A request with another authentication scheme gets the status that the API has for it, and the envelope if promised."""
    return await _without_key(case, ask, "basic")


@probe("error.key_not_shown")
async def test_key_not_shown(case: DialogueCase, ask: Ask) -> Observation:
    """The error for a wrong key shows neither the key nor a hash of it."""
    if not case.keyed:
        return not_applicable(NO_KEY_TO_TEST)
    reply = await ask(altered(case, auth="wrong"))
    if shown := shown_key(reply.exchange.text):
        return mishandled(f"status {reply.exchange.status}: the error shows {shown}")
    if reply.ok or is_outage(reply):
        return unanswered("the wrong key was not refused, so there is no error to look at")
    return honoured(f"status {reply.exchange.status}: neither the key nor a hash of it")


@probe("error.malformed_json")
async def test_malformed_json(case: DialogueCase, ask: Ask) -> Observation:
    """A body of incomplete JSON is refused."""
    return (await ask(case.with_mistake("malformed_json"))).acceptance()


@probe("error.empty_body")
async def test_empty_body(case: DialogueCase, ask: Ask) -> Observation:
    """A request with an empty body is refused."""
    return (await ask(case.with_mistake("empty_body"))).acceptance()


@probe("error.array_body")
async def test_array_body(case: DialogueCase, ask: Ask) -> Observation:
    """A body that is a JSON array is refused."""
    return (await ask(case.with_mistake("array_body"))).acceptance()


@probe("error.missing_model")
async def test_missing_model(case: DialogueCase, ask: Ask) -> Observation:
    """A request without a model is refused."""
    return (await ask(case.with_mistake("missing_model"))).acceptance()


@probe("error.unknown_model")
async def test_unknown_model(case: DialogueCase, ask: Ask) -> Observation:
    """An unknown model is refused with a status that clients do not retry."""
    reply = await ask(case.with_mistake("unknown_model"))
    if reply.ok or reply.exchange.status in case.statuses.unknown_model:
        return reply.acceptance()
    wanted = either(case.statuses.unknown_model)
    return no_error(reply) or mishandled(
        f"status must be {wanted}, got {reply.refusal().detail}", suspect=is_server_fault(reply)
    )


@probe("error.content_type")
async def test_content_type(case: DialogueCase, ask: Ask) -> Observation:
    """Whether JSON with the content type text/plain is accepted or refused."""
    return (await ask(altered(case, content_type="text/plain"))).acceptance()


@probe("error.unknown_path")
async def test_unknown_path(case: DialogueCase, ask: Ask) -> Observation:
    """A request to an unknown path is refused."""
    return (await ask(to_unknown_path(case))).acceptance()


@probe("error.wrong_method")
async def test_wrong_method(case: DialogueCase, ask: Ask) -> Observation:
    """A GET in place of a POST is refused."""
    return (await ask(altered(case, method="GET", body=None))).acceptance()


@probe("error.no_leak_before_model")
async def test_no_leak(case: DialogueCase, ask: Ask) -> Observation:
    """Errors that no model is involved in show no internals of the server: no stack trace, source path, private host or key."""
    requests = [
        *((name, case.with_mistake(name)) for name in case.form_mistakes),
        ("unknown_path", to_unknown_path(case)),
    ]
    replies = await errors(ask, requests)
    if isinstance(replies, Observation):
        return replies
    for name, reply in replies:
        if shown := leak(reply.exchange.text, case.host, case.shows_key):
            detail = f"status {reply.exchange.status} for {name.replace('_', ' ')}: {shown}"
            return mishandled(detail, suspect=is_server_fault(reply))
    count = sum(reply.error is not None or (reply.exchange.status or 0) >= 400 for _, reply in replies)
    return (
        honoured(f"{count} errors: none shows internals of the server")
        if count
        else unanswered("no mistake is answered with an error")
    )


async def _without_key(case: DialogueCase, ask: Ask, auth: str) -> Observation:
    """Return what the reply to the plain request shows that is authorised in this wrong way."""
    if not case.keyed:
        return not_applicable(NO_KEY_TO_TEST)
    reply = await ask(altered(case, auth=auth))
    exchange = reply.exchange
    if reply.ok:
        return accepted(f"answered {reply.quoted_text()} without the right key")
    if is_outage(reply):
        return unanswered(reply.refusal().detail)
    if exchange.status not in case.statuses.no_key:
        return mishandled(f"status must be {either(case.statuses.no_key)}, got {reply.refusal().detail}", suspect=True)
    wrong = own_problem(exchange.json, reply.error_schema) if case.statuses.key_envelope else None
    return (
        mishandled(f"status {exchange.status}, but {wrong}") if wrong else refused(f"{exchange.status} {reply.error}")
    )
