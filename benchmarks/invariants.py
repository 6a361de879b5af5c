"""Measure the CPU time that invariants take: what it costs to judge every exchange of a run.

    python benchmarks/invariants.py [--exchanges 45000] [--model openai=mock-openai]

The suite runs once against the embedded mock gateway.  Then its exchanges are heard again and again, each time by a new witness,
until there were as many as asked for, and each time the verdict of every invariant is formed at the end.

How to read the output: `in all` is the CPU time of hearing and concluding, `per exchange` the same divided by the number of
exchanges.  Reading the body of a reply is included, though in a run the case that asked has often done so already.  The `slowest`
invariants are each measured alone.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import made

from conformance.evidence import recording
from conformance.http.exchange import Exchange
from conformance.run.embedded import KEY_VARIABLE
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.suite import tests
from conformance.surfaces.surface import BoundCase
from conformance.trial.concluding import conclude
from conformance.trial.invariants import Invariant, invariant_of
from conformance.trial.tallies import Sighting
from conformance.trial.witness import Witness

SLOWEST = 5
REPETITIONS = 3  # of the exchanges of the run at most, for an invariant that is measured alone

Statements = Sequence[tuple[BoundCase, Invariant]]


def main() -> int:
    """Measure as the command line says and print the figures."""
    options = _parser().parse_args()
    exchanges, statements = recorded(options.model), invariants(options.model)
    times = math.ceil(options.exchanges / len(exchanges))
    seconds, heard = measure(statements, exchanges, times), times * len(exchanges)
    print(f"{len(statements)} invariants, {heard} exchanges: {seconds:.1f} s CPU in all, ", end="")
    print(f"{seconds / heard * 1000:.2f} ms per exchange")
    repetitions = min(times, REPETITIONS)
    alone = {case.claim.id: measure([(case, each)], exchanges, repetitions) for case, each in statements}
    reading = measure([], exchanges, repetitions)
    for name in sorted(alone, key=lambda name: -alone[name])[:SLOWEST]:
        per_exchange = (alone[name] - reading) / (repetitions * len(exchanges)) * 1000
        print(f"slowest: {name}, {per_exchange:.3f} ms per exchange, replies read")
    return 0


def recorded(model: str) -> list[Exchange]:
    """Return the exchanges of a model in a run against the embedded mock gateway, without those about the endpoint."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "conformance", "run", f"--model={model}", "--surface=chat", "--out=run"]
        made.measure(command, Path(folder))
        sent = recording.read(Path(folder) / "run")
        return [exchange for exchange in sent if exchange.request.model == model.replace("=", ":", 1)]


def invariants(model: str) -> Statements:
    """Return the invariants of a model and the case of each, but those about time, which a busy machine violates."""
    os.environ.setdefault(KEY_VARIABLE, made.KEY)  # an invariant looks for the key in replies
    settings = load_settings(Options("mock", models=(model,), surfaces=("chat",)), check_key=False)
    functions = tests(settings.contract)
    chosen = (case for case in settings.cases.values() if not case.claim.per_endpoint and not case.claim.quiet)
    cases = [case for case in chosen if case.claim.id in functions]
    declared = ((case, invariant_of(functions[case.claim.id])) for case in cases)
    return [(settings.bind(case), invariant) for case, invariant in declared if invariant is not None]


def measure(statements: Statements, exchanges: Sequence[Exchange], times: int) -> float:
    """Return the CPU time in which witnesses hear the exchanges so many times and conclude."""
    begun = time.process_time()
    for _ in range(times):
        witness = Witness()
        for case, invariant in statements:
            witness.enrol(case, invariant)
        for exchange in exchanges:
            witness.hear(replace(exchange), mistake=False)  # a copy, whose body was not read yet
        for case, _ in statements:
            asyncio.run(conclude(witness.tally(case), case, _never))
    return time.process_time() - begun


async def _never(sighting: Sighting, attempt: int) -> None:
    """Refuse to send: nothing of a truthful run violates an invariant."""
    raise AssertionError(f"{sighting.exchange} violates an invariant: {sighting.seen.detail}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--exchanges", type=int, default=45_000, metavar="N", help="exchanges to judge, at least")
    parser.add_argument("--model", default="openai=mock-openai", metavar="COLUMN=ID", help="model of the run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
