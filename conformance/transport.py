"""HTTP: the only place that knows httpx.

Connections, the limit on requests in flight, time and size limits and retries live here.  A transport turns a request into
an exchange and never raises for what an endpoint does; secrets are taken out before anybody else sees the reply.
"""

from __future__ import annotations

import asyncio
import logging
import time
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from conformance import __version__
from conformance.exchange import WRONG_KEY, Exchange, Redactor, Request
from conformance.refusal import is_transient
from conformance.targets import Target

LARGEST_BODY = 16 * 1024 * 1024
TRIES = 3
TRIES_OF_A_LIMIT = 12  # what a rate limit turns away is asked again for longer: it says nothing but "later"
LONGEST_WAIT = 30.0
FAILURES_OF_A_DEAD_ENDPOINT = 12

logging.getLogger("httpx").setLevel(logging.WARNING)
_BACKOFF = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0, 0.5)


class Transport:
    """Sends requests to one target.  Made and used on one event loop; httpx's pools cost by their size: each holds one."""

    def __init__(self, target: Target, concurrency: int | None = None) -> None:
        key = target.key()
        self._base = target.base_url.rstrip("/")
        self._origin = "/".join(self._base.split("/")[:3])
        self._timeout = target.timeout
        self._redact = Redactor([key] if key else [])
        self._headers = {
            "User-Agent": f"llm-conformance/{__version__}",
            "Accept-Encoding": "identity",
            **dict(target.headers),
        }
        self._authorization = {
            "key": {"Authorization": f"Bearer {key}"} if key else {},
            "wrong": {"Authorization": f"Bearer {WRONG_KEY}"},
            "basic": {"Authorization": f"Basic {WRONG_KEY}"},
            "none": {},
        }
        self._slots: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        self._clients = self._open(concurrency or target.concurrency)
        self._failures = 0
        self.sent = 0

    @property
    def dead(self) -> bool:
        """Whether so many requests in a row found no connection that asking on is pointless."""
        return self._failures >= FAILURES_OF_A_DEAD_ENDPOINT

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        """One exchange, asked again on a lost connection, 429 or an overload; holds one of the slots meanwhile."""
        client = await self._slots.get()
        tries = 0

        async def once() -> Exchange:
            nonlocal tries
            tries += 1
            return await self._once(client, request, sample, attempt, tries - 1)

        again = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=lambda state: self.dead or state.attempt_number >= _tries(state),
            wait=_wait,
            sleep=asyncio.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        try:
            exchange: Exchange = await again(once)
        finally:
            self._slots.put_nowait(client)
        self._failures = self._failures + 1 if exchange.failure == "connection" and exchange.status is None else 0
        return exchange

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients))

    def _open(self, concurrency: int) -> list[httpx.AsyncClient]:
        context = httpx.create_ssl_context()
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        clients = []
        for _ in range(concurrency):
            client = httpx.AsyncClient(verify=context, limits=limits, timeout=None, headers=self._headers)
            clients.append(client)
            self._slots.put_nowait(client)
        return clients

    async def _once(
        self, client: httpx.AsyncClient, request: Request, sample: int, attempt: int, retries: int
    ) -> Exchange:
        started, begun = time.time(), time.perf_counter()
        status: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        body, first, failure, detail = bytearray(), None, None, ""
        self.sent += 1
        try:
            async with asyncio.timeout(self._timeout):
                content = request.body.encode() if request.body is not None else None
                typed = {"Content-Type": request.content_type} if content is not None and request.content_type else {}
                sent = {**self._authorization[request.auth], **typed}
                url = (self._origin if request.at_origin else self._base) + request.path
                async with client.stream(request.method, url, content=content, headers=sent) as reply:
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


def _tries(state: RetryCallState) -> int:
    """How often a request is sent at most, given what came back last."""
    exchange = state.outcome.result() if state.outcome else None
    return TRIES_OF_A_LIMIT if exchange and exchange.status == 429 else TRIES


def _wait(state: RetryCallState) -> float:
    """Seconds to wait before the next try: what Retry-After says, else a growing time with jitter."""
    exchange = state.outcome.result() if state.outcome else None
    asked = _retry_after(exchange.header("retry-after")) if exchange else None
    return min(asked if asked is not None else _BACKOFF(state), LONGEST_WAIT)


def _retry_after(value: str | None) -> float | None:
    """Retry-After in seconds, from seconds or a date; None where it is absent or neither."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
