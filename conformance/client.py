"""One HTTP request and all that comes back: the only place that knows the client library.

httpx, or its maintained continuation httpx2 (same API) where it is installed; connections, the time limit and the size limit
of one exchange live here.  A client turns a request into an exchange and never raises for what an endpoint does; secrets are
taken out before anybody else sees the reply.  When to send and how often is the transport's business.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import time
from typing import TYPE_CHECKING

from conformance import __version__
from conformance.errors import ConfigurationError
from conformance.exchange import WRONG_KEY, Exchange, Redactor, Request
from conformance.targets import Target

if TYPE_CHECKING:
    import httpx
else:
    _CHOICE = "CONFORMANCE_HTTP_CLIENT"
    _KNOWN = ("httpx2", "httpx")

    def _load():
        chosen = os.environ.get(_CHOICE)
        if chosen and chosen not in _KNOWN:
            raise ConfigurationError(f"{_CHOICE} is {chosen!r}", f"set it to one of {', '.join(_KNOWN)}, or unset it")
        for name in [chosen] if chosen else _KNOWN:
            try:
                return importlib.import_module(name)
            except ImportError:
                continue
        raise ConfigurationError(f"the HTTP client {chosen} is not installed", f"pip install {chosen}")

    httpx = _load()

LARGEST_BODY = 16 * 1024 * 1024
NAME = f"{httpx.__name__} {httpx.__version__}"

logging.getLogger(httpx.__name__).setLevel(logging.WARNING)


class Client:
    """One connection to a target.  Pools cost by their size, so each client holds one connection and there are several."""

    def __init__(self, target: Target, context: object) -> None:
        key = target.key()
        self._base = target.base_url.rstrip("/")
        self._origin = "/".join(self._base.split("/")[:3])
        self._timeout = target.timeout
        self._redact = Redactor([key] if key else [])
        self._authorization = {
            "key": {"Authorization": f"Bearer {key}"} if key else {},
            "wrong": {"Authorization": f"Bearer {WRONG_KEY}"},
            "basic": {"Authorization": f"Basic {WRONG_KEY}"},
            "none": {},
        }
        self._http = httpx.AsyncClient(
            verify=context,  # type: ignore[arg-type]
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=None,
            headers={
                "User-Agent": f"llm-conformance/{__version__}",
                "Accept-Encoding": "identity",
                **dict(target.headers),
            },
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, request: Request, sample: int, attempt: int, retries: int) -> Exchange:
        """Send once and read all that comes back, within the limits of time and size."""
        started, begun = time.time(), time.perf_counter()
        status: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        body, first, failure, detail = bytearray(), None, None, ""
        try:
            async with asyncio.timeout(self._timeout):
                content = request.body.encode() if request.body is not None else None
                typed = {"Content-Type": request.content_type} if content is not None and request.content_type else {}
                sent = {**self._authorization[request.auth], **typed}
                url = (self._origin if request.at_origin else self._base) + request.path
                async with self._http.stream(request.method, url, content=content, headers=sent) as reply:
                    status = reply.status_code
                    headers = tuple((name, self._redact(value)) for name, value in reply.headers.multi_items())
                    async for part in reply.aiter_bytes():
                        first = first if first is not None else time.perf_counter() - begun
                        body += part
                        if len(body) > LARGEST_BODY:
                            failure, detail = "too large", f"more than {LARGEST_BODY} bytes"
                            break
        except TimeoutError:
            failure, detail = "timeout", f"not finished within {self._timeout:g} s"
        except (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
            failure, detail = "connection", _say(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure, detail = ("connection" if status is None and not body else "protocol"), _say(error)
        text = self._redact(body.decode("utf-8", "surrogateescape"))
        seconds = time.perf_counter() - begun
        return Exchange(
            request,
            sample,
            attempt,
            status,
            headers,
            text,
            failure,
            self._redact(detail),
            started,
            first,
            seconds,
            retries,
        )


def clients(target: Target, count: int) -> list[Client]:
    """So many clients of one target; they share one certificate store, which is slow to load."""
    context = httpx.create_ssl_context()
    return [Client(target, context) for _ in range(count)]


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
