"""Sending to a real socket: retries, rate limits, failures, concurrency, and a key that an endpoint repeats."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tenacity import AsyncRetrying

from conformance.base.observation import Seen
from conformance.base.sharing import SharedState
from conformance.http import body
from conformance.http.exchange import Exchange, Request, redacted
from conformance.http.redaction import REDACTED, Redactor
from conformance.http.source import Death, NotSent
from conformance.sending import client, pacer, transport
from conformance.sending.transport import (
    FAILURES_UNTIL_DEAD,
    MAX_TRIES,
    MAX_TRIES_WHEN_RATE_LIMITED,
    MAX_WAIT,
    Transport,
)
from conformance.surfaces.errors import read_refusal
from conformance.target.targets import Target
from tests.support.making import exchange, request

KEY = "sk-secret/1234567890"
GOOD = b'{"choices": []}'


def answer(status: int = 200, body: bytes = GOOD, **headers: str) -> bytes:
    """Return a whole HTTP response; underscores in the names of headers become hyphens."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """A socket that gives the listed answers to its requests, in the order in which they arrive; the last one is repeated.

    An answer is bytes, a list of bytes and None (which cuts the connection), or a coroutine that returns one of these.
    """

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.heads: list[str] = []
        self.connections: list[int] = []  # of each request
        self._opened = 0
        self.bodies: list[bytes] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._opened += 1
        connection = self._opened
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                listed = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                self.heads.append(head.decode())
                self.connections.append(connection)
                length = next((line for line in head.decode().lower().split("\r\n") if "content-length" in line), ":0")
                self.bodies.append(await reader.readexactly(int(length.split(":")[1])))
                reply = await listed() if callable(listed) else listed
                parts = reply if isinstance(reply, list) else [reply]
                for part in parts:
                    if part is None:
                        writer.transport.abort()
                        return
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key, and ignore the proxies of the machine."""
    monkeypatch.setenv("SERVER_KEY", KEY)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited between tries; they are recorded instead."""
    recorded: list[float] = []

    async def pretend(seconds: float) -> None:
        recorded.append(seconds)

    def retrying(**options: Any) -> AsyncRetrying:
        return AsyncRetrying(**{**options, "sleep": pretend})

    monkeypatch.setattr(transport, "AsyncRetrying", retrying)
    return recorded


def target(base_url: str, **parts: Any) -> Target:
    """Return a target at this address with a key."""
    return Target("mine", "Mine", base_url, "SERVER_KEY", **{"timeout": 600.0, "concurrency": 2, **parts})


def with_transport(server: Server, use: Callable[[Transport], Awaitable[Any]], **parts: Any) -> Any:
    """Return what `use` returns for a transport to this server."""

    async def run() -> Any:
        async with server as base_url:
            sending = Transport(target(base_url, **parts))
            try:
                return await use(sending)
            finally:
                await sending.close()

    return asyncio.run(run())


def sent(*answers: Any, asked: Request | None = None, **parts: Any) -> tuple[Exchange, Server]:
    """Send one request to a server that gives these answers; return the exchange and the server."""
    server = Server(*answers)
    return with_transport(server, lambda sending: sending.send(asked or request(n=1)), **parts), server


def test_a_request_is_sent_unchanged() -> None:
    """Method, path below the base URL, headers and the exact body are sent; the reply is returned with its times."""
    exchange, server = sent(answer(X_Request_Id="7"), headers=(("X-Team", "qa"),))
    assert server.heads[0].startswith("POST /v1/chat/completions HTTP/1.1\r\n")
    for header in (
        f"Authorization: Bearer {KEY}",
        "Content-Type: application/json",
        "X-Team: qa",
        "Accept-Encoding: identity",
    ):
        assert header.lower() in server.heads[0].lower()
    assert server.bodies == [request(n=1).body.encode()]
    assert (exchange.status, exchange.text, exchange.failure) == (200, GOOD.decode(), None)
    assert exchange.header("x-request-id") == "7"
    assert exchange.first_byte is not None
    assert 0 <= exchange.first_byte <= exchange.seconds
    assert (exchange.retries, exchange.sample, exchange.attempt) == (0, 0, 0)


def test_a_target_without_a_key_is_asked_without_authorization() -> None:
    """A request without a body has no content type either."""
    server = Server(answer())

    async def run() -> None:
        async with server as base_url:
            sending = Transport(Target("mine", "Mine", base_url))
            await sending.send(Request("GET", "/models", None, "models", ""), 3, 1)
            await sending.close()

    asyncio.run(run())
    assert "authorization" not in server.heads[0].lower()
    assert "content-type" not in server.heads[0].lower()


@pytest.mark.parametrize(("auth", "scheme"), [("none", None), ("wrong", "Bearer"), ("basic", "Basic")])
def test_a_request_can_be_sent_without_the_key(auth: str, scheme: str | None) -> None:
    """It has no key, a key that cannot be valid, or another scheme, and can be sent to the root of the host."""
    asked = Request("POST", "/api/x", "{", "chat", "", auth, content_type="text/plain", at_origin=True)
    _, server = sent(answer(), asked=asked)
    assert KEY not in server.heads[0]
    assert server.heads[0].startswith("POST /api/x HTTP/1.1\r\n")
    assert "content-type: text/plain" in server.heads[0].lower()
    lines = [line for line in server.heads[0].split("\r\n") if line.lower().startswith("authorization: ")]
    assert [line.split(": ")[1].split()[0] for line in lines] == ([scheme] if scheme else [])


@pytest.mark.parametrize(
    ("path", "mark"), [("/v1beta/models/m:generateContent", "?"), ("/v1beta/models/m:x?alt=sse", "&")]
)
def test_a_key_in_the_query_is_sent_and_not_recorded(path: str, mark: str) -> None:
    """It is encoded, stands in no header, and is no part of the record of the request."""
    asked = Request("POST", path, "{}", "gemini", "m", "query", at_origin=True)
    exchanged, server = sent(answer(), asked=asked)
    assert server.heads[0].startswith(f"POST {path}{mark}key=sk-secret%2F1234567890 HTTP/1.1\r\n")
    assert server.heads[0].count("1234567890") == 1
    assert "1234567890" not in json.dumps(exchanged.document())
    _, server = sent(answer(), asked=replace(asked, auth="wrong query"))
    assert server.heads[0].startswith(f"POST {path}{mark}key=sk-conformance-no-such-key HTTP/1.1\r\n")
    assert "1234567890" not in server.heads[0]


def test_a_body_can_be_sent_in_pieces() -> None:
    """It has no length then."""
    asked = replace(request(model="m" * 100), headers=(("Transfer-Encoding", "chunked"),))
    _, server = sent(answer(), asked=asked)
    head = server.heads[0].lower()
    assert "transfer-encoding: chunked" in head
    assert "content-length" not in head


def test_headers_and_padding_of_a_request_are_sent() -> None:
    """A header of the request takes the place of the usual one; the spaces stand behind the first brace."""
    asked = replace(request(model="m"), headers=(("Accept-Encoding", "gzip"), ("X-Odd", "1")), padding=5)
    _, server = sent(answer(), asked=asked)
    head = server.heads[0].lower()
    assert "accept-encoding: gzip\r\n" in head
    assert "identity" not in head
    assert "x-odd: 1\r\n" in head
    assert server.bodies == [b'{     "model":"m"}']


def test_a_request_can_follow_another_on_the_same_new_connection() -> None:
    """The answer of the first is dropped, and both are counted."""
    server = Server(answer(), answer(404, b"no"), answer())

    async def use(sending: Transport) -> Exchange:
        await sending.send(request(n=1))
        return await sending.send(replace(request(n=2), first=replace(request(n=3), auth="wrong")))

    exchange = with_transport(server, use, concurrency=1)
    assert (exchange.status, exchange.request.json) == (200, {"n": 2})
    assert server.bodies == [b'{"n":1}', b'{"n":3}', b'{"n":2}']
    assert server.connections == [1, 2, 2]


def test_after_a_refusal_and_for_a_repeat_the_connection_is_new() -> None:
    """A server that leaves the body of a refused request unread spoils what comes next on the connection."""
    server = Server(answer(), answer(400, b"no"), answer())

    async def use(sending: Transport) -> None:
        for number, attempt in ((1, 0), (2, 0), (3, 0), (4, 0), (4, 1)):
            await sending.send(request(n=number), 0, attempt)

    with_transport(server, use, concurrency=1)
    assert server.connections == [1, 1, 2, 2, 3]


def test_a_stream_that_is_left_open_is_given_up_after_its_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an answer and no outage; its time tells how long it was open, and the next request has a connection of its own."""
    monkeypatch.setattr(client, "OPEN_AFTER_END", 0.05)
    head = b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    events = b"e\r\ndata: [DONE]\n\n\r\n"
    server = Server([head, events], answer())

    async def use(sending: Transport) -> tuple[Exchange, Exchange]:
        return await sending.send(request(stream=True)), await sending.send(request(n=1))

    first, second = with_transport(server, use, concurrency=1)
    assert (first.status, first.failure, first.text) == (200, None, "data: [DONE]\n\n")
    assert first.last_byte is not None
    assert first.seconds - first.last_byte >= 0.05
    assert second.status == 200
    assert server.connections == [1, 2]


