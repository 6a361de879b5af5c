"""Watch a gateway for 90 simulated nights, and see how soon it is noticed when something breaks.

    python benchmarks/watching.py [--nights 90] [--defects 10] [--seed 1] [--requests 10] [--tokens 500]

The gateway is the mock, asked chat and models on one model of each column.  In nights drawn from the seed, defects of the mock
are switched on, and stay.  The first claim that turns worse because of one is the night in which it is noticed.  With
`--seed 1 --seed 2 ...` it is done for each seed.

How to read the output: a row for each defect, with the night in which it was switched on, that in which it was noticed, the
nights in between, and the claim that noticed it.  A defect whose claims are unstated, or too large for a night, is listed as
such.  Below the rows are the requests and tokens of a model in a night, in the middle and at most, and the turns that no defect
explains, which must be none: with one, the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.mock.defects.defect import Defect
from conformance.mock.server import registry
from conformance.mock.server.options import Options as MockOptions
from conformance.mock.server.serving import running
from conformance.results.turning import Turned
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.watch.night import Night, Rotation, ask_night, rotation
from conformance.watch.rotation import Limits
from conformance.watch.state import State

MODELS = ("openai=mock-openai", "claude=mock-claude", "gemini=mock-gemini")
SURFACES = ("chat", "models")
KEY = "CONFORMANCE_WATCHING_KEY"


@dataclass
class Switched:
    """A defect, the night in which it was switched on, and the night and the claim that noticed it."""

    defect: Defect
    on: int
    noticed: int | None = None
    claim: str = ""


def main() -> int:
    """Simulate as the command line says and print the figures; return 1 if something turned without a defect."""
    options = _parser().parse_args()
    os.environ[KEY] = MockOptions().api_key
    limits = Limits(options.requests, options.tokens)
    results = [simulate(seed, options.nights, options.defects, limits) for seed in options.seed or [1]]
    delays = [each.noticed - each.on for switched, _ in results for each in switched if each.noticed is not None]
    if len(results) > 1 and delays:
        print(
            f"over all seeds: {len(delays)} noticed, after {_middle(delays)} nights in the middle, {max(delays)} at most"
        )
    return 1 if any(strange for _, strange in results) else 0


def simulate(seed: int, nights: int, count: int, limits: Limits) -> tuple[list[Switched], int]:
    """Return the defects of one simulation, and the number of turns that none of them explains."""
    drawn = random.Random(seed)
    candidates = [
        defect for defect in registry.defects().values() if any(claim.startswith(SURFACES) for claim in defect.claims)
    ]
    switched = [Switched(defect, drawn.randrange(1, nights // 2 + 1)) for defect in drawn.sample(candidates, count)]
    spent: dict[str, list[tuple[int, int]]] = {"while all was in order": [], "with a turn": [], "after one": []}
    strange, beside, state = 0, 0, State()
    rotating = rotation(_settings("http://127.0.0.1:1/v1"), limits)  # which address it is makes no difference
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, nights + 1):
            active = [each for each in switched if each.on <= number]
            with running(MockOptions(port=0, defects=tuple(each.defect.name for each in active))) as url:
                night = ask_night(_settings(url), rotating, state, Path(folder) / str(number))
            state = night.state
            kind = "with a turn" if night.turned else "after one" if state.worse else "while all was in order"
            spent[kind] += _spent(night)
            others = _notice(night, number, active, rotating.causes)
            # A defect breaks statements about every reply besides those that it lists, as docs/mutation.md says.
            unexplained = [turn for turn in others if not active or turn.after.claim not in rotating.heard]
            beside += len(others) - len(unexplained)
            strange += len(unexplained)
            for turn in unexplained:
                print(f"night {number}: {turn.after.id} is {turn.direction} without a defect: {turn.after.detail}")
    _print(seed, switched, rotating)
    for when, figures in spent.items():
        _print_spent(when, figures)
    print(f"turns of other statements about every reply: {beside}; turns that no defect explains: {strange}")
    return switched, strange


def _settings(url: str) -> Settings:
    return load_settings(
        Options("mock", base_url=url, api_key_env=KEY, models=MODELS, surfaces=SURFACES), check_key=True
    )


def _notice(night: Night, number: int, active: Iterable[Switched], causes: Mapping[str, Sequence[str]]) -> list[Turned]:
    """Note which defects the turns of a night show; return the turns that none of them lists."""
    others = []
    for turn in night.turned:
        shown = {turn.after.claim, *(cell.partition("@")[0] for cell in causes.get(turn.after.id, ()))}
        guilty = [each for each in active if shown & set(each.defect.claims)]
        for each in guilty:
            if each.noticed is None:
                each.noticed, each.claim = number, turn.after.id
        if not guilty:
            others.append(turn)
    return others


def _spent(night: Night) -> list[tuple[int, int]]:
    """Return requests and tokens of each model in a night."""
    cost = night.matrix.run.cost
    rows = cost.models if cost else ()
    return [(row.spent.requests, row.spent.prompt_tokens + row.spent.completion_tokens) for row in rows]


def _print(seed: int, switched: list[Switched], rotating: Rotation) -> None:
    print(f"seed {seed}; every claim is asked within {rotating.nights} nights\n")
    print("| defect | switched on | noticed | nights | by |\n|---|--:|--:|--:|---|")
    asked = {claim for each in rotating.watched for claim in each.claims} | rotating.heard
    large = {claim for each in rotating.watched for claim in each.too_large}
    for each in sorted(switched, key=lambda one: one.on):
        if each.noticed is not None:
            found = f"{each.noticed} | {each.noticed - each.on} | {each.claim}"
        else:
            claims = set(each.defect.claims)
            why = "not in these nights" if claims & asked else "too large for a night" if claims & large else "unstated"
            found = f"- | - | {why}: {', '.join(sorted(claims))}"
        print(f"| {each.defect.name} | {each.on} | {found} |")
    delays = [each.noticed - each.on for each in switched if each.noticed is not None]
    if delays:
        print(
            f"\n{len(delays)} of {len(switched)} noticed, after {_middle(delays)} nights in the middle, {max(delays)} at most"
        )


def _print_spent(when: str, figures: list[tuple[int, int]]) -> None:
    for name, values in zip(("requests", "tokens"), zip(*figures, strict=True), strict=False):
        print(f"{name} of a model in a night {when}: {_middle(values)} in the middle, {max(values)} at most")


def _middle(values: Sequence[int]) -> float:
    return statistics.median(values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=90)
    parser.add_argument("--defects", type=int, default=10)
    parser.add_argument("--seed", type=int, action="append", help="which nights and defects; repeatable; default: 1")
    parser.add_argument("--requests", type=int, default=Limits.requests)
    parser.add_argument("--tokens", type=int, default=Limits.tokens)
    return parser


if __name__ == "__main__":
    sys.exit(main())
