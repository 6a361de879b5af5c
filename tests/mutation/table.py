"""Mutants as text: lines for the author of a defect, and the page of the docs.

Nothing on the page depends on the machine; times are printed only.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from conformance.contract.contract import Contract
from conformance.mock.defects.reports import REPORTS, Report
from tests.mutation import killing
from tests.mutation.mutating import Mutant

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutation.md"
COMPARED = ROOT / "benchmarks" / "schemathesis_mutation.json"
BLIND = ROOT / "benchmarks" / "blind_reports.json"
HEAD = """\
# Which defects the suite detects

`tox run -e mutation -- --write` writes this page; `tox run -e mutation` fails where it is not up to date.

The mock gateway of the suite has {count} defects, ways in which it breaks a promise; many of them were seen in real servers.
For each defect the suite tests every class of models that the defect affects, and every claim that it could break; a case that
gets the same replies as from the gateway without defects keeps its outcome. A defect is *killed* if each claim that it lists
turns: the claim deviates, or, where it is unstated, shows another observation. A claim that turns although the defect does not
list it is a false alarm.
"""
SHOWN = 3  # claims named for a report: some turn a dozen
BLINDLY = """\
## What 100 % does not mean

Most defects were written together with the claims that they break. That all of them are killed shows that every claim can
fail. It does not show how much the suite finds of what nobody here has thought of.

To measure that, {count} public reports of 2023 to 2026 were collected in two rounds, as a search came upon them: the first
about Chat Completions, the second about four APIs. They were on no list of ours, and nobody who wrote checks saw them. Each
was planted in front of the mock gateway, and the cases asked with default settings. A report *comes onto the wire* if a request
of the run brings it about. It is *found* if a claim deviates or differs, or shows another observation where it is only noted,
and does not do so without the report. A claim may find a report by a consequence alone, such as the form of a refusal.

| suite | come onto the wire | found of these | found of all |
|---|--:|--:|--:|
{rows}

The last column of the first measurement of a round is what to expect of faults that nobody has reported here. What was missed
was then looked into by its kind, so later measurements of the same reports say less. Most of what was found is a defect of the
mock by now.

| report | symptom | found by |
|---|---|---|
{reports}
"""


def lines(mutant: Mutant, faults: Iterable[str]) -> Iterator[str]:
    """Yield what the author of a defect wants to know: what turned, what it cost, and its faults."""
    word = "killed" if mutant.killed else "SURVIVES"
    cost = f"{mutant.seconds:.2f} s, {mutant.requests} requests, {mutant.asked} of {mutant.cases} cases asked"
    yield f"{mutant.defect.name}: {word} ({cost}); turned {', '.join(mutant.claims) or 'nothing'}"
    yield from (f"  {fault}" for fault in faults)


def summary(mutants: list[Mutant], contract: Contract) -> list[str]:
    """Return the figures of a whole run."""
    killed = sum(mutant.killed for mutant in mutants)
    alarms = sum(bool(mutant.alarms) for mutant in mutants)
    asked, unkilled = killing.applying(), safe(mutants, contract)
    cited = {number for mutant in mutants for number in mutant.defect.reports}
    planted = [number for number in REPORTS if number in cited]
    killed_reports = {number for mutant in mutants if mutant.killed for number in mutant.defect.reports}
    return [
        f"{killed} of {len(mutants)} defects killed, {alarms} with a false alarm",
        f"{len(asked) - len(unkilled)} of {len(asked)} claims that apply to a model have a killer"
        + (f"; without one: {', '.join(unkilled)}" if unkilled else ""),
        f"{len(killed_reports)} of {len(planted)} reports that are planted killed, "
        f"{len(REPORTS) - len(planted)} not planted for a reason",
    ]


def cost(mutants: list[Mutant]) -> str:
    """Return the seconds, requests and cases that the mutants took, in all and per defect."""
    seconds, requests = sum(mutant.seconds for mutant in mutants), sum(mutant.requests for mutant in mutants)
    cases, asked = sum(mutant.cases for mutant in mutants), sum(mutant.asked for mutant in mutants)
    count = max(1, len(mutants))
    return (
        f"{seconds:.0f} s, {requests} requests, {asked} of {cases} cases asked, the others answered as by the truthful "
        f"gateway: {seconds / count:.2f} s and {requests / count:.0f} requests per defect"
    )


def by_claim(mutants: Iterable[Mutant], contract: Contract) -> dict[str, list[str]]:
    """Return the defects that turn each claim, in the contract's order."""
    killers: dict[str, list[str]] = {claim: [] for claim in contract.claims}
    for mutant in mutants:
        for claim in mutant.claims:
            killers[claim].append(mutant.defect.name)
    return killers


