"""`python tests/mutation [--write] [DEFECT...]`: tells what the named defects turned, or all of them."""

import argparse
import sys

from conformance.contract import loading as contracts
from conformance.mock.server import registry
from conformance.mock.server.nearest import nearest
from tests.mutation import mutating, table


def main() -> int:
    """1 where a defect survives, turns what it does not list, or, with all of them, a claim is without a killer."""
    parser = argparse.ArgumentParser(prog="python tests/mutation", description=__doc__)
    parser.add_argument("defects", nargs="*", metavar="DEFECT", help="all of them without a name")
    parser.add_argument("--write", action="store_true", help="write docs/mutation.md; only with all defects")
    given = parser.parse_args()
    if given.write and given.defects:
        parser.error("--write needs all defects; leave the names out")
    known = registry.defects()
    unknown = [name for name in given.defects if name not in known]
    if unknown:
        parser.error(f"no defect {unknown[0]!r}. {nearest(unknown[0], known)}")
    contract, mutants = contracts.load("cometapi"), []
    with mutating.mutation() as run:
        for name in given.defects or known:
            mutants.append(run.mutant(name))
            print("\n".join(table.say(mutants[-1])), flush=True)
    faults = [mutant for mutant in mutants if mutant.alarms or not mutant.killed]
    safe = [] if given.defects else [claim for claim, by in table.by_claim(mutants, contract).items() if not by]
    print("", *([] if given.defects else table.summary(mutants, contract)), table.cost(mutants), sep="\n")
    if given.write:
        table.PAGE.write_text(table.page(mutants, contract), encoding="utf-8")
    return 1 if faults or safe else 0


if __name__ == "__main__":
    sys.exit(main())
