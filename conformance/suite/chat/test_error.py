"""Errors of each model: what the refusal of a clearly mistaken request looks like."""

from collections.abc import Callable
from itertools import cycle, islice

from conformance.base.observation import Observation, Seen, clamped, honoured, mishandled, refused, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.leaks import leak
from conformance.suite.chat.mistakes import IN_MESSAGES, errors, fault_of_server, mistaken, no_error
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import PLAIN, ChatCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, envelope, is_transient

BY_CAUSE = (400, 422)


@claim("chat.error.refused")
async def test_refused(case: ChatCase, ask: Ask) -> Observation:
    """The mistake is refused."""
    return (await ask(mistaken(case, case.value))).acceptance()


@claim("chat.error.status")
async def test_status(case: ChatCase, ask: Ask) -> Observation:
    """The status says that the request is at fault, not that something was not found or the server failed."""
    reply = await ask(mistaken(case, case.value))
    if reason := no_error(reply):
        return reason
    status = reply.exchange.status
    if status in BY_CAUSE:
        return honoured(f"status {status}")
    return mishandled(f"not 400 or 422: {reply.refusal().detail}", suspect=fault_of_server(reply))


@claim("chat.error.envelope")
async def test_envelope(case: ChatCase, ask: Ask) -> Observation:
    """The error stands under error, with a message and a type."""
    return await _each(case, ask, lambda reply: own_problem(reply.exchange.json, "wire/error"), "message and type")


@claim("chat.error.envelope_keys")
async def test_envelope_keys(case: ChatCase, ask: Ask) -> Observation:
    """The error has all four keys, be they empty or null."""
    return await _each(case, ask, _missing_keys, "message, type, param and code")


@claim("chat.error.envelope_code")
async def test_envelope_code(case: ChatCase, ask: Ask) -> Observation:
    """The code, where there is one, is a string or null."""
    return await _each(case, ask, _wrong_code, "no code that is neither a string nor null")


@claim("chat.error.no_html")
async def test_no_html(case: ChatCase, ask: Ask) -> Observation:
    """The body of an error is no web page."""
    return await _each(case, ask, _page, "no web page")


@claim("chat.error.no_leak")
async def test_no_leak(case: ChatCase, ask: Ask) -> Observation:
    """The text of an error shows nothing of the server's inside."""

    def leaked(reply: ChatReply) -> str | None:
        return leak(reply.exchange.text, case.host, case.shows_key)

    return await _each(case, ask, leaked, "nothing of the server's inside")


@claim("chat.error.stream_refusal")
async def test_stream_refusal(case: ChatCase, ask: Ask) -> Observation:
    """A mistake that is known before the first token is refused as it is without a stream."""
    reply = await ask(mistaken(case, case.value))
    if reply.stream_error:
        return mishandled(f"status 200 and a stream that begins, before the error: {reply.stream_error}", suspect=True)
    if reason := no_error(reply):
        return reason
    status, said = reply.exchange.status or 0, reply.refusal().detail
    if status < 400:
        return mishandled(f"status {status}, and the error in the body: {said}", suspect=True)
    if status >= 500 or not isinstance(reply.exchange.json, dict):
        return mishandled(f"no 4xx with JSON: {said}", suspect=fault_of_server(reply))
    return honoured(f"refused before the stream: {said}")


@claim("chat.error.unknown_message_key")
async def test_unknown_message_key(case: ChatCase, ask: Ask) -> Observation:
    """A key inside a message that nobody knows is swallowed or refused; no server breaks over it."""
    message = {"role": "user", "content": PLAIN, "conformance_unknown_key": "conformance"}
    reply = await ask(case.request(messages=[message]))
    if reply.ok:
        return honoured(f"answered {reply.quoted_text()}")
    seen = reply.refusal()
    if seen.seen is Seen.REFUSED:
        return honoured(f"refused as the client's mistake: {seen.detail}")
    return seen


@claim("chat.error.too_long")
async def test_too_long(case: ChatCase, ask: Ask) -> Observation:
    """A prompt of so many words, each of them a token at least, is refused; what is answered has lost words, or fits."""
    words = " ".join(islice(cycle("abcdefgh"), case.value))
    reply = await ask(case.request(f"{PLAIN}. Do not mind these letters: {words}"))
    exchange, status = reply.exchange, reply.exchange.status or 0
    if reply.ok:
        return _fitted(reply, case.value)
    said = reply.refusal().detail
    if exchange.failure or status in NOT_ABOUT_THE_REQUEST:
        return unanswered(said)
    if is_transient(exchange) and envelope(exchange.json):
        return unanswered(said)
    if 400 <= status < 500 and envelope(exchange.json):
        return refused(said)
    return mishandled(f"no 4xx with an error: {said}", suspect=not 400 <= status < 500)


def _fitted(reply: ChatReply, words: int) -> Observation:
    """What an answer to so many words shows: fewer prompt tokens than words mean that some were dropped."""
    count = reply.usage.get("prompt_tokens")
    if isinstance(count, int) and count < words:
        return clamped(f"{count} prompt tokens for {words} words: the rest was dropped without a word")
    return unanswered(f"answered: the context holds {words} words, so give more with --too-long")


async def _each(case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """What the errors of all mistakes show, given what would be wrong with one; a mistake that is answered shows nothing."""
    found = await errors(ask, ((name, mistaken(case, name)) for name in IN_MESSAGES))
    if isinstance(found, Observation):
        return found
    for name, reply in found:
        if wrong := fault(reply):
            said = f"status {reply.exchange.status} for {name.replace('_', ' ')}: {wrong}"
            return mishandled(said, suspect=fault_of_server(reply))
    return honoured(f"{len(found)} errors: {good}")


def _error(reply: ChatReply) -> dict[str, object]:
    """The object under error; empty where there is none, which is a fault of the envelope and of nothing else."""
    body = reply.exchange.json
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _missing_keys(reply: ChatReply) -> str | None:
    error = _error(reply)
    missing = [name for name in ("message", "type", "param", "code") if name not in error]
    return f"no {' and no '.join(missing)} in the error" if error and missing else None


def _wrong_code(reply: ChatReply) -> str | None:
    code = _error(reply).get("code")
    return None if code is None or isinstance(code, str) else f"code {code!r} is neither a string nor null"


def _page(reply: ChatReply) -> str | None:
    kind = (reply.exchange.header("content-type") or "").lower()
    begins = reply.exchange.text.lstrip()[:15].lower()
    if "text/html" in kind or begins.startswith(("<!doctype html", "<html")):
        return f"a web page ({kind or 'of no content type'})"
    return None
