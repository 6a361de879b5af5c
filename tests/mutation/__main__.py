"""`python -m tests.mutation [--write] [--every-case] [DEFECT...]`: what each defect of the mock gateway turned.

With `--share 0.2` the gateway lies on a fifth of the requests only. There is a full run for each defect, or for several at once
where plus signs join them, and as many more with other seeds as `--runs` says.  With `--partial` the gateway lies under one
condition only, such as with tools or in streams: each defect under every condition that fits it.
"""

import argparse
import os
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.contract import loading as contracts
from conformance.contract.contract import Contract
from conformance.mock.server import registry
from conformance.mock.server.nearest import nearest
from tests.mutation import asking, degrading, faults, mutating, partial, shares, spread, table
from tests.mutation.mutating import Mutant
from tests.mutation.shares import Found, Shares


def main() -> int:
    """Run the mutants and print them; return 1 where one of them, or all together, have a fault."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("defects", nargs="*", metavar="DEFECT", help="names of defects; without any, all of them")
    parser.add_argument("--write", action="store_true", help="write docs/mutation.md; only with all defects")
    parser.add_argument(
        "--every-case", action="store_true", help="ask also the cases whose replies are the truthful ones"
    )
    parser.add_argument("--share", type=float, help="tell the lies on this share of the requests, in full runs")
    parser.add_argument("--planned", action="store_true", help="with the looks that a run with --share plans")
    parser.add_argument("--seed", type=int, default=1, help="what draws these requests; each further run adds 1")
    parser.add_argument("--runs", type=int, default=1, help="runs with --share for each defect")
    parser.add_argument("--sample", type=int, help="with --share: try so many of the defects only, drawn by the seed")
    parser.add_argument("--partial", action="store_true", help="tell each lie under one condition at a time")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="processes that share the defects")
    options = parser.parse_args()
    if options.write and options.defects:
        parser.error("--write needs all defects; leave the names out")
    known = registry.defects()
    lies = [tuple(name.split("+")) for name in options.defects or known]
    unknown = [name for lie in lies for name in lie if name not in known]
    if unknown:
        parser.error(f"no defect {unknown[0]!r}. {nearest(unknown[0], known)}")
    if options.share is not None:
        seeds = range(options.seed, options.seed + options.runs)
        if options.sample:
            lies = random.Random(options.seed).sample(lies, min(options.sample, len(lies)))
        return told_sometimes(lies, options.share, seeds, options.processes, planned=options.planned)
    if options.partial:
        return told_in_part(options.defects or known)
    contract = contracts.load("cometapi")
    mutants, faulty = run(options.defects or list(known), contract, options.processes, every_case=options.every_case)
    alarms = [] if options.defects else held_against_degraded_gateways(options.processes)
    if options.write:
        table.PAGE.write_text(table.page(mutants, contract), encoding="utf-8")
    wrong = alarms if options.defects else [*alarms, *together(mutants, contract)]
    print("", *([] if options.defects else table.summary(mutants, contract)), table.cost(mutants), *wrong, sep="\n")
    return 1 if faulty or wrong else 0


def told_sometimes(
    lies: Sequence[tuple[str, ...]], share: float, seeds: range, processes: int, *, planned: bool
) -> int:
    """Print what full runs find of lies that are told on a share of the requests."""
    every: list[Found] = []
    with asking.repeatable_replies():
        runs = Shares()
        runs.prepare()

        def found(defects: tuple[str, ...]) -> list[Found] | str:
            try:
                lie = runs.lie(defects)
            except ValueError as error:
                return f"not counted: {error}"
            return [runs.found(lie, share, seed, planned=planned) for seed in seeds]

        for of_lie in spread.over_processes(found, lies, processes):
            every += [] if isinstance(of_lie, str) else of_lie
            print(of_lie if isinstance(of_lie, str) else shares.line(of_lie), flush=True)
    print("", *shares.summary(every), sep="\n")
    return 0


def told_in_part(names: Iterable[str]) -> int:
    """Print what a run finds of lies that are told under one condition only."""
    found = []
    with mutating.mutation() as mutation:
        for defect in partial.every(names):
            found.append(partial.found(mutation, defect))
            print(found[-1].line, flush=True)
    shown = [each for each in found if each.claims or each.changed]
    print("", f"{sum(bool(each.claims) for each in shown)} of {len(shown)} that change a reply are found", sep="\n")
    return 0


def run(names: list[str], contract: Contract, processes: int, *, every_case: bool) -> tuple[list[Mutant], bool]:
    """Return the mutants of these defects, printed as they come, and whether one has a fault."""
    mutants, faulty = [], False
    with mutating.mutation() as mutation:

        def without_defect(name: str) -> dict[str, Any]:
            mutant = mutation.mutant(name, skip=not every_case, suspicious=True)
            return {each: getattr(mutant, each) for each in ("cells", "seconds", "requests", "cases", "asked")}

        made = spread.over_processes(without_defect, names, processes)
        for name, figures in zip(names, made, strict=True):
            mutants.append(Mutant(registry.find(name), clean=mutation.truth.cells, **figures))
            found = faults.of_mutant(mutants[-1], contract)
            faulty = faulty or bool(found)
            print("\n".join(table.lines(mutants[-1], found)), flush=True)
    return mutants, faulty


def held_against_degraded_gateways(processes: int) -> list[str]:
    """Return what is held against gateways that do not lie, over all their models."""
    with asking.repeatable_replies():
        return [line for lines in spread.over_processes(degrading.lines, degrading.MODES, processes) for line in lines]


def together(mutants: list[Mutant], contract: Contract) -> Iterator[str]:
    """Yield what is wrong with all mutants together."""
    yield from (f"{claim}: no defect turns it" for claim in table.safe(mutants, contract))
    if table.PAGE.read_text(encoding="utf-8") != table.page(mutants, contract):
        yield "docs/mutation.md is not that of this version: run tox run -e mutation -- --write"


if __name__ == "__main__":
    sys.exit(main())
