"""Sentences and phrases of the pages: what verdicts and observations mean, ages, counts.

Nothing here knows which page shows them.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, groupby

from conformance.base.observation import Seen
from conformance.contract.claims import Level, Says
from conformance.results.facts import ModelFacts, RunFacts
from conformance.results.matrix import Cell
from conformance.results.squares import Square
from conformance.trial.judge import Verdict

OLD = timedelta(days=30)  # what a gateway did a month ago may have changed with a release since
BAR = 1000  # the width of a bar in its own units
_FORM = "%Y-%m-%dT%H:%M:%SZ"

VERDICTS = {
    Verdict.DEVIATES: "Against a must of the documentation: a client that relies on it breaks.",
    Verdict.DIFFERS: "Against a should of the documentation: a client that relies on it may break.",
    Verdict.BLOCKED: "Not judged: the model failed its preflight, or the run ended first.  This does not count as support.",
    Verdict.INCONCLUSIVE: "Tested, but the replies prove neither.  This does not count as support.",
    Verdict.NOTED: "The documentation is silent or contradicts itself: what was observed is recorded and not judged.",
    Verdict.CONFORMS: "The endpoint does what the documentation says.",
    Verdict.NOT_APPLICABLE: "The documentation does not claim this for the model, so it was not tested.",
}
OBSERVED = {
    Seen.HONOURED: "accepted, and the effect was seen",
    Seen.ACCEPTED: "accepted; a client could not see an effect",
    Seen.IGNORED: "accepted, and an effect that the server itself enforces was missing",
    Seen.CLAMPED: "accepted, and another value was applied",
    Seen.REFUSED: "refused with an error that a client can act on",
    Seen.MISHANDLED: "broken: a malformed answer or error, a wrong status, a server fault that repeats",
    Seen.UNANSWERED: "no evidence: an outage, a rate limit, or a model that did not follow its instructions",
}
SAYS = {
    Says.SUPPORTED: "it works, or the behaviour is promised",
    Says.WITHOUT_EFFECT: "it is accepted and never applied",
    Says.REFUSED: "it is refused with an error",
    Says.UNSTATED: "the documentation does not say",
    Says.NOT_APPLICABLE: "the documentation does not cover this model",
}
LEVELS = {Level.MUST: "binding", Level.SHOULD: "advised", Level.UNSTATED: "not judged"}


def moment(run: RunFacts) -> datetime:
    """Return when a run ended; raises ValueError for a time that no calendar has."""
    return datetime.strptime(run.ended, _FORM).replace(tzinfo=UTC)


def readable(time: str) -> str:
    """Return a time of a matrix as people write it: 2026-01-31 03:04:05 UTC."""
    return f"{time[:10]} {time[11:19]} UTC"


def age(ended: datetime, now: datetime) -> str:
    """Return how long ago something ended, in hours for two days and then in days."""
    hours = int((now - ended) / timedelta(hours=1))
    if hours < 1:
        return "under an hour"
    if hours < 48:
        return number(hours, "hour")
    return number(hours // 24, "day")


def is_old(ended: datetime, now: datetime) -> bool:
    """Return whether a result is so old that it may no longer hold."""
    return now - ended > OLD


def number(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 run", "1,200 runs"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"


def models(named: Iterable[Cell | ModelFacts]) -> str:
    """Return how many models there are of each provider: "20 openai models", "60 models (20 openai, 40 claude)"."""
    counts = Counter(model.column for model in named)
    if len(counts) == 1:
        ((column, count),) = counts.items()
        return number(count, f"{column} model")
    return f"{number(counts.total(), 'model')} ({', '.join(f'{count} {column}' for column, count in counts.items())})"


def bar(counts: Mapping[Verdict, int]) -> list[tuple[Verdict, int, int]]:
    """Return where the part of each verdict begins on a bar and how wide it is, worst first.

    A part is at least a hundredth of the bar wide, so that one deviation of thousands of cells is seen.
    """
    widths = {
        verdict: max(count * BAR // sum(counts.values()), BAR // 100) for verdict, count in counts.items() if count
    }
    total = sum(widths.values())
    places = accumulate(widths.values(), initial=0)
    return [
        (verdict, start * BAR // total, -(-width * BAR // total))
        for (verdict, width), start in zip(widths.items(), places, strict=False)
    ]


def square(found: Square) -> str:
    """Return what a square of an overview says: the verdict, what is documented and measured, and how many models are wrong."""
    parts = [found.verdict.value]
    parts += [f"documented {found.documented}"] if found.documented else []
    parts += [f"measured {', '.join(found.limits)}"] if found.limits else []
    parts += ["more than documented"] if found.wider else []
    parts += [f"{found.wrong} of {found.asked} models"] if found.asked > found.wrong > 0 else []
    return ", ".join(parts)


def plain(value: float) -> str:
    """Return a number without a needless fraction: 128, 0.5."""
    return f"{value:g}" if abs(value) < 1_000_000 else f"{value:.0f}"


def short(text: str, most: int) -> str:
    """Return a text of at most this many characters; what is cut ends in three dots."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def spans(columns: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return each provider of a table's columns with how many columns it spans."""
    return [(provider, len(list(group))) for provider, group in groupby(provider for provider, _ in columns)]


def explain(cell: str) -> str:
    """Return the command that shows the exchanges of a cell."""
    return f"conformance explain {shlex.quote(cell)} --run RUN_DIRECTORY"
