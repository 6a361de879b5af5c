"""What a reply that is no answer means: a refusal, an outage, or a fault of the server.

Reading error envelopes and telling a client's mistake from everything else live here, for all surfaces; the code words that
tell one from the other are data, which a surface may replace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.base.observation import Observation, mishandled, refused, unanswered
from conformance.http.exchange import Exchange

NOT_ABOUT_THE_REQUEST = frozenset({401, 402, 403, 408, 409, 429})
_OVERLOADED = frozenset({502, 503, 504, 524, 529})


@dataclass(frozen=True)
class ErrorWords:
    """Texts that occur in the codes and types of an API's errors, by what they say the error is about.

    `spent_account`: an account without money or quota, which no waiting helps.  `not_about_parameters`: an error that the
    parameters of the request did not cause.  `client_mistake`: the client's mistake, even with a status that blames the server.
    `cut_answer` is part of a message that refuses nothing: the answer was cut.
    """

    spent_account: tuple[str, ...]
    not_about_parameters: tuple[str, ...]
    client_mistake: tuple[str, ...]
    cut_answer: str


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
    cut_answer="output limit was reached",  # how OpenAI says that reasoning ate the whole cap
)


@dataclass(frozen=True)
class Envelope:
    """The parts of an error body; what the body lacks is empty."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""

    def __str__(self) -> str:
        code = "" if self.code.isdigit() else self.code
        named = " ".join(dict.fromkeys(part for part in (code or self.type, self.param) if part))
        return f"{named}: {_short(self.message)}" if named else _short(self.message)


def envelope(body: Any) -> Envelope | None:
    """The error a JSON body carries, in OpenAI's envelope or one of the shapes seen instead; None if it carries none."""
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
    return Envelope(*(_word(each) for each in (detail, error.get("type"), error.get("code"), error.get("param"))))


def is_transient(exchange: Exchange, words: ErrorWords = OPENAI) -> bool:
    """Whether sending the same again may well succeed: a connection that failed, a rate limit, an overload."""
    if exchange.failure:
        return exchange.failure == "connection"
    if exchange.status != 429 and exchange.status not in _OVERLOADED:
        return False
    error = envelope(exchange.json)
    if exchange.status == 429:
        return not (error and _names(error, words.spent_account))
    return not _blames_client(error, words)


def read_refusal(exchange: Exchange, words: ErrorWords = OPENAI) -> Observation:
    """What a reply other than a good answer shows.  A server fault is suspect: it counts only when it repeats."""
    if exchange.failure:
        return unanswered(f"{exchange.failure}: {exchange.failure_detail}", suspect=exchange.failure == "timeout")
    status, error = exchange.status or 0, envelope(exchange.json)
    said = f"{status} {error}" if error else f"{status} {_short(exchange.text) or 'with an empty body'}"
    if status in NOT_ABOUT_THE_REQUEST or (
        error and (_names(error, words.not_about_parameters) or words.cut_answer in error.message)
    ):
        return unanswered(said)
    if status in _OVERLOADED and not _blames_client(error, words):
        return unanswered(said)
    if status >= 500:
        return mishandled(f"server fault for this request: {said}", suspect=True)
    if 400 <= status < 500:
        return refused(said) if error else mishandled(f"refused without an error that a client can read: {said}")
    if 300 <= status < 400:
        return mishandled(f"{status} redirect to {exchange.header('location') or 'nowhere'}")
    if error and isinstance(exchange.json, dict | list):
        return mishandled(f"an error with status {said}", suspect=True)
    return mishandled(f"{status} with a body that is no answer: {_short(exchange.text) or 'empty'}")


def _blames_client(error: Envelope | None, words: ErrorWords) -> bool:
    return error is not None and _names(error, words.client_mistake)


def _names(error: Envelope, words: tuple[str, ...]) -> bool:
    return any(word in part.lower() for part in (error.code, error.type) for word in words)


def _word(value: Any) -> str:
    return "" if value in (None, "None", "null") else value if isinstance(value, str) else str(value)


def _short(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
