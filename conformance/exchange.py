"""Requests, replies and exchanges: the evidence, as frozen records.

What is sent, what came back, redaction and the JSON form of both live here.  How bytes travel does not, and nothing here
knows what a request is meant to show.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

REDACTED = "[redacted]"


@dataclass(frozen=True)
class Request:
    """One HTTP request to an endpoint; `path` is below the base URL, `body` the exact text sent (None: no body)."""

    method: str
    path: str
    body: str | None
    surface: str
    model: str

    @classmethod
    def post(cls, path: str, body: Mapping[str, Any], *, surface: str, model: str) -> Request:
        """A POST of a JSON object; equal objects make equal requests, whatever the order of their keys."""
        return cls("POST", path, json.dumps(body, sort_keys=True, separators=(",", ":")), surface, model)

    @cached_property
    def key(self) -> str:
        """Names the request by its content: equal requests have equal keys."""
        text = "\n".join([self.method, self.path, self.body or ""])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def json(self) -> Any:
        return None if self.body is None else json.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """One request and all that came back.

    `sample` numbers deliberate repeats, `attempt` counts how often a surprising case was asked anew; a retry is neither.
    `text` is the body as UTF-8 with surrogate escapes, so no byte is lost.  Without a reply `status` is None and `failure` is
    one of timeout, connection, protocol, too large.  Times are seconds, `started` is seconds since 1970.
    """

    request: Request
    sample: int
    attempt: int
    status: int | None
    headers: tuple[tuple[str, str], ...]
    text: str
    failure: str | None
    failure_detail: str
    started: float
    first_byte: float | None
    seconds: float
    retries: int

    @property
    def id(self) -> str:
        return f"{self.request.key}.{self.sample}.{self.attempt}"

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    def document(self) -> dict[str, Any]:
        """The exchange as one JSON object, described by schemas/data/evidence."""
        row = asdict(self)
        row["headers"] = [list(pair) for pair in self.headers]
        return {"id": self.id, **row}

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> Exchange:
        """The exchange that `document` wrote."""
        fields = {key: value for key, value in row.items() if key not in {"id", "request", "headers"}}
        headers = tuple((name, value) for name, value in row["headers"])
        return cls(request=Request(**row["request"]), headers=headers, **fields)


def curl(request: Request, base_url: str, bearer: str | None) -> str:
    """A command line that sends the request again; `bearer` is a variable such as "$KEY", which the shell puts in."""
    parts = ["curl", "-sS", "-i", "-X", request.method, shlex.quote(base_url.rstrip("/") + request.path)]
    if bearer:
        parts += ["-H", f'"Authorization: Bearer {bearer}"']
    if request.body is not None:
        parts += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(request.body)]
    return " ".join(parts)


class Redactor:
    """Takes secrets, as they are, base64, URL-encoded and in JSON, out of everything that came back."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if secret:
                written = json.dumps(secret)[1:-1]
                forms |= {secret, quote(secret, safe=""), written, written.replace("/", "\\/")}
                forms.add(base64.b64encode(secret.encode()).decode().rstrip("="))
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def __repr__(self) -> str:
        return "Redactor()"