def test_an_exchange_tells_of_the_rate_limits_on_its_way(waits: list[float]) -> None:
    """Of each, whether it said how long to wait; the last one counts as well."""
    exchange, _ = sent(answer(429, Retry_After="0"), answer(429), answer())
    assert (exchange.status, exchange.hinted) == (200, (True, False))
    assert Exchange.from_document(exchange.document()).hinted == (True, False)


def test_a_quiet_request_is_alone() -> None:
    """It waits for those in flight, and those that come later wait for it."""
    in_flight = most = 0
    seen: list[int] = []

    async def count() -> bytes:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        seen.append(in_flight)
        await asyncio.sleep(0.01)
        in_flight -= 1
        return answer()

    server = Server(count)

    async def use(sending: Transport) -> None:
        asked = [request(n=number) for number in range(6)]
        asked[2] = replace(asked[2], quiet=True)
        await asyncio.gather(*map(sending.send, asked))

    with_transport(server, use, concurrency=4)
    quiet = server.bodies.index(b'{"n":2}')
    assert seen[quiet] == 1
    assert most > 1


TRANSIENT = [answer(502), answer(503), answer(504, b"<html>"), [None], [b"HTTP/1.1 200 X\r\n", None]]


@pytest.mark.parametrize("first", TRANSIENT)
def test_a_transient_failure_is_retried(waits: list[float], first: Any) -> None:
    """This holds for an overload and for a lost connection; the exchange counts the retries."""
    exchange, server = sent(first, first, answer())
    assert (exchange.status, exchange.failure, exchange.retries) == (200, None, 2)
    assert len(server.heads) == 3
    assert len(waits) == 2
    assert waits[0] <= waits[1] <= MAX_WAIT


