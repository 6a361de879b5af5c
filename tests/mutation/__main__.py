"""`python -m tests.mutation [--write] [--every-case] [DEFECT...]`: what each defect of the mock gateway turned."""

import argparse
import sys
from collections.abc import Iterator

from conformance.contract import loading as contracts
from conformance.contract.contract import Contract
from conformance.mock.server import registry
from conformance.mock.server.nearest import nearest
from tests.mutation import faults, mutating, table
from tests.mutation.mutating import Mutant


def main() -> int:
    """Run the mutants and print them; return 1 where one of them, or all together, have a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("defects", nargs="*", metavar="DEFECT", help="names of defects; without any, all of them")
    parser.add_argument("--write", action="store_true", help="write docs/mutation.md; only with all defects")
    parser.add_argument(
        "--every-case", action="store_true", help="ask also the cases whose replies are the truthful ones"
    )
    options = parser.parse_args()
    if options.write and options.defects:
        parser.error("--write needs all defects; leave the names out")
    known = registry.defects()
    unknown = [name for name in options.defects if name not in known]
    if unknown:
        parser.error(f"no defect {unknown[0]!r}. {nearest(unknown[0], known)}")
    contract = contracts.load("cometapi")
    mutants, faulty = run(options.defects or list(known), contract, every_case=options.every_case)
    if options.write:
        table.PAGE.write_text(table.page(mutants, contract), encoding="utf-8")
    wrong = [] if options.defects else list(together(mutants, contract))
    print("", *([] if options.defects else table.summary(mutants, contract)), table.cost(mutants), *wrong, sep="\n")
    return 1 if faulty or wrong else 0


def run(names: list[str], contract: Contract, *, every_case: bool) -> tuple[list[Mutant], bool]:
    """Return the mutants of these defects, printed as they come, and whether one has a fault."""
    mutants, faulty = [], False
    with mutating.mutation() as mutation:
        for name in names:
            mutants.append(mutation.mutant(name, skip=not every_case, suspicious=True))
            found = faults.of_mutant(mutants[-1], contract)
            faulty = faulty or bool(found)
            print("\n".join(table.lines(mutants[-1], found)), flush=True)
    return mutants, faulty


def together(mutants: list[Mutant], contract: Contract) -> Iterator[str]:
    """Yield what is wrong with all mutants together."""
    yield from (
        f"{claim}: no defect turns it" for claim, names in table.by_claim(mutants, contract).items() if not names
    )
    if table.PAGE.read_text(encoding="utf-8") != table.page(mutants, contract):
        yield "docs/mutation.md is not that of this version: run tox run -e mutation -- --write"


if __name__ == "__main__":
    sys.exit(main())
