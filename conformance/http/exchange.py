"""Requests and exchanges: the evidence of a run, as frozen records.

What is sent, what was received and the JSON form of both live here.  Nothing here knows how bytes travel or what a request is
meant to show.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from conformance.base.parsing import MAX_DEPTH, MAX_DIGITS, too_deep
from conformance.http.redaction import REDACTED, Redactor

WRONG_KEY = "sk-conformance-no-such-key"


@dataclass(frozen=True)
class Request:
    """One HTTP request to an endpoint; `path` is below the base URL, `body` is the exact text sent (None: no body).

    `auth` says how it is authorised: key (the target's key), none, wrong (a key that cannot be valid), basic (another scheme), or
    one of the other ways that its surface knows.  The key itself is not part of the record, not even where the address holds it.
    With `at_origin` the path starts at the root of the target, which `address` finds.

    `headers` are sent besides the usual ones, or in place of those of the same name; with Transfer-Encoding: chunked the body
    goes in pieces, without its length.  `padding` is a number of spaces that are sent behind the first character of the body,
    where JSON allows them, so that a large body need not be kept.  `first` is sent before this request on the same, new
    connection; its answer is read and dropped.

    The rest is known to the run that sends a request and is in no file: whether it is a deliberate `mistake`, the answer to
    which nobody promises, the parameter that it is `about`, and whether it is `quiet`, sent while no other is in flight.
    """

    method: str
    path: str
    body: str | None
    surface: str
    model: str
    auth: str = "key"
    content_type: str = "application/json"
    at_origin: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    padding: int = 0
    first: Request | None = None
    mistake: bool = field(default=False, compare=False, repr=False)
    about: str = field(default="", compare=False, repr=False)
    quiet: bool = field(default=False, compare=False, repr=False)

    @classmethod
    def post(cls, path: str, body: Mapping[str, Any], *, surface: str, model: str, about: str = "") -> Request:
        """Return a POST of a JSON object; equal objects make equal requests, whatever the order of their keys."""
        return cls("POST", path, dumped(body), surface, model, about=about)

    @cached_property
    def key(self) -> str:
        """The name of the request by its content: equal requests have equal keys.

        64 bits of SHA-256 are enough: among the 20,000 requests of a large run two have the same key once in 10^11 runs.
        """
        parts = [self.method, self.path, self.body or "", self.auth, self.content_type, str(self.at_origin)]
        unusual = {name: value for name, value in self.document().items() if name in _UNUSUAL}
        text = "\n".join([*parts, json.dumps(unusual, sort_keys=True)] if unusual else parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def exchange_id(self, sample: int, attempt: int) -> str:
        """Return the id of the exchange for this sample and attempt of the request."""
        return f"{self.key}.{sample}.{attempt}"

    @property
    def sent(self) -> int:
        """How many requests go out when it is sent: two if another one goes first."""
        return 1 if self.first is None else 2

    @property
    def chunked(self) -> bool:
        """Whether the body is sent in pieces, without its length."""
        return any(name.lower() == "transfer-encoding" for name, _ in self.headers)

    def document(self) -> dict[str, Any]:
        """Return the request as one JSON object; what is only in unusual requests is left out of others."""
        row = {name: getattr(self, name) for name in _REQUEST_FIELDS if name not in _UNUSUAL}
        if self.headers:
            row["headers"] = [list(pair) for pair in self.headers]
        if self.padding:
            row["padding"] = self.padding
        if self.first is not None:
            row["first"] = self.first.document()
        return row

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> Request:
        """Return the request that `document` wrote."""
        headers = tuple((name, value) for name, value in row.get("headers", ()))
        first = cls.from_document(row["first"]) if "first" in row else None
        return cls(**{**row, "headers": headers, "first": first})

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        try:
            return None if self.body is None else json.loads(self.body)
        except ValueError:
            return None


def dumped(body: Mapping[str, Any]) -> str:
    """Return the JSON of a body; that of equal objects is equal, whatever the order of their keys.

    Only the properties of a schema keep their order, which the answer has to have as well.
    """
    return json.dumps(_in_order(body), separators=(",", ":"))


def _in_order(value: Any, name: str = "") -> Any:
    """Return a JSON value with the keys of its objects sorted, except for those of an object with the name `properties`."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key], key) for key in (value if name == "properties" else sorted(value))}
    return [_in_order(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class Exchange:
    """One request and everything received in reply.

    `sample` numbers deliberate repeats of a request, `attempt` counts how often a deviating case was repeated; `retries` are
    neither.  `text` is the body as UTF-8 with surrogate escapes, so no byte is lost.  `failure` is None or one of timeout,
    connection, protocol, too large; without any reply `status` is None.  Times are in seconds, `started` in seconds since 1970.
    Between `last_byte` and the end nothing came of the body, though it was not ended; older recordings lack it.  `hinted` says of
    each refusal for a rate that was met on the way whether it said how long to wait.

    In memory it is the reply as the endpoint sent it, so that only the endpoint is judged.  An exchange that was read back from
    a recording names in `taken` the places where a secret was removed: "text", "request", or the name of a header.  Text and
    headers are hidden from tracebacks, since they may hold secrets.
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
    last_byte: float | None = None
    hinted: tuple[bool, ...] = ()

    @cached_property
    def id(self) -> str:
        return self.request.exchange_id(self.sample, self.attempt)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        return parse_json(self.text)

    def document(self) -> dict[str, Any]:
        """Return the exchange as one JSON object, as schemas/data/evidence describes it."""
        row = {name: getattr(self, name) for name in _EXCHANGE_FIELDS}  # asdict would copy every header
        headers = [list(pair) for pair in self.headers]
        row["hinted"] = list(self.hinted)
        return {"id": self.id, **row, "request": self.request.document(), "headers": headers, "taken": list(self.taken)}

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> Exchange:
        """Return the exchange that `document` wrote.

        Older versions wrote no `taken`; in their files the mark that replaced a secret is searched for instead.
        """
        others = {key: value for key, value in row.items() if key not in {"id", "request", "headers", "taken"}}
        headers = tuple((name, value) for name, value in row["headers"])
        others["hinted"] = tuple(row.get("hinted", ()))
        exchange = cls(request=Request.from_document(row["request"]), headers=headers, **others)
        taken = tuple(row["taken"]) if "taken" in row else _marked_places(exchange)
        if "request" in taken:
            exchange.request.__dict__["key"] = row["id"].partition(".")[0]  # the key of the request as it was sent
        return replace(exchange, taken=taken) if taken else exchange


_REQUEST_FIELDS = tuple(field.name for field in fields(Request) if field.compare)
_UNUSUAL = frozenset({"headers", "padding", "first"})
_EXCHANGE_FIELDS = tuple(field.name for field in fields(Exchange))


def redacted(exchange: Exchange, redact: Redactor) -> Exchange:
    """Return the exchange without secrets, as a file may hold it; `taken` names the places where there were any.

    A request can hold a secret too, since some are built from an earlier reply (a stop sequence, for example).  It keeps the id
    of the request that was sent, so that a replay finds it.
    """
    request, body = exchange.request, exchange.request.body and redact.of_requests(exchange.request.body)
    if body != request.body:
        request = replace(request, body=body)
        request.__dict__["key"] = exchange.request.key
    together = "\n".join(f"{name}\n{value}" for name, value in exchange.headers)
    headers, text = exchange.headers, redact(exchange.text)
    if redact(together) != together:  # headers nearly never hold a secret, and one call for all of them is faster
        headers = tuple((redact(name), redact(value)) for name, value in headers)
    if text == exchange.text and headers == exchange.headers and request is exchange.request:
        return exchange
    changed_headers = [new[0] for new, old in zip(headers, exchange.headers, strict=True) if new != old]
    parts = {"text": text != exchange.text, "request": request is not exchange.request}
    taken = dict.fromkeys([*exchange.taken, *changed_headers, *(part for part, changed in parts.items() if changed)])
    return replace(exchange, request=request, headers=headers, text=text, taken=tuple(taken))


def _marked_places(exchange: Exchange) -> tuple[str, ...]:
    """Return the places that contain the mark of a removed secret: the names of headers, and "text"."""
    marked = [name for name, value in exchange.headers if REDACTED in f"{name}\n{value}"]
    return tuple(dict.fromkeys([*marked, *(["text"] if REDACTED in exchange.text else [])]))


def parse_json(text: str) -> Any:
    """Return the value of a JSON text from outside, or None: NaN, Infinity and nesting beyond MAX_DEPTH are not accepted.

    A number that no float can hold reads as infinity, however it is written; of equal keys the last one counts.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    # Counting brackets is fast, and a text with few of them cannot be nested too deep.
    return None if text.count("[") + text.count("{") > MAX_DEPTH and too_deep(value) else value


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not allowed in JSON")


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


_DECODER = json.JSONDecoder(parse_constant=_reject_constant, parse_int=_parse_int)


def address(request: Request, base_url: str) -> str:
    """Return the URL of a request, without the parameters that authorise it.

    The root of a target is its base URL without a version at the end: other APIs have versions of their own beside /v1, also
    behind a prefix.
    """
    base = base_url.rstrip("/")
    return (_VERSION.sub("", base) if request.at_origin else base) + request.path


def _quoted(text: str) -> str:
    """Return a word of a command line for a shell; with control characters in it, in a form that bash, ksh and zsh know."""
    if text.isprintable():
        return shlex.quote(text)
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    octets = (char if char.isprintable() else _octets(char) for char in plain)
    return f"$'{''.join(octets)}'"


def _octets(char: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass"))


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Return a URL with more parameters, whose values are encoded already."""
    added = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url


_VERSION = re.compile(r"/v[0-9]+[a-z0-9]*$")  # /v1, /v1beta


def curl_command(
    request: Request,
    base_url: str,
    authorization: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> str:
    """Return a command line that sends the request again.

    `authorization` and `query` are the headers and the parameters of the address that authorise it; the shell replaces variables
    such as "$KEY" in their values.  `headers` are those of the target, each with the text to show instead of its value.  A header
    of the request wins over one of the target, as it does in the client.
    """
    method = ["--head"] if request.method == "HEAD" else ["-i", "-X", _quoted(request.method)]
    url = address(request, base_url)
    added = with_query(url, query or {}).removeprefix(url)
    parts = ["curl", "-sS", *method, _quoted(url) + (f'"{added}"' if added else "")]
    set_by_request = {"content-type"} if request.body is not None else set()
    for name, value in request.headers:
        parts += ["-H", _quoted(f"{name}: {value}")]
        set_by_request.add(name.lower())
    for name, value in authorization.items():
        parts += ["-H", f'"{name}: {value}"']
        set_by_request.add(name.lower())
    for name, value in (headers or {}).items():
        if name.lower() not in set_by_request:
            parts += ["-H", _quoted(f"{name}: {value}")]
    if request.body is not None:
        parts += [
            "-H",
            _quoted(f"Content-Type: {request.content_type}"),
            "--data-binary",
            "@-" if request.padding else _quoted(request.body),
        ]
    if request.body is not None and request.padding:
        start, rest = _quoted(request.body[:1]), _quoted(request.body[1:])
        parts = ["printf", _quoted(f"%s%{request.padding}s%s"), start, "''", rest, "|", *parts]
    return " ".join(parts)
