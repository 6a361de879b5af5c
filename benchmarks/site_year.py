"""How long the static site of a year of nightly runs takes, and how large it is.

    python benchmarks/site_year.py [--runs 365] [--columns 4] [--claims 300] [--keep DIR]

Matrices are generated: every night a few cells turn, as they do where models answer freely, and the newest run has evidence
beside it.  `conformance site` is then started as a process of its own and timed from start to exit.

How to read it: `seconds` is to stay under 60 for the defaults, `largest page` is what a reader's browser has to load at once,
`memory` is the most that the process held.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import made
from site_large import report

from conformance.evidence.recording import EVIDENCE_FILE, Recorder
from conformance.http.exchange import Exchange, Request
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix

FIRST = datetime(2026, 1, 1, 2, 0, 0)
PROVIDERS = ("openai", "claude", "gemini", "mistral")
STATES = (
    [("honoured", "conforms")] * 80
    + [("accepted", "noted")] * 10
    + [("ignored", "deviates"), ("clamped", "differs"), ("unanswered", "inconclusive")] * 3
)
TURNING = 0.005  # of all cells, each night


def main() -> None:
    """Generate, build, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("runs", 365), ("columns", 4), ("claims", 300)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path, help="leave runs and site here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = given.keep or Path(folder)
        generate(where / "runs", given.runs, given.columns, given.claims)
        command = [sys.executable, "-m", "conformance", "site", "runs", "--out=site"]
        report(where / "site", made.measure(command, where))


def generate(folder: Path, runs: int, columns: int, claims: int) -> None:
    """Write a run directory for each night, the newest with evidence."""
    randomness = random.Random(20260101)
    ids = [
        (f"chat.parameter_{claim // 10}.claim_{claim}", column) for column in range(columns) for claim in range(claims)
    ]
    states = {cell: randomness.choice(STATES) for cell in ids}
    for night in range(runs):
        for cell in randomness.sample(ids, int(len(ids) * TURNING)):
            states[cell] = randomness.choice(STATES)
        path = folder / f"night-{night:03}"
        path.mkdir(parents=True, exist_ok=True)
        matrix = Matrix(RunFacts.from_document(facts(night, columns, claims)), tuple(cells(states, night)))
        (path / "matrix.json").write_text(json.dumps(matrix.document()), encoding="utf-8")
    record(path / EVIDENCE_FILE, matrix)


def facts(night: int, columns: int, claims: int) -> dict[str, Any]:
    """Return the facts of a night's run."""
    started = FIRST + timedelta(days=night)
    models = [
        {"column": provider(column), "id": f"model-{column}", "class": "chat", "echoed": f"model-{column}", "fingerprint": None,
         "blocked": None, "exit_code": 0} for column in range(columns)
    ]  # fmt: skip
    return {
        "suite_version": f"0.{night // 60}.0", "target": "nightly", "base_url": "https://gateway.example/v1",
        "api_key_env": "GATEWAY_KEY", "target_version": f"1.{night // 14}.0",
        "contract": {"name": "generated", "surface": "chat", "digest": "0123456789abcdef"}, "models": models, "mode": "live",
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}", "ended": f"{started + timedelta(minutes=9):%Y-%m-%dT%H:%M:%SZ}",
        "planned": columns * claims, "reported": columns * claims, "requests": columns * claims * 2, "partial": False,
        "stopped": False,
    }  # fmt: skip


def cells(states: dict[tuple[str, int], tuple[str, str]], night: int) -> Iterator[Cell]:
    """Yield the cells of a night, each with a detail that no other night has."""
    for (claim, column), (observed, verdict) in states.items():
        keys = [f"{number:016x}.0.0" for number in (number_of(claim, column, 0), number_of(claim, column, 1))]
        row = {
            "claim": claim, "column": provider(column), "model": f"model-{column}", "documented": "1-128", "says": "supported",
            "level": "must", "observed": observed, "measured": None, "verdict": verdict, "evidence": keys, "counts": {verdict: 3},
            "detail": f"2: answered 'text number {night}...'", "seen": dict.fromkeys(("1", "2", "64"), observed), "reason": None,
        }  # fmt: skip
        yield Cell.from_document(row)


# The first line of the evidence, as a run of one model writes it.
FACTS = {
    "started": "2026-01-01T03:00:00Z",
    "mode": "live",
    "target": {
        "schema": 1,
        "name": "nightly",
        "title": "Nightly",
        "base_url": "http://127.0.0.1:1/v1",
        "contract": "cometapi",
    },
    "digest": "0",
    "options": {},
}


def record(path: Path, matrix: Matrix) -> None:
    """Write an exchange for each id that a cell names."""
    reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": "some words of an answer " * 40}}]})
    with Recorder(path, FACTS) as recorder:
        for cell in matrix.cells:
            for exchange in cell.evidence:
                request = Request.post("/chat/completions", {"n": 2}, surface="chat", model=cell.model)
                request.__dict__["key"] = exchange.partition(".")[0]
                recorder(
                    Exchange(
                        request, 0, 0, 200, (("content-type", "application/json"),), reply, None, "", 1.8e9, 0.2, 0.4, 0
                    )
                )


def number_of(claim: str, column: int, number: int) -> int:
    """Return a number that no other exchange has."""
    return int(claim.rsplit("_", 1)[1]) * 1000 + column * 10 + number


def provider(column: int) -> str:
    return PROVIDERS[column % len(PROVIDERS)]


if __name__ == "__main__":
    main()
