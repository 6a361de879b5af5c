"""One HTTP request and its reply: the only module that knows the HTTP client library.

That is httpx, or its maintained continuation httpx2 (same API) if it is installed.  Connections, the time limit and the size
limit of one exchange live here.  A client turns a request into an exchange and never raises for anything an endpoint does.  The
reply keeps its secrets, since it is yet to be judged; whoever writes it to a file removes them.  When a request is sent, and how
often, is decided by the transport.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance import __version__
from conformance.base.errors import ConfigurationError
from conformance.base.observation import shortened
from conformance.http.body import (
    SHOWN_OF_TOO_LARGE,
    UNCOUNTED,
    Body,
    MemoryPool,
    TooLarge,
    Undecodable,
    memory_estimate,
)
from conformance.http.exchange import Exchange, Request, address, with_query
from conformance.http.redaction import Redactor
from conformance.sending.proxies import proxy_of
from conformance.surfaces import registry as surfaces
from conformance.target.targets import Target

if TYPE_CHECKING:
    import httpx as httpx
else:
    _CHOICE = "CONFORMANCE_HTTP_CLIENT"
    _KNOWN = ("httpx2", "httpx")

    def _load():
        chosen = os.environ.get(_CHOICE)
        if chosen and chosen not in _KNOWN:
            message = f"{_CHOICE} must be one of {', '.join(_KNOWN)}, got {chosen!r}"
            raise ConfigurationError(message, "set it to one of these, or unset it")
        for name in [chosen] if chosen else _KNOWN:
            try:
                module = importlib.import_module(name)
            except ImportError:
                continue
            if hasattr(module, "AsyncClient"):  # `import` also accepts any folder named httpx2 in the current directory
                return module
        missing = chosen or "httpx"
        raise ConfigurationError(f"the HTTP client {missing} is not installed", f"pip install {missing}")

    httpx = _load()

# The number of headers of a reply, and their bytes together.  Gateways send some tens of headers, a few KiB together.  The
# libraries accept up to 100 KiB, which each exchange would keep in memory and in the evidence.
MAX_HEADERS, MAX_HEADER_BYTES = 256, 32 * 1024

# Characters of an error message of the client library that become the detail of a failure: its first sentence, without the long
# dumps that some contain.
_MAX_DETAIL = 400

# Seconds to wait for the end of a body whose last event has come.  Long enough to tell a body that is ended late from one that is
# ended at once, which takes milliseconds; a much larger value would cost a run that time on every stream of a server that ends
# none.
OPEN_AFTER_END = 3.0

# Bytes at the end of a body in which a surface finds the last event of a stream, which may repeat the whole answer.
_TAIL = 65_536

# Bytes of a piece of a body that is sent in pieces: small enough that each body has several.
_PIECE = 64

CLIENT_NAME = f"{httpx.__name__} {httpx.__version__}"

# At lower levels these libraries log the headers of requests and replies, keys included.  All options of pytest set the level of
# the root logger, and a level set here takes precedence over that.
for _name in ("httpx", "httpx2", "httpcore", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Client:
    """One connection to a target.

    httpx's connection pool searches all its connections for every request, so many clients with one connection each are faster
    than one client with many.
    """

    def __init__(
        self, target: Target, context: object, pool: MemoryPool, redact: Redactor, proxy: str | None = None
    ) -> None:
        self._base = target.base_url
        self._timeout = target.timeout
        self._pool = pool
        self._redact = redact
        self._key = target.key()
        self._templates: dict[tuple[object, ...], httpx.Request] = {}
        self._context, self._proxy = context, proxy
        self._headers = {
            "User-Agent": f"llm-conformance/{__version__}",
            "Accept-Encoding": "identity",
            **dict(target.headers),
        }
        self._http = self._connected()
        self._reusable = True

    def _connected(self) -> httpx.AsyncClient:
        """Return a client of the library, which opens its connection with the first request."""
        return httpx.AsyncClient(
            verify=self._context,  # type: ignore[arg-type]
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=None,
            # No cookie is accepted: it would make one case depend on another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers=self._headers,
            proxy=self._proxy,
            trust_env=False,  # the proxy is all that would be read from the environment
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self, request: Request, sample: int, attempt: int, retries: int, hinted: tuple[bool, ...] = ()
    ) -> Exchange:
        """Send a request once and read the reply, within the limits of time and size.

        It takes a new connection if it repeats an earlier one, and after a refusal or a failure, since a server that left a body
        unread takes what comes next on the connection for the rest of it: that would be held against an innocent request.
        """
        if attempt or request.first or not self._reusable:
            await self._http.aclose()
            self._http = self._connected()
        self._reusable = False
        started, begun = time.time(), time.perf_counter()
        received = _Received()
        try:
            async with asyncio.timeout(self._timeout):
                if request.first is not None:
                    await self._exchange(request.first, before := _Received(), begun)
                    if before.body:
                        before.body.close()
                    begun = time.perf_counter()
                await self._exchange(request, received, begun)
            if received.body:
                received.body.end()
            self._reusable = (received.status or 0) < 400 and not self._left_open(received, begun)
        except TimeoutError:
            received.fail("timeout", f"not finished within {self._timeout:g} s")
        except TooLarge as error:
            received.fail("too large", str(error))
        except Undecodable as error:
            received.fail("protocol", str(error))
        except (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.CloseError, OSError) as error:
            received.fail("connection", _one_line(error))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
            failure = "connection" if received.status is None else "protocol"
            received.fail("too large" if _is_too_large(error) else failure, _one_line(error))
        seconds = time.perf_counter() - begun
        text, acquired = self._text(received)
        received.body = None
        exchange = Exchange(
            request,
            sample,
            attempt,
            received.status,
            tuple(received.headers),
            text,
            received.failure,
            shortened(self._redact.sentence(received.detail), _MAX_DETAIL) if received.detail else "",
            started,
            received.first_byte,
            seconds,
            retries,
            last_byte=received.last_byte,
            hinted=hinted,
        )
        if acquired:
            weakref.finalize(exchange, self._pool.release, acquired).atexit = False
        return exchange

    async def _exchange(self, request: Request, received: _Received, begun: float) -> None:
        """Send a request and add to `received` whatever arrives; raises if anything goes wrong."""
        template, content = self._template(request), _content(request)
        sent = httpx.Request(template.method, template.url, headers=template.headers, content=content)
        async with aclosing(await self._http.send(sent, stream=True)) as reply:
            received.status = reply.status_code
            pairs = reply.headers.multi_items()
            received.headers = pairs[:MAX_HEADERS]
            size = sum(len(name) + len(value) for name, value in pairs)
            if len(pairs) > MAX_HEADERS or size > MAX_HEADER_BYTES:
                # What is shown of such a reply are its short headers.
                received.headers = [(name, value) for name, value in received.headers if len(value) < _MAX_DETAIL]
                raise TooLarge(f"{len(pairs)} headers of {size} bytes together")
            received.body = Body(reply.headers.get_list("content-encoding"), self._pool)
            ends = surfaces.for_request(request).ends
            parts = reply.aiter_raw()
            while (
                part := await _next(parts, OPEN_AFTER_END if ends(bytes(received.body.bytes[-_TAIL:])) else None)
            ) is not None:
                received.last_byte = time.perf_counter() - begun
                if received.first_byte is None:
                    received.first_byte = received.last_byte
                received.body.add(part)

    @staticmethod
    def _left_open(received: _Received, begun: float) -> bool:
        return received.last_byte is not None and time.perf_counter() - begun - received.last_byte >= OPEN_AFTER_END

    def _template(self, request: Request) -> httpx.Request:
        """Return the request without its body; the URL is parsed and headers are merged once for all that share them."""
        typed = request.content_type if request.body is not None else ""
        kind = (request.method, request.path, request.at_origin, request.surface, request.auth, typed, request.headers)
        if kind not in self._templates:
            surface = surfaces.for_request(request)
            query = {
                name: quote(key, safe="") for name, key in surface.authorization_query(request.auth, self._key).items()
            }
            url = with_query(address(request, self._base), query)
            headers = surface.authorization(request.auth, self._key)
            headers = {**headers, **({"Content-Type": typed} if typed else {}), **dict(request.headers)}
            template = self._templates[kind] = self._http.build_request(request.method, url, headers=headers)
            template.headers.pop("Content-Length", None)  # that of no body, which methods such as POST must name
        return self._templates[kind]

    def _text(self, received: _Received) -> tuple[str, int]:
        """Return the body as text, and the bytes of memory acquired for it.

        A body that is too large is cut and never judged, so secrets are removed from it here, before the final cut, which could
        cut a secret in two and make it unrecognisable.
        """
        if received.body is None:
            return "", 0
        text, size = received.body.bytes.decode("utf-8", "surrogateescape"), 0
        received.body.close()
        try:
            if received.failure != "too large" and (size := memory_estimate(text)) > UNCOUNTED:
                self._pool.acquire(size)
        except TooLarge as error:
            received.fail("too large", str(error))
        if received.failure == "too large":
            return self._redact(text[: 2 * SHOWN_OF_TOO_LARGE])[:SHOWN_OF_TOO_LARGE], 0
        return text, size if size > UNCOUNTED else 0


@dataclass
class _Received:
    """What was received so far in one exchange."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    body: Body | None = None
    first_byte: float | None = None
    last_byte: float | None = None
    failure: str | None = None
    detail: str = ""

    def fail(self, failure: str, detail: str) -> None:
        self.failure, self.detail = failure, detail


