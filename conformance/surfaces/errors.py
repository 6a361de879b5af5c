"""What an error reply means: a refusal, an outage, or a fault of the server.

Reading error envelopes, and distinguishing a client's mistake from everything else, live here for all surfaces.  The texts that
distinguish them are data (`ErrorWords`), which a surface may replace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from conformance.base.observation import Observation, Reason, mishandled, refused, unanswered
from conformance.http.exchange import Exchange

# Statuses that the parameters of a request do not cause: keys, money, permissions, time, conflicts, rates.
NOT_ABOUT_THE_REQUEST = frozenset({401, 402, 403, 408, 409, 429})
# Statuses of a server or proxy that is overloaded or has no upstream; 524 is Cloudflare's timeout, 529 Anthropic's overload.
_OVERLOADED = frozenset({502, 503, 504, 524, 529})


@dataclass(frozen=True)
class ErrorWords:
    """Texts that occur in the codes and types of an API's errors, by what they say the error is about.

    `spent_account`: an account without money or quota, which no waiting helps.  `not_about_parameters`: an error that the
    parameters of the request did not cause.  `client_mistake`: the client's mistake, even with a status that blames the server.
    `cut_answer` is part of a message that refuses nothing: the answer was cut.  `too_long` finds a message that says that the
    prompt does not fit into the model, where neither code nor type says so; `names_cap` finds one that is about the cap instead.
    `filtered` finds a message that says that a filter stopped the prompt, in APIs whose errors have no code for that.
    """

    spent_account: tuple[str, ...]
    not_about_parameters: tuple[str, ...]
    client_mistake: tuple[str, ...]
    cut_answer: str
    too_long: re.Pattern[str] = re.compile(
        r"context (length|window|size)|(prompt|input) is too long|input token count|maximum prompt length",
        re.IGNORECASE,
    )
    filtered: re.Pattern[str] = re.compile(
        r"content (filter|policy|management)|safety (filter|system|policy)|prompt was (blocked|flagged)", re.IGNORECASE
    )
    names_cap: re.Pattern[str] = re.compile(r"max_(completion_|new_|output_)?tokens", re.IGNORECASE)


OPENAI = ErrorWords(
    spent_account=("insufficient_quota", "billing"),
    not_about_parameters=(
        "insufficient_quota",
        "quota",
        "billing",
        "rate_limit",
        "content_filter",
        "content_policy",
        "context_length",
        "context_size",
    ),
    client_mistake=(
        "invalid",
        "unsupported",
        "not_found",
        "missing",
        "unknown",
        "unprocessable",
        "validation",
        "above_max",
        "below_min",
    ),
    cut_answer="output limit was reached",  # OpenAI's message when reasoning uses up the whole cap
)


@dataclass(frozen=True)
class Envelope:
    """The parts of an error body; a part that the body lacks is empty."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""

    def __str__(self) -> str:
        code = "" if self.code.isdigit() else self.code
        named = " ".join(dict.fromkeys(part for part in (code or self.type, self.param) if part))
        return f"{named}: {_short(self.message)}" if named else _short(self.message)


def envelope(body: Any) -> Envelope | None:
    """Return the error in a JSON body, in OpenAI's envelope or in another shape that gateways send; None if there is none."""
    while isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return None
    error = body.get("error", body)
    if isinstance(error, str) and error:
        return Envelope(error)
    if not isinstance(error, dict):
        return None
    detail = error.get("message") or error.get("detail") or error.get("msg")
    if not detail:
        return None
    kind = error.get("type") or error.get("status")  # Google's APIs name the kind of an error `status`
    return Envelope(*(_as_text(part) for part in (detail, kind, error.get("code"), error.get("param"))))


def is_transient(exchange: Exchange, words: ErrorWords = OPENAI) -> bool:
    """Return whether sending the same request again may succeed: after a lost connection, a rate limit or an overload."""
    if exchange.failure:
        return exchange.failure == "connection"
    if exchange.status != 429 and exchange.status not in _OVERLOADED:
        return False
    error = envelope(exchange.json)
    if exchange.status == 429:
        return not (error and _names(error, words.spent_account))
    return not _blames_client(error, words)


def read_refusal(exchange: Exchange, words: ErrorWords = OPENAI) -> Observation:
    """Return what a reply other than an answer shows.

    A failure of the server is `suspect`: it may be an outage, so that it counts only if it repeats.
    """
    if exchange.failure:
        reason = Reason.TIMED_OUT if exchange.failure == "timeout" else None
        detail = f"{exchange.failure}: {exchange.failure_detail}"
        return unanswered(detail, suspect=exchange.failure != "too large", reason=reason)
    status, error = exchange.status or 0, envelope(exchange.json)
    quoted = f"{status} {error}" if error else f"{status} {_short(exchange.text) or 'with an empty body'}"
    if status in NOT_ABOUT_THE_REQUEST or (
        error
        and (
            _names(error, words.not_about_parameters)
            or words.cut_answer in error.message
            or words.filtered.search(error.message)
            or _says_too_long(error, words)
        )
    ):
        return unanswered(quoted)
    if status in _OVERLOADED and not _blames_client(error, words):
        return unanswered(quoted, suspect=True)
    if status >= 500:
        return mishandled(f"the server failed on this request: {quoted}", suspect=True)
    if 400 <= status < 500:
        return refused(quoted) if error else mishandled(f"refused without an error that a client can read: {quoted}")
    if 300 <= status < 400:
        return mishandled(f"status {status}: redirected to {exchange.header('location') or 'an unnamed place'}")
    if error and isinstance(exchange.json, dict | list):
        return mishandled(f"an error with status {quoted}", suspect=True)
    return mishandled(
        f"status {status}, expected an answer in the body, got {_short(exchange.text) or 'an empty body'}"
    )


def _blames_client(error: Envelope | None, words: ErrorWords) -> bool:
    return error is not None and _names(error, words.client_mistake)


def _names(error: Envelope, words: tuple[str, ...]) -> bool:
    return any(word in part.lower() for part in (error.code, error.type) for word in words)


def _says_too_long(error: Envelope, words: ErrorWords) -> bool:
    """Return whether a message says that the prompt is longer than the model's context, and blames no cap for it."""
    return bool(words.too_long.search(error.message)) and not words.names_cap.search(error.message)


def _as_text(value: Any) -> str:
    return "" if value in (None, "None", "null") else value if isinstance(value, str) else str(value)


def _short(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
