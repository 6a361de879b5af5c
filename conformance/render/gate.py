"""A comparison of two matrices as text for a terminal, and the words that other formats of it use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.base.money import Usage
from conformance.base.observation import printable
from conformance.render.problems import blocks, what
from conformance.render.signs import counts_in_words
from conformance.render.wrapping import some
from conformance.results.expectations import lines as stale_lines
from conformance.results.findings import Finding, candidate, findings, unjudged
from conformance.results.gate import FAILS, LEAVES_OPEN, Change, Comparison, Kind, dearer
from conformance.results.history import at_values
from conformance.results.matrix import Cell

LISTED = (
    Kind.REGRESSED,
    Kind.CONSEQUENCE,
    Kind.LOST,
    Kind.UNSTABLE,
    Kind.FIXED,
    Kind.CHANGED,
    Kind.REVISED,
    Kind.DEARER,
    Kind.NEW,
    Kind.EXPECTED,
    Kind.STANDING,
)
IN_ONE_LINE = frozenset({Kind.NEW, Kind.EXPECTED, Kind.STANDING})  # nothing to do about them, unless --verbose asks
MEANING = {
    Kind.REGRESSED: "deviate now and did not before, or not as often",
    Kind.CONSEQUENCE: "are blocked by a claim that deviates; only that claim is counted",
    Kind.LOST: "were judged before and are not now",
    Kind.UNSTABLE: "were judged before; now their answers contradict each other",
    Kind.FIXED: "deviated before and do not now",
    Kind.CHANGED: "are not against the contract, and something else was seen than before",
    Kind.REVISED: "show what they showed before; the contract says something else",
    Kind.DEARER: "show what they showed before, and take more tokens for it",
    Kind.NEW: "have nothing to be compared with",
    Kind.EXPECTED: "deviate as expected",
    Kind.STANDING: "deviate now as before",
}
RESULTS = {0: "passed", 1: "FAILED", 5: "left open: nothing got worse that is known, but not enough is known"}
NAMED = 3  # claims or models that one line names
GROUPS = 2  # observations of one claim on several models
MOST_URGENT, MOST_OTHERS = 20, 5  # findings of one kind: of those that the exit code depends on, and of others


def text(found: Comparison, *, whole: bool = False) -> str:
    """Return the comparison for a terminal: what is news, or if `whole`, every finding in full."""
    return "\n".join(printable(line) for line in _text(found, whole=whole)) + "\n"


def _text(found: Comparison, *, whole: bool) -> Iterator[str]:
    yield from facts(found)
    yield from (f"stale expectation: {line}" for line in stale_lines(found.stale))
    for kind in LISTED:
        if not (entries := findings(found, kind)):
            continue
        yield ""
        if kind in IN_ONE_LINE and not whole:
            yield f"{in_one_line(kind, entries)}"
            continue
        yield f"{kind.value} ({count(entries)}), cells that {MEANING[kind]}:"
        shown = entries[: most(kind, whole=whole)]
        for finding in shown:
            yield f"  {title(finding, found, whole=whole)}"
            yield from (f"    {line}" for line in lines(finding, kind, whole=whole))
        if rest := len(entries) - len(shown):
            yield f"  and {rest} more; --verbose lists them"
    yield from ("", result(found))


def title(finding: Finding, found: Comparison, *, whole: bool = False) -> str:
    """Return what a finding is about: claims and models, or how many cells were cut off by what."""
    named = None if whole else NAMED
    if finding.is_missing:
        return f"not in the candidate: {some(finding.problem.claims, named)}"
    return what(finding.problem, candidate(found), named)


def lines(finding: Finding, kind: Kind, *, whole: bool = False) -> Iterator[str]:
    """Yield what the cells of a finding were before and are now, and what they block."""
    groups = [] if finding.is_missing or finding.problem.reason else observations(finding, whole=whole)
    for group in groups[: None if whole else GROUPS]:
        named = where(group, finding, whole=whole)
        yield f"{named}{': ' if named else ''}{_change(group[0])}"
    if not whole and (others := len(groups) - GROUPS) > 0:
        yield f"and {others} other observation{'' if others == 1 else 's'}"
    yield from blocked(finding, kind, whole=whole)


def observations(finding: Finding, *, whole: bool) -> list[list[Change]]:
    """Return the changes that one line can show: those with equal observations, or if `whole`, each one, with its own detail."""
    return [[change] for change in finding.changes] if whole else finding.groups


def result(found: Comparison) -> str:
    """Return the last line: the outcome and the counts that it depends on."""
    return f"gate: {RESULTS[found.exit_code]} ({counted(found)})"


def where(group: Sequence[Change], finding: Finding, *, whole: bool) -> str:
    """Return the models or claims of a group, or its cells, if others of the finding show something else; else nothing."""
    if len(group) == len(finding.changes):
        return ""
    if len(finding.problem.claims) == 1:
        names = [change.cell.partition("@")[2] for change in group]
    elif len(finding.problem.models) == 1:
        names = [change.cell.partition("@")[0] for change in group]
    else:
        names = [change.cell for change in group]
    return some(names, None if whole else NAMED)


def blocked(finding: Finding, kind: Kind, *, whole: bool = False) -> Iterator[str]:
    """Yield what the cells of a finding block, or blocked before they were fixed."""
    if finding.problem.blocked:
        yield blocks(finding.problem.blocked, None if whole else NAMED, "blocked" if kind is Kind.FIXED else "blocks")


def in_one_line(kind: Kind, entries: Sequence[Finding]) -> str:
    """Return a kind that is no news, without what each cell shows."""
    claims = dict.fromkeys(claim for finding in entries for claim in finding.problem.claims)
    effects = [cell for finding in entries for cell in finding.problem.blocked]
    also = f"; {blocks(effects, NAMED)}" if effects else ""
    return f"{kind.value} ({count(entries)}): {some(claims, NAMED)}{also}"


def count(entries: Sequence[Finding]) -> int:
    """Return the number of cells that changed, without those that are only blocked."""
    return sum(len(finding.changes) for finding in entries)


def most(kind: Kind, *, whole: bool) -> int | None:
    """Return how many findings of a kind are listed; None for all."""
    if whole:
        return None
    return MOST_URGENT if kind in FAILS | LEAVES_OPEN else MOST_OTHERS


def counted(found: Comparison) -> str:
    """Return the counts that the exit code depends on."""
    stale = len(found.stale)
    entries = {f"stale expectation{'' if stale == 1 else 's'}": stale} if stale else {}
    return counts_in_words({**entries, **found.counts()})


def facts(found: Comparison) -> Iterator[str]:
    """Yield lines about the two runs, those about changes of the provider first."""
    for moved in found.moved:
        yield (
            f"the provider moved: {moved.model}{f' on {moved.surface}' if moved.surface else ''} {_WORDS[moved.what]} "
            f"{moved.before!r} before and {moved.after!r} now; what changed may not be the gateway's"
        )
    for name, run in (("baseline", found.baseline), ("candidate", found.candidate)):
        yield (
            f"{name}: {run.target} {run.target_version or 'of unknown version'} at {run.base_url}, "
            f"contract {run.contract.name} {run.contract.digest}, suite {run.suite_version}, {run.started}"
        )
    if found.baseline.contract.name != found.candidate.contract.name:
        yield (
            "the runs have different contracts: only the claims that both have are compared, and a verdict may differ though "
            "the gateway does not"
        )
    elif found.baseline.contract.digest != found.candidate.contract.digest:
        yield "the contract changed between the two: a verdict may differ though the gateway does not"
    yield from unknown(found)


def unknown(found: Comparison) -> Iterator[str]:
    """Yield a line for each reason why nothing is known of a model or the end of a run, with the next step."""
    problems = unjudged(found)
    for problem in problems:
        yield f"nothing was judged of {what(problem, candidate(found), None)}; once that is mended, run the candidate again"
    for model in () if problems else found.unjudged:
        yield f"nothing was judged of {model} in the candidate; see why in its run, and run it again"
    if found.is_empty:
        yield "the candidate has no cell that the baseline judged, so nothing was compared; give another run as baseline"
    for name in found.interrupted:
        yield f"the {name} was stopped before its end; run it again"


_WORDS = {"echoed": "called itself", "fingerprint": "had the fingerprint"}


def _change(change: Change) -> str:
    """Return a cell before and now, with what was observed."""
    if change.kind is Kind.DEARER and change.before and change.after:
        return str(dearer(change.before, change.after))
    before, after = seen(change.before), seen(change.after)
    if before == after and change.before and change.after and (values := at_values(change.before, change.after)):
        return f"{before}: {', '.join(values)}"  # the case that decides shows the same, and another one does not
    return f"{before} -> {after}" + (f" [{change.entry}]" if change.entry else "")


def seen(cell: Cell | None, *, tokens: bool = False) -> str:
    """Return what a cell showed, or with `tokens`, what its requests took."""
    if cell is None:
        return "not there"
    limit = f", measured {cell.measured}" if cell.measured else ""
    if tokens:
        used = cell.tokens or Usage()
        return f"{used.prompt_tokens} prompt and {used.completion_tokens} answer tokens in {used.requests} replies"
    return f"{cell.verdict} ({cell.observed or 'nothing seen'}{limit}: {cell.detail[:160]})"