@pytest.mark.parametrize("first", [answer(400), answer(401), answer(404), answer(408), answer(500)])
def test_a_lasting_failure_is_not_retried(waits: list[float], first: bytes) -> None:
    """A refusal and a server fault are evidence."""
    exchange, server = sent(first, answer())
    assert exchange.retries == 0
    assert len(server.heads) == 1
    assert waits == []


def test_an_overload_that_blames_the_client_is_not_retried(waits: list[float]) -> None:
    """A 503 with the error code of a client's mistake is about the request."""
    body = json.dumps({"error": {"message": "no", "code": "invalid_value"}}).encode()
    assert sent(answer(503, body), answer())[0].status == 503
    assert waits == []


def test_after_the_last_try_the_reply_is_returned(waits: list[float]) -> None:
    """An overload that lasts is an observation without evidence."""
    exchange, server = sent(answer(503))
    assert (exchange.status, exchange.retries) == (503, MAX_TRIES - 1)
    assert len(server.heads) == MAX_TRIES
    assert read_refusal(exchange).seen is Seen.UNANSWERED


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), ("7", 7), ("1.5", 1.5), ("3600", MAX_WAIT), ("-3", 0), ("inf", MAX_WAIT)]
)
def test_retry_after_of_an_overload_is_respected(waits: list[float], value: str, seconds: float) -> None:
    """The wait is as long as it says, at most MAX_WAIT."""
    sent(answer(503, Retry_After=value), answer())
    assert waits == [seconds]


@pytest.mark.parametrize("value", ["soon", "Wed, 99 Foo", "\u00e9"])
def test_an_unreadable_retry_after_is_ignored(waits: list[float], value: str) -> None:
    """The usual backoff is used instead."""
    assert sent(answer(503, Retry_After=value), answer())[0].status == 200
    assert 0 < waits[0] < MAX_WAIT


def test_a_refused_connection_is_a_failure(waits: list[float]) -> None:
    """After all tries the exchange has no status, and its detail names the reason."""

    async def run() -> Exchange:
        async with Server(answer()) as base_url:
            pass
        sending = Transport(target(base_url))
        try:
            return await sending.send(request(n=1))
        finally:
            await sending.close()

    exchange = asyncio.run(run())
    assert (exchange.status, exchange.failure, exchange.retries) == (None, "connection", MAX_TRIES - 1)
    assert "ConnectError" in exchange.failure_detail
    assert len(waits) == MAX_TRIES - 1


