"""HTTP: how a request may be sent, whatever it says; observed on the plain request, which is answered when sent as usual."""

from __future__ import annotations

from dataclasses import replace

from conformance.base.observation import Observation, Seen, honoured, mishandled, not_applicable
from conformance.contract.claims import STREAM
from conformance.http.exchange import Request
from conformance.suite import probe
from conformance.suite.mistakes import NOT_IMPLEMENTED, altered, is_outage, is_server_fault, to_unknown_path
from conformance.suite.probes import Ask
from conformance.suite.probes.test_error_endpoint import NO_KEY_TO_TEST
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Reply

# More than the default limit of a body in many frameworks, which is 1 MB, or 1 MiB.
BIG = 1_200_000
TOO_LARGE = (400, 413)  # statuses that say so
LENGTH_REQUIRED = 411  # with it a server may refuse a body without a length (RFC 9112, 6.3)

# What the client libraries of providers and tracing send with each request.
CLIENT_HEADERS = (
    ("Accept", "application/json"),
    ("X-Stainless-Lang", "python"),
    ("X-Stainless-Retry-Count", "0"),
    ("X-Stainless-Async", "false"),
    ("Idempotency-Key", "conformance"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)


@probe("http.chunked_body")
async def test_chunked_body(case: DialogueCase, ask: Ask) -> Observation:
    """A body that is sent in pieces, without its length, is read."""
    return await _sent(case, ask, ("Transfer-Encoding", "chunked"))


@probe("http.expect_continue")
async def test_expect_continue(case: DialogueCase, ask: Ask) -> Observation:
    """A request that expects 100 Continue is answered as usual."""
    return await _sent(case, ask, ("Expect", "100-continue"))


@probe("http.client_headers")
async def test_client_headers(case: DialogueCase, ask: Ask) -> Observation:
    """Headers that client libraries and tracing add change nothing."""
    return await _sent(case, ask, *CLIENT_HEADERS, *case.client_headers)


@probe("http.content_type")
async def test_content_type(case: DialogueCase, ask: Ask) -> Observation:
    """A request with this spelling of the content type is answered as usual."""
    return _answered(await ask(replace(case.plain(), content_type=case.value)))


@probe("http.trailing_slash")
async def test_trailing_slash(case: DialogueCase, ask: Ask) -> Observation:
    """Whether a path with a slash at its end is answered."""
    request = case.plain()
    return _answered(await ask(replace(request, path=f"{request.path}/")))


@probe("http.gzip")
async def test_gzip(case: DialogueCase, ask: Ask) -> Observation:
    """Where gzip is accepted, the answer comes in that encoding or in none, and can be decoded."""
    reply = await ask(_with_headers(_usual(case), ("Accept-Encoding", "gzip")))
    if reply.exchange.failure == "protocol":
        broken = mishandled(f"with Accept-Encoding: gzip: {reply.exchange.failure_detail}", suspect=True)
        return await _streamable(case, ask, broken)
    seen = await _streamable(case, ask, _answered(reply))
    coding = reply.exchange.header("content-encoding") or "none"
    return replace(seen, detail=f"{seen.detail}, content-encoding {coding}") if reply.ok else seen


@probe("http.after_refusal")
async def test_after_refusal(case: DialogueCase, ask: Ask) -> Observation:
    """A request that follows a refused one on the same connection is answered as usual."""
    if case.value == "wrong_key" and not case.keyed:
        return not_applicable(NO_KEY_TO_TEST)
    first = to_unknown_path(case) if case.value == "unknown_path" else altered(case, auth="wrong")
    return _answered(await ask(replace(case.plain(), first=first)))


@probe("http.big_body")
async def test_big_body(case: DialogueCase, ask: Ask) -> Observation:
    """A body of 1.2 MB is answered, or refused as too large with an error in the envelope."""
    reply = await ask(replace(case.plain(), padding=BIG))
    seen = _answered(reply)
    if reply.ok or seen.seen is Seen.UNANSWERED:
        return seen
    if seen.seen is Seen.REFUSED and reply.exchange.status in TOO_LARGE:
        return honoured(f"refused: {seen.detail}")
    wanted = "a body of 1.2 MB must be answered, or refused with 413 or 400 and an error in the envelope"
    return mishandled(f"{wanted}, got {seen.detail}", suspect=is_server_fault(reply))


@probe("http.options")
async def test_options(case: DialogueCase, ask: Ask) -> Observation:
    """The server does not fail on OPTIONS."""
    return await _method(case, ask, "OPTIONS")


@probe("http.head")
async def test_head(case: DialogueCase, ask: Ask) -> Observation:
    """The server does not fail on HEAD."""
    return await _method(case, ask, "HEAD")


async def _sent(case: DialogueCase, ask: Ask, *headers: tuple[str, str]) -> Observation:
    """Return whether the usual request is answered with these headers."""
    reply = await ask(_with_headers(_usual(case), *headers))
    if reply.exchange.status == LENGTH_REQUIRED:
        return honoured(f"refused as HTTP allows: {reply.refusal().detail}")
    return await _streamable(case, ask, _answered(reply))


async def _method(case: DialogueCase, ask: Ask, method: str) -> Observation:
    """Return whether the server fails on a method."""
    reply = await ask(altered(case, method=method, body=None))
    failed = is_server_fault(reply) and reply.exchange.status != NOT_IMPLEMENTED
    return reply.refusal() if failed or is_outage(reply) else honoured(f"{method}: status {reply.exchange.status}")


def _usual(case: DialogueCase) -> Request:
    """Return the plain request, streamed if the case is."""
    return case.as_stream(case.plain()) if case.case.mode == STREAM else case.plain()


def _with_headers(request: Request, *headers: tuple[str, str]) -> Request:
    return replace(request, headers=(*request.headers, *headers))


async def _streamable(case: DialogueCase, ask: Ask, seen: Observation) -> Observation:
    """Return what was seen; a stream that does not come shows something only if it comes when sent as usual."""
    if case.case.mode == STREAM and seen.seen is not Seen.HONOURED:
        await ask.control(_usual(case))
    return seen


def _answered(reply: Reply) -> Observation:
    """Return honoured for an answer, else what the refusal shows."""
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()
