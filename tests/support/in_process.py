"""The mock gateway in the process of the tests: its application is called directly, without a thread or a socket.

A reply is a pure function of the request, its sample, its attempt and the defect: ids and the time, which a gateway invents, are
derived from the exchange's id here. So two replies are equal exactly where a defect changed nothing, and no test has to
normalise ids away. Pauses take no time: a clock that only they turn gives the times of an exchange. What a server would do to
the bytes afterwards (framing, cut connections) cannot be seen this way.
"""

import hashlib
import itertools
import secrets
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import unquote

from conformance.http.body import Body, MemoryPool, Undecodable
from conformance.http.exchange import Exchange, Request, with_query
from conformance.mock.server import registry, wire
from conformance.mock.server.app import DEFECT_HEADER, Gateway
from conformance.mock.server.options import Options
from conformance.mock.server.wire import CutOff
from conformance.sending import rates
from conformance.surfaces import registry as surfaces

KEY = "sk-mock-5f0c1e7ad94b2638c07e5d1fa86b3942"  # as long as a real one: a test looks for it, and for parts of it
BASE_URL = "http://in-process.invalid/v1"  # no request may ever leave for it
_HEADERS = [(b"host", b"in-process.invalid"), (b"user-agent", b"in-process"), (b"accept", b"*/*")]
_BASE_PATH = "/v1"
_NOW = time.time()  # of all gateways in this process, near the true time: a test holds `created` against its own clock
_ATTEMPT = 10_000_000  # more than any number of a sample, so that no two exchanges share a place in the gateway's count

Message = dict[str, Any]  # of ASGI, as is a scope
Scope = dict[str, Any]


class BelowTheWire(Exception):
    """A reply that is no whole HTTP message: only a real server and a real client show what a user gets of it."""


class Direct:
    """A source of exchanges that calls the mock gateway's application, which may lie in some ways on a share of the requests.

    It keeps a contract, and serves further models, written as for `conformance mock --model`.
    """

    def __init__(
        self, *defects: str, share: float = 1.0, seed: int = 0, contract: str = "cometapi", models: tuple[str, ...] = ()
    ) -> None:
        options = Options(api_key=KEY, defects=defects, share=share, seed=seed, contract=contract, models=models)
        self._gateway = Gateway(options)
        self._gateway.app.prefix = "req_"  # of the ids of requests, random in a gateway that starts
        self._count = self._gateway.request_counts = _Count()
        self.dead = False
        self.sent = 0
        self._connections = 0

    async def send(self, request: Request, sample: int, attempt: int, defects: Sequence[str] = ()) -> Exchange:
        """Return the exchange for a request, on which the gateway lies in further ways as well.

        Raises BelowTheWire where the reply is no whole HTTP message.
        """
        self._connections += 1
        if request.first:
            await self._send(request.first, sample, attempt, defects)
        return await self._send(request, sample, attempt, defects)

    async def _send(self, request: Request, sample: int, attempt: int, defects: Sequence[str]) -> Exchange:
        self.sent += 1
        _Clock.now = 0.0
        name = request.exchange_id(sample, attempt)
        _Ids.restart(name)
        self._count.number = sample + _ATTEMPT * attempt
        self._gateway.app.numbers = itertools.count(zlib.crc32(name.encode()))
        text = request.body or ""
        body = (text[:1] + " " * request.padding + text[1:]).encode()
        received: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])
        messages: list[Message] = []
        times: list[float] = []

        async def receive() -> Message:
            return next(received, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            messages.append(message)
            if message.get("body"):
                times.append(_Clock.now)

        try:
            await self._gateway.app(self._scope(request, body, defects), receive, send)
        except CutOff as cut:
            raise BelowTheWire(f"{request.path}: the connection is cut") from cut
        return _exchange(request, sample, attempt, messages, times or [0.0])

    async def close(self) -> None:
        """Nothing is open."""

    def _scope(self, request: Request, body: bytes, defects: Sequence[str]) -> Scope:
        path = request.path if request.at_origin else _BASE_PATH + request.path
        surface = surfaces.for_request(request)
        path, _, query = with_query(path, surface.authorization_query(request.auth, KEY)).partition("?")
        headers = dict(surface.authorization(request.auth, KEY))
        if request.body is not None:
            headers |= {} if request.chunked else {"content-length": str(len(body))}
            headers |= {"content-type": request.content_type} if request.content_type else {}
        headers |= dict(request.headers)
        headers |= {DEFECT_HEADER: ",".join(defects)} if defects else {}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [*_HEADERS, *pairs],
            "client": ("127.0.0.1", self._connections),
            "server": ("127.0.0.1", 80),
        }


def _exchange(request: Request, sample: int, attempt: int, messages: list[Message], pieces: list[float]) -> Exchange:
    start, *rest = messages
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    content = b"".join(message.get("body", b"") for message in rest)
    length = next((value for name, value in headers if name == "content-length"), str(len(content)))
    if length != str(len(content)) and request.method != "HEAD":
        raise BelowTheWire(f"{request.path}: content-length is {length}, the body has {len(content)} bytes")
    body, fault = Body([value for name, value in headers if name == "content-encoding"], MemoryPool(1)), ""
    try:
        body.add(content)
        body.end()
    except Undecodable as error:
        fault = str(error)
    text, times = body.bytes.decode("utf-8", "surrogateescape"), (_NOW, 0.001 + pieces[0], 0.002 + _Clock.now, 0)
    failure = "protocol" if fault else None
    read = Exchange(request, sample, attempt, start["status"], headers, text, failure, fault, *times)
    hinted = (rates.says_how_long(read),) if read.status == 429 else ()
    return replace(read, last_byte=0.002 + pieces[-1], hinted=hinted)


@contextmanager
def repeatable() -> Iterator[None]:
    """Derive what the gateway invents from the id of the exchange, and stop its clock."""
    with (
        mock.patch.object(secrets, "token_hex", _Ids.token_hex),
        _stopped_clocks(),
        mock.patch.object(wire, "asyncio", SimpleNamespace(sleep=_Clock.sleep)),
    ):
        yield


@contextmanager
def _stopped_clocks() -> Iterator[None]:
    """Stop the clock of every front, each of which imports it for itself."""
    clock = SimpleNamespace(time=lambda: _NOW)
    registry.fronts()  # loads them
    fronts = [module for name, module in sys.modules.items() if name.startswith("conformance.mock.surfaces.")]
    with ExitStack() as stack:
        for module in fronts:
            if hasattr(module, "time"):
                stack.enter_context(mock.patch.object(module, "time", clock))
        yield


class _Clock:
    """The seconds that a gateway paused for the exchange in progress."""

    now = 0.0

    @classmethod
    async def sleep(cls, seconds: float) -> None:
        cls.now += seconds


class _Ids:
    """Hexadecimal ids in the place of random ones, from the id of the exchange and how many it has had so far."""

    name = ""
    numbers = itertools.count()

    @classmethod
    def restart(cls, name: str) -> None:
        cls.name, cls.numbers = name, itertools.count()

    @classmethod
    def token_hex(cls, size: int = 32) -> str:
        return hashlib.blake2b(f"{cls.name} {next(cls.numbers)}".encode(), digest_size=size).hexdigest()


class _Count(Counter[bytes]):
    """How often a body came before, as if each exchange had its own place in the order of all: see `_ATTEMPT`.

    A gateway that counted would give a repeated body another text as soon as some cases are left out.
    """

    number = 0

    def __missing__(self, key: bytes) -> int:
        return self.number

    def __setitem__(self, key: bytes, value: int) -> None:
        """Forget the count."""
