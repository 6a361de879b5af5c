"""Requests, replies and exchanges: the evidence, as frozen records.

What is sent, what came back and the JSON form of both live here.  How bytes travel does not, and nothing here
knows what a request is meant to show.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from conformance.http.redaction import REDACTED, Redactor

WRONG_KEY = "sk-conformance-no-such-key"
MAX_DEPTH = 100  # levels of arrays and objects in one another
_MOST_DIGITS = 308  # as many as a float has


@dataclass(frozen=True)
class Request:
    """One HTTP request to an endpoint; `path` is below the base URL, `body` the exact text sent (None: no body).

    `auth` says how it is authorised: key (the target's own), none, wrong (a key that cannot be right) or basic (another
    scheme).  With `at_origin` the path starts at the root of the host.
    """

    method: str
    path: str
    body: str | None
    surface: str
    model: str
    auth: str = "key"
    content_type: str = "application/json"
    at_origin: bool = False

    @classmethod
    def post(cls, path: str, body: Mapping[str, Any], *, surface: str, model: str) -> Request:
        """A POST of a JSON object; equal objects make equal requests, whatever the order of their keys."""
        return cls("POST", path, json.dumps(body, sort_keys=True, separators=(",", ":")), surface, model)

    @cached_property
    def key(self) -> str:
        """Names the request by its content: equal requests have equal keys."""
        parts = [self.method, self.path, self.body or "", self.auth, self.content_type, str(self.at_origin)]
        text = "\n".join(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def exchange_id(self, sample: int, attempt: int) -> str:
        """The id of the exchange that the request gets as that sample of that attempt."""
        return f"{self.key}.{sample}.{attempt}"

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return None if self.body is None else json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Exchange:
    """One request and all that came back.

    `sample` numbers deliberate repeats, `attempt` counts how often a surprising case was asked anew; a retry is neither.
    `text` is the body as UTF-8 with surrogate escapes, so no byte is lost.  Without a reply `status` is None and `failure` is
    one of timeout, connection, protocol, too large.  Times are seconds, `started` is seconds since 1970.

    In memory it is the reply as it came, so that nothing but the reply is judged; what came back from a recording has `taken`,
    the places where a secret was taken out: "text", "request", or the name of a header.  Neither text nor headers show in a
    traceback.
    """

    request: Request
    sample: int
    attempt: int
    status: int | None
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    text: str = field(repr=False)
    failure: str | None
    failure_detail: str
    started: float
    first_byte: float | None
    seconds: float
    retries: int
    taken: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        return self.request.exchange_id(self.sample, self.attempt)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        return parse_json(self.text)

    def document(self) -> dict[str, Any]:
        """The exchange as one JSON object, described by schemas/data/evidence."""
        row = {each.name: getattr(self, each.name) for each in fields(self)}  # asdict would copy every header
        request = {each.name: getattr(self.request, each.name) for each in fields(self.request)}
        headers = [list(pair) for pair in self.headers]
        return {"id": self.id, **row, "request": request, "headers": headers, "taken": list(self.taken)}

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> Exchange:
        """The exchange that `document` wrote; in one without `taken`, which older versions wrote, the sign itself tells."""
        others = {key: value for key, value in row.items() if key not in {"id", "request", "headers", "taken"}}
        headers = tuple((name, value) for name, value in row["headers"])
        exchange = cls(request=Request(**row["request"]), headers=headers, **others)
        taken = tuple(row["taken"]) if "taken" in row else _places(exchange)
        if "request" in taken:
            exchange.request.__dict__["key"] = row["id"].partition(".")[0]  # that of what was sent
        return replace(exchange, taken=taken) if taken else exchange


def redacted(exchange: Exchange, redact: Redactor) -> Exchange:
    """Return the exchange as a file may hold it: without secrets, and `taken` says where there were any.

    A request is made of what an earlier reply said at times, such as a stop sequence; it keeps its id.
    """
    request, body = exchange.request, exchange.request.body and redact.of_requests(exchange.request.body)
    if body != request.body:
        request = replace(request, body=body)
        request.__dict__["key"] = exchange.request.key
    together = "\n".join(f"{name}\n{value}" for name, value in exchange.headers)
    headers, text = exchange.headers, redact(exchange.text)
    if redact(together) != together:  # nearly always none holds a secret, and one look at all of them tells
        headers = tuple((redact(name), redact(value)) for name, value in headers)
    if text == exchange.text and headers == exchange.headers and request is exchange.request:
        return exchange
    named = [new[0] for new, old in zip(headers, exchange.headers, strict=True) if new != old]
    parts = {"text": text != exchange.text, "request": request is not exchange.request}
    taken = dict.fromkeys([*exchange.taken, *named, *(part for part, changed in parts.items() if changed)])
    return replace(exchange, request=request, headers=headers, text=text, taken=tuple(taken))


def _places(exchange: Exchange) -> tuple[str, ...]:
    """Return where the sign of a secret that was taken out stands: the names of headers, and "text"."""
    named = [name for name, value in exchange.headers if REDACTED in f"{name}\n{value}"]
    return tuple(dict.fromkeys([*named, *(["text"] if REDACTED in exchange.text else [])]))


def parse_json(text: str) -> Any:
    """A JSON text from outside, read strictly, or None: no NaN, no Infinity, no nesting beyond what any answer needs.

    A number that no float holds reads as infinity, however it is spelt; of equal keys the last one counts.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return None if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(value) else value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        nested = [each for each in level if isinstance(each, list | dict) and each]
        level = [child for each in nested for child in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return False
    return True


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _whole(digits: str) -> int | float:
    """A whole number; one of hundreds of digits could be read, but neither compared nor printed safely."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_whole)


def curl_command(
    request: Request, base_url: str, authorization: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> str:
    """Return a command line that sends the request again.

    `authorization` are the headers that authorise it, in whose values the shell puts variables such as "$KEY"; `headers` are
    those of the target, with what is to be shown for their values.  What the request itself says goes before the latter.
    """
    base = "/".join(base_url.split("/")[:3]) if request.at_origin else base_url.rstrip("/")
    parts = ["curl", "-sS", "-i", "-X", request.method, shlex.quote(base + request.path)]
    own = {"content-type"} if request.body is not None else set()
    for name, value in authorization.items():
        parts += ["-H", f'"{name}: {value}"']
        own.add(name.lower())
    for name, value in (headers or {}).items():
        if name.lower() not in own:
            parts += ["-H", shlex.quote(f"{name}: {value}")]
    if request.body is not None:
        parts += [
            "-H",
            shlex.quote(f"Content-Type: {request.content_type}"),
            "--data-binary",
            shlex.quote(request.body),
        ]
    return " ".join(parts)