def clients(target: Target, count: int) -> list[Client]:
    """Return `count` clients of one target.

    They share the certificate store, which takes 20 ms and more to load, and the memory for large replies.
    """
    context = httpx.create_ssl_context() if target.base_url.startswith("https:") else False
    pool, redact, proxy = MemoryPool(count), Redactor(target.secrets()), proxy_of(target.base_url)
    return [Client(target, context, pool, redact, proxy) for _ in range(count)]


async def _next(parts: AsyncIterator[bytes], patience: float | None) -> bytes | None:
    """Return the next part of a body; None at its end, or if nothing comes for `patience` seconds."""
    try:
        if patience is None:
            return await anext(parts)
        async with asyncio.timeout(patience):
            return await anext(parts)
    except (StopAsyncIteration, TimeoutError):
        return None


def _content(request: Request) -> bytes | AsyncIterator[bytes] | None:
    """Return the body as it is sent: padded, and in pieces if it is sent without its length."""
    if request.body is None:
        return None
    whole = (request.body[:1] + " " * request.padding + request.body[1:]).encode()
    return _pieces(whole) if request.chunked else whole


async def _pieces(whole: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(whole), _PIECE):
        yield whole[start : start + _PIECE]


def _is_too_large(error: BaseException) -> bool:
    """Return whether the parser gave up on headers that do not fit its buffer, for which it names status 431."""
    return getattr(error, "error_status_hint", None) == 431 or (
        error.__context__ is not None and _is_too_large(error.__context__)
    )


def _one_line(error: Exception) -> str:
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
