"""A comparison of two matrices as a short text for a chat: the result, what is news in a few lines, and a link.

A chat gets no word of the endpoint's: what a reply says could be a mention or a link there.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.render.escaping import chat
from conformance.render.gate import NAMED, result
from conformance.render.wrapping import some
from conformance.results.findings import findings
from conformance.results.gate import Comparison, Kind

NEWS = (Kind.REGRESSED, Kind.LOST, Kind.UNSTABLE, Kind.FIXED)
LISTED = 10  # lines of news; a chat folds a longer message


def message(found: Comparison, link: str = "") -> str:
    """Return the text, with the link as its last line if there is one."""
    news = list(_news(found))
    more = [f"and {len(news) - LISTED} more"] if len(news) > LISTED else []
    lines = [f"{found.candidate.target}: {result(found)}", *(f"• {line}" for line in news[:LISTED]), *more]
    return "\n".join([*map(chat, lines), *([link] if link else [])]) + "\n"


def _news(found: Comparison) -> Iterator[str]:
    for entry in found.stale:
        yield f"stale expectation: {entry.cells}"
    for model in found.unjudged:
        yield f"nothing was judged of {model}"
    if found.is_empty:
        yield "nothing was compared: the baseline judged no cell of the candidate"
    for name in found.interrupted:
        yield f"the {name} was stopped before its end"
    for kind in NEWS:
        for finding in findings(found, kind):
            yield f"{kind}: {some(finding.problem.claims, NAMED)} on {some(finding.problem.models, NAMED)}"