def safe(mutants: Iterable[Mutant], contract: Contract) -> list[str]:
    """Return the claims that no defect turns, of those that apply to a model that is asked."""
    killers = by_claim(mutants, contract)
    return [claim for claim in killing.applying() if not killers[claim]]


def page(mutants: list[Mutant], contract: Contract) -> str:
    """Return the page of the docs: figures, the table by defect, the table by claim, and the reports not planted."""
    found = json.loads(COMPARED.read_text(encoding="utf-8")) if COMPARED.exists() else None
    lines = [HEAD.format(count=len(mutants)), *(f"- {line}" for line in summary(mutants, contract))]
    if found:
        caught = sum(found["defects"].get(mutant.defect.name, False) for mutant in mutants)
        lines.append(f"- schemathesis {found['schemathesis']} reports {caught} of them ({found['configuration']})")
    lines += ["", *blind(json.loads(BLIND.read_text(encoding="utf-8")))]
    lines += ["", "## By defect", "", *_by_defect(mutants, found and found["defects"])]
    lines += ["", "## By claim", "", "| claim | turned by |", "|---|---|"]
    lines += [f"| {claim} | {', '.join(names)} |" for claim, names in by_claim(mutants, contract).items()]
    lines += ["", "## Reports that are not planted", "", "| report | symptom | reason |", "|---|---|---|"]
    lines += [
        f"| {_link(report)} | {report.symptom} | {report.reason} |" for report in REPORTS.values() if report.reason
    ]
    return "\n".join(lines) + "\n"


def blind(measured: dict[str, Any]) -> list[str]:
    """Return the section on the reports that were planted blind: what each measured suite found of them."""
    reports = measured["reports"]
    rows = []
    for suite in measured["suites"]:
        looks = [report["suites"][suite] for report in reports if suite in report["suites"]]
        shown = [claims for claims in looks if claims is not None]
        found = sum(map(bool, shown))
        shares = f"{found} ({found / len(shown):.0%}) | {found / len(looks):.0%}"
        rows.append(f"| {suite} | {len(shown)} of {len(looks)} | {shares} |")
    table = [_blind_row(report) for report in reports]
    return BLINDLY.format(count=len(reports), rows="\n".join(rows), reports="\n".join(table)).splitlines()


def _blind_row(report: dict[str, Any]) -> str:
    """Return the row of a report: what found it when it was last measured, if anything did."""
    claims = list(report["suites"].values())[-1]
    found = "not on the wire" if claims is None else ", ".join(claims[:SHOWN]) or "**nothing**"
    return f"| [{report['id']}]({report['url']}) | {report['symptom']} | {found} |"


def _by_defect(mutants: Iterable[Mutant], found: dict[str, bool] | None) -> Iterator[str]:
    """Yield one row per defect, with a last column where another tool was tried on the same defects."""
    yield "| defect | symptom | seen in | claims expected | claims turned | verdict | false alarms |" + (
        " schemathesis |" if found is not None else ""
    )
    yield "|---|---|---|---|---|---|---|" + ("---|" if found is not None else "")
    for mutant in mutants:
        defect = mutant.defect
        seen = " ".join(_link(REPORTS[number]) for number in defect.reports)
        turned = "the same" if set(mutant.claims) == set(defect.claims) else ", ".join(mutant.claims)
        verdict = "killed" if mutant.killed else "**survived**"
        row = (defect.name, defect.symptom, seen, ", ".join(defect.claims), turned, verdict)
        alarms = ", ".join(sorted(mutant.alarms)) or "none"
        last = {True: " reported |", False: " – |", None: " not tried |"}[found.get(defect.name)] if found else ""
        yield f"| {' | '.join(row)} | {alarms} |{last}"


def _link(report: Report) -> str:
    return f"[{report.number}]({report.url})" if report.url else report.number