LIMITS = (0.1, 1, 10, 100)  # seconds; tried in this order until one is long enough for this machine


async def never() -> bytes:
    """Never answer."""
    await asyncio.Event().wait()
    return b""


def test_a_server_that_never_answers_is_a_timeout() -> None:
    """A timeout is not retried, since the time is spent."""
    for seconds in LIMITS:
        exchange, server = sent(never, timeout=seconds)
        assert (exchange.status, exchange.failure, exchange.retries) == (None, "timeout", 0)
        assert exchange.failure_detail == f"not finished within {seconds:g} s"
        if server.heads:
            break
    assert len(server.heads) == 1


def test_an_answer_that_does_not_end_is_a_timeout() -> None:
    """The time limit is for the whole exchange; what was received is kept."""

    async def halting() -> list[bytes]:
        return [b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\nhalf"]

    for seconds in LIMITS:
        exchange, _ = sent(halting, timeout=seconds)
        if exchange.text:
            break
    assert (exchange.status, exchange.failure, exchange.text) == (200, "timeout", "half")


def test_a_body_that_is_too_large_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit, and the connection is free for the next request."""
    monkeypatch.setattr(body, "MAX_BODY", 1000)

    async def use(sending: Transport) -> list[Exchange]:
        return [await sending.send(request(n=number)) for number in (1, 2)]

    large, small = with_transport(Server(answer(200, b"x" * 100_000), answer()), use, concurrency=1)
    assert (large.failure, large.failure_detail) == ("too large", "more than 1000 bytes")
    assert len(large.text) < 100_000
    assert small.status == 200


def test_an_answer_that_breaks_off_is_a_failure(waits: list[float]) -> None:
    """The exchange fails with protocol or connection, and what was received is kept."""
    exchange, _ = sent([b"HTTP/1.1 200 X\r\nContent-Length: 99\r\nConnection: close\r\n\r\nhalf", None])
    assert exchange.failure in {"protocol", "connection"}
    assert exchange.text == "half"
    assert read_refusal(exchange).seen is Seen.UNANSWERED
    assert len(waits) in {0, MAX_TRIES - 1}


@pytest.mark.parametrize("junk", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"\x00\x01\r\n\r\n"])
def test_a_reply_that_is_not_http_is_a_failure(waits: list[float], junk: bytes) -> None:
    """Another protocol on the port does not raise."""
    exchange, _ = sent([junk, None])
    assert exchange.status is None
    assert exchange.failure in {"connection", "protocol"}


def test_a_body_that_is_not_utf8_keeps_every_byte() -> None:
    """The text can be encoded back to the same bytes."""
    exchange, _ = sent(answer(200, b"caf\xe9 \xff"))
    assert exchange.text.encode("utf-8", "surrogateescape") == b"caf\xe9 \xff"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """The key is only sent to the endpoint it is meant for."""
    server = Server(answer())

    async def use(sending: Transport) -> Exchange:
        server._answers.insert(0, answer(status, b"", Location="/v1/elsewhere"))
        return await sending.send(request(n=1))

    exchange = with_transport(server, use)
    assert exchange.status == status
    assert len(server.heads) == 1


@pytest.mark.parametrize("concurrency", [1, 3, 9])
def test_no_more_requests_are_in_flight_than_allowed(concurrency: int) -> None:
    """The concurrency is reached and never exceeded, and every request is answered."""
    in_flight, most = 0, 0
    full = asyncio.Event()

    async def held() -> bytes:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        if in_flight >= concurrency:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        in_flight -= 1
        return answer()

    async def use(sending: Transport) -> list[Exchange]:
        return await asyncio.gather(*(sending.send(request(n=number)) for number in range(4 * concurrency)))

    exchanges = with_transport(Server(held), use, concurrency=concurrency)
    assert most == concurrency
    assert {exchange.status for exchange in exchanges} == {200}


def test_a_reply_keeps_the_key_until_it_is_redacted() -> None:
    """In body and headers the reply that is judged still holds the key, in every form; the redacted one does not."""
    forms = [
        KEY,
        base64.b64encode(KEY.encode()).decode(),
        json.dumps(KEY).replace("/", "\\/"),
        "sk-secret%2F1234567890",
    ]
    exchange, server = sent(answer(401, " ".join(forms).encode(), X_Echo=f"Bearer {KEY}", Location=f"/?key={forms[3]}"))
    assert KEY in server.heads[0]
    assert exchange.text == " ".join(forms)
    assert exchange.header("x-echo") == f"Bearer {KEY}"
    kept = redacted(exchange, Redactor([KEY]))
    written = json.dumps(kept.document())
    assert "1234567890" not in written
    assert forms[1].rstrip("=") not in written
    assert kept.header("x-echo") == f"Bearer {REDACTED}"
    assert kept.taken == ("x-echo", "location", "text")


def test_an_endpoint_is_dead_after_many_failures(waits: list[float]) -> None:
    """They must be failed connections in a row; an answer in between resets the count."""

    async def run() -> None:
        server = Server(answer())
        async with server as base_url:
            sending = Transport(target(base_url))
            gone = Transport(target("http://127.0.0.1:1/v1"))
            try:
                for number in range(FAILURES_UNTIL_DEAD):
                    assert not gone.dead
                    await gone.send(request(n=number))
                assert gone.dead
                assert gone.sent == FAILURES_UNTIL_DEAD * MAX_TRIES
                lost = [[None]] * MAX_TRIES * (FAILURES_UNTIL_DEAD - 1)
                server._answers = [*lost, answer(500), *lost, answer()]
                for number in range(2 * FAILURES_UNTIL_DEAD):
                    await sending.send(request(n=number))
                    assert not sending.dead
            finally:
                await sending.close()
                await gone.close()

    asyncio.run(run())


def test_what_ended_an_endpoint_is_known(waits: list[float]) -> None:
    """It is what was asked when it stopped answering; what was asked later only finds it gone."""

    async def run() -> None:
        server = Server(answer(), [None])
        async with server as base_url:
            sending = Transport(target(base_url, concurrency=2, patience=0.0))
            try:
                last = await sending.send(request(n=1))
                assert sending.death is None
                fatal = await sending.send(request(n=2))
                assert (sending.dead, sending.death) == (True, Death(last.id, (fatal.id,)))
                asked = len(server.heads)
                with pytest.raises(NotSent, match="no longer answers"):
                    await sending.send(request(n=3))
                assert len(server.heads) == asked
            finally:
                await sending.close()

    asyncio.run(run())


def test_what_was_in_flight_when_an_endpoint_ended_is_known(waits: list[float]) -> None:
    """Each of the requests in flight may have ended it."""

    async def use(sending: Transport) -> None:
        await sending.send(request(n=1))
        both = await asyncio.gather(*(sending.send(request(n=number)) for number in (6, 7)))
        assert sending.death is not None
        assert set(sending.death.asked) == {each.id for each in both}

    with_transport(Server(answer(), [None]), use, patience=0.0)


def test_an_endpoint_that_never_answered_did_not_die(waits: list[float]) -> None:
    """Nothing ended it."""

    async def run() -> None:
        sending = Transport(target("http://127.0.0.1:1/v1"))
        for number in range(FAILURES_UNTIL_DEAD):
            await sending.send(request(n=number))
        assert (sending.dead, sending.death) == (True, None)
        await sending.close()

    asyncio.run(run())


def test_an_endpoint_that_hangs_is_dead_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many timeouts in a row, for at least two time limits, make it dead; timeouts between answers do not."""
    limit, now = 10.0, 1000.0

    class Hanging:
        """A client whose requests time out, unless `answers` is set."""

        answers = False

        async def send(self, sent: Request, *_: int) -> Exchange:
            failure = None if self.answers else "timeout"
            return replace(exchange(body={}, sent=sent, failure=failure), seconds=limit)

    async def run() -> None:
        nonlocal now
        sending = Transport(target("http://mine/v1", timeout=limit, concurrency=FAILURES_UNTIL_DEAD))

        async def send_many() -> None:
            nonlocal now
            now += limit
            numbers = range(FAILURES_UNTIL_DEAD)
            results = await asyncio.gather(*(sending.send(request(n=n)) for n in numbers), return_exceptions=True)
            assert {type(result) for result in results} <= {Exchange, NotSent}

        await send_many()
        assert not sending.dead, "they all timed out at the same moment"
        Hanging.answers = True
        await sending.send(request(n=1))
        Hanging.answers = False
        await send_many()
        assert not sending.dead, "it answered in between"
        await send_many()
        assert sending.dead

    monkeypatch.setattr(transport, "clients", lambda _, count: [Hanging() for _ in range(count)])
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: now))
    asyncio.run(run())


