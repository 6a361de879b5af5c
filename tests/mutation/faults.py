"""Faults of one mutant, of all mutants together, and of how defects are described: sentences, none where all is well."""

from collections.abc import Iterable, Iterator, Mapping

from conformance.base.observation import Reason
from conformance.contract.contract import Contract
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.reports import REPORTS
from conformance.results.matrix import Cell
from conformance.trial.concluding import FIRST_REPEAT, REPEATS
from conformance.trial.invariants import invariant_of
from tests.mutation.asking import MODELS_BY_KIND, functions
from tests.mutation.mutating import Mutant, kind_of, kinds_on

ATTEMPTS = {"0", "1", "2"}  # a deviation counts after three of them
FRESH = {str(FIRST_REPEAT + number) for number in range(REPEATS)}  # how an invariant repeats what violates it


def of_mutant(mutant: Mutant, contract: Contract) -> list[str]:
    """Return every fault of one mutant."""
    checks = (_survivors, _alarms, _verdicts, _hidden)
    return [fault for check in checks for fault in check(mutant)] + list(_kinds(mutant, contract))


def _survivors(mutant: Mutant) -> Iterator[str]:
    if not mutant.turned:
        yield "survives: nothing turned"
    for name in sorted(mutant.survivors):
        now = mutant.cells.get(name)
        yield f"survives: {name}" + (f": {now.verdict}, {now.detail}" if now else "")


def _alarms(mutant: Mutant) -> Iterator[str]:
    for name in sorted(mutant.alarms):
        before, now = mutant.clean[name], mutant.cells[name]
        change = f"{before.verdict} {before.observed} -> {now.verdict} {now.observed}"
        yield f"false alarm: {name}: {change}: {now.detail[:160]}"


def _verdicts(mutant: Mutant) -> Iterator[str]:
    """A cell that turns red deviates at must and differs at should, seen in three of three attempts."""
    for name in sorted(mutant.expected & mutant.turned):
        now = mutant.cells[name]
        wanted = "deviates" if now.level == "must" else "differs"
        if now.verdict != wanted:
            yield f"verdict: {name}: expected {wanted} at {now.level}, got {now.verdict}"
        if _proves(now):
            continue
        if "3 of 3 times" not in now.detail:
            yield f"attempts: {name}: the detail does not say 3 of 3 times: {now.detail[:160]}"
        attempts = {exchange.rsplit(".", 1)[1] for exchange in now.evidence}
        if not (attempts >= ATTEMPTS or attempts >= FRESH):
            yield f"attempts: {name}: the evidence does not have attempts 0, 1 and 2: {', '.join(now.evidence)}"


def _proves(cell: Cell) -> bool:
    """Return whether a statement about every reply was decided by one violation, without asking for it again."""
    return invariant_of(functions()[cell.claim]) is not None and "again" not in cell.detail


def _hidden(mutant: Mutant) -> Iterator[str]:
    """What a defect hides is never held against the endpoint: other cells keep their verdict, or there is nothing to judge."""
    for name in sorted(mutant.cells.keys() - mutant.turned):
        now, before = mutant.cells[name], mutant.clean[name].verdict
        blocked = now.reason is Reason.PRESUPPOSED
        if now.verdict not in {before, "inconclusive", "not applicable"} and not blocked:
            yield f"hidden: {name}: expected {before}, inconclusive or not applicable, got {now.verdict}: {now.detail[:160]}"


def _kinds(mutant: Mutant, contract: Contract) -> Iterator[str]:
    """On each kind of model that it concerns, one of its claims is observed differently, judged or not.

    Claims about the endpoint as a whole are observed once, and on no model.
    """
    listed = {name: cell for name, cell in mutant.cells.items() if cell.claim in mutant.defect.claims}
    changed = [cell for name, cell in listed.items() if _observed(mutant, name)]
    if not changed:
        yield "kinds: none of its claims is observed differently"
    of_models = [claim for claim in mutant.defect.claims if not contract.claims[claim].per_endpoint]
    if of_models:
        shown = {kind_of(cell) for cell in changed if not contract.claims[cell.claim].per_endpoint}
        asked = kinds_on(of_models).intersection(mutant.defect.kinds)
        if shown != asked:
            wanted, got = ", ".join(sorted(asked)), ", ".join(sorted(shown)) or "none"
            yield f"kinds: expected to show on {wanted}, showed on {got}"


def _observed(mutant: Mutant, name: str) -> bool:
    before, now = mutant.clean[name], mutant.cells[name]
    return (before.observed, before.seen) != (now.observed, now.seen)


def of_descriptions(defects: Mapping[str, Defect], contract: Contract) -> Iterator[str]:
    """Yield a fault for each defect that is not described: a sentence, claims of the contract, kinds that the mock serves."""
    for name, defect in defects.items():
        if not defect.symptom.endswith("."):
            yield f"{name}: the symptom must be a sentence that ends with a full stop, got {defect.symptom!r}"
        if not defect.claims:
            yield f"{name}: no claims"
        for claim in set(defect.claims) - set(contract.claims):
            yield f"{name}: {claim} is not a claim of contract {contract.name}"
        for kind in set(defect.kinds) - set(MODELS_BY_KIND):
            yield f"{name}: {kind} must be one of {', '.join(MODELS_BY_KIND)}"


def of_reports(defects: Iterable[Defect]) -> Iterator[str]:
    """Yield a fault for each report without exactly one of a defect and a reason, and for each citation of no report."""
    cited = {number for defect in defects for number in defect.reports}
    for number in sorted(cited - set(REPORTS)):
        yield f"{number}: cited by a defect, but not in reports.toml"
    for number, report in REPORTS.items():
        if (number in cited) == bool(report.reason):
            yield f"{number}: must have either a defect or a reason why it has none"
        if bool(report.reason) != bool(report.symptom):
            yield f"{number}: a report with a reason must have a symptom, and only such a one"
