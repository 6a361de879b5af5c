"""What pages say in words: meanings of the vocabulary, ages, counts.

Sentences for people live here; which page shows them does not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

OLD = timedelta(days=30)
_FORM = "%Y-%m-%dT%H:%M:%SZ"

VERDICTS = {
    "deviates": "Against a must of the documentation: a client that relies on it breaks.",
    "differs": "Against a should of the documentation: a client that relies on it may break.",
    "blocked": "Not judged: the model did not pass its preflight, or the run ended before.  This is no support.",
    "inconclusive": "Asked, but what came shows nothing either way.  This is no support.",
    "noted": "The documents are silent or contradict each other: what was seen is recorded and not judged.",
    "conforms": "What was seen is what the documentation says.",
    "not applicable": "The documents do not claim this for the model, so it was not asked.",
}
OBSERVED = {
    "honoured": "accepted, and the effect was seen",
    "accepted": "accepted; a client could not see an effect",
    "ignored": "accepted, and an effect that the server itself enforces was missing",
    "clamped": "accepted, and another value was applied",
    "refused": "refused with an error that a client can act on",
    "mishandled": "broken: a malformed answer or error, a wrong status, a server fault that repeats",
    "unanswered": "no evidence: an outage, a rate limit, a model that did not follow",
}
SAYS = {
    "supported": "it works, or the behaviour is promised",
    "without effect": "it is taken and never applied",
    "refused": "it is refused with an error",
    "unstated": "the documents do not say",
    "not applicable": "the documents do not speak of this model",
}
LEVELS = {"must": "binding", "should": "advised", "unstated": "not judged"}


def moment(run: dict[str, Any]) -> datetime:
    """When a run ended."""
    return datetime.strptime(run["ended"], _FORM).replace(tzinfo=UTC)


def readable(time: str) -> str:
    """A time of a matrix for people, without the letters."""
    return f"{time[:10]} {time[11:19]} UTC"


def age(ended: datetime, now: datetime) -> str:
    """How long ago something ended, in the largest unit that says something."""
    hours = int((now - ended) / timedelta(hours=1))
    if hours < 1:
        return "under an hour"
    if hours < 48:
        return number(hours, "hour")
    return number(hours // 24, "day")


def is_old(ended: datetime, now: datetime) -> bool:
    """Whether what was seen then may no longer hold."""
    return now - ended > OLD


def number(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