def test_requests_sent_are_counted_with_their_retries(waits: list[float]) -> None:
    """The count is the number of requests that the endpoint received."""

    async def use(sending: Transport) -> int:
        await asyncio.gather(*(sending.send(request(n=number)) for number in range(3)))
        return sending.sent

    server = Server(answer(503), answer())
    assert with_transport(server, use) == len(server.heads) == 4


def test_a_rate_limit_pauses_all_requests(waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 429 every request waits until its Retry-After is over, and all are answered."""

    now = 1000.0

    async def pass_by(_: object, seconds: float) -> None:
        nonlocal now
        now += seconds

    for module in (transport, pacer):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(pacer.Pacer, "_wait_for_answer", pass_by)

    async def use(sending: Transport) -> tuple[list[Exchange], float]:
        exchanges = await asyncio.gather(*(sending.send(request(n=number)) for number in range(6)))
        return exchanges, sending.pacer.waited

    server = Server(answer(429, Retry_After="7"), answer())
    exchanges, waited = with_transport(server, use)
    assert {exchange.status for exchange in exchanges} == {200}
    assert [exchange.retries for exchange in exchanges].count(0) == 5
    assert waited > 6.99
    assert sum(waits) == 0


def test_a_429_of_a_spent_account_is_not_retried() -> None:
    """Waiting does not bring credit back."""
    body = json.dumps({"error": {"message": "no", "code": "insufficient_quota"}}).encode()
    exchange, server = sent(answer(429, body, Retry_After="100"), answer())
    assert (exchange.status, exchange.retries, len(server.heads)) == (429, 0, 1)


def test_a_rate_limit_that_never_ends_is_given_up() -> None:
    """After the target's patience the 429 is returned, and no further request is sent."""

    async def use(sending: Transport) -> Exchange:
        exchange = await sending.send(request(n=1))
        with pytest.raises(NotSent, match=r"has refused everything for its rate limit for 0\.1 s"):
            await sending.send(request(n=2))
        return exchange

    exchange = with_transport(Server(answer(429, Retry_After="0.06")), use, patience=0.1)
    assert exchange.status == 429
    assert read_refusal(exchange).seen is Seen.UNANSWERED


def test_a_request_that_is_always_refused_is_given_up() -> None:
    """A request larger than the limit does not hold up the run for ever while others pass."""

    class Picky(Server):
        """Refuses the large request and answers all others."""

        async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.decode().lower().split("\r\n") if "content-length" in line)
                large = b"large" in await reader.readexactly(int(length.split(":")[1]))
                writer.write(answer(429, Retry_After="0") if large else answer())
                if not large:
                    self.heads.append("small")

    async def use(sending: Transport) -> Exchange:
        large = asyncio.create_task(sending.send(request(user="large")))
        while not large.done():
            assert (await sending.send(request(n=1))).status == 200
        return large.result()

    exchange = with_transport(Picky(), use)
    assert (exchange.status, exchange.retries) == (429, MAX_TRIES_WHEN_RATE_LIMITED - 1)


def test_workers_share_one_pace(tmp_path: Path) -> None:
    """The configured rate is for all workers together, and a refusal of one pauses the others."""

    async def run() -> None:
        server = Server(answer())
        async with server as base_url:
            shares = [SharedState(tmp_path / "shared.db") for _ in range(3)]
            sending = [Transport(target(base_url, requests_per_minute=1200), 2, shared) for shared in shares]
            begun = time.monotonic()
            await asyncio.gather(*(worker.send(request(n=number)) for worker in sending for number in range(5)))
            assert time.monotonic() - begun >= 14 * 60 / 1200 - 0.11
            server._answers = [answer(429, Retry_After="0.3"), answer()]
            begun = time.monotonic()
            first = asyncio.create_task(sending[0].send(request(n=6)))
            while len(server.heads) < 16:
                await asyncio.sleep(0.001)
            while not sending[0].pacer.waiting and not first.done():
                await asyncio.sleep(0.001)
            await sending[1].send(request(n=7))
            assert time.monotonic() - begun >= 0.3
            await first
            await asyncio.gather(*(worker.close() for worker in sending))
            for shared in shares:
                shared.close()

    asyncio.run(run())
