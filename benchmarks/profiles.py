"""Measure what each profile costs for one model on one API, and print requests, tokens and seconds as a Markdown table.

    python benchmarks/profiles.py [--runs 3] [--only responses]

For each API, model and profile, `conformance run` is started as a process against the embedded mock gateway and timed from
start to exit, so that interpreter, gateway, collection, requests, matrix and files are all included.  The seconds are the
median of several runs; requests and tokens are those of the last run.

How to read the table: planned prompt tokens are estimated from characters, and planned answer tokens are an upper bound (choices
times cap); spent tokens come from the usage of replies, which a stream has only if it was requested.  The mock answers at once
and briefly, so the seconds are those of the suite itself; a provider adds its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROFILES = ("smoke", "standard", "full")
# What is measured: the surfaces of a run, the first of which names the row, and a model.
ROWS = (
    (("chat", "models"), "openai=mock-openai"),
    (("chat", "models"), "openai=mock-openai-reasoning"),
    (("responses",), "openai=mock-openai"),
    (("responses",), "openai=mock-openai-reasoning"),
    (("messages",), "claude=mock-claude"),
    (("gemini",), "gemini=mock-gemini"),
)


def main() -> int:
    """Measure as the command line says and print the table."""
    options = _parser().parse_args()
    print(
        "| API | model | profile | requests | prompt tokens planned | spent | answer tokens planned, at most | spent | seconds |"
    )
    print("|---|---|---|--:|--:|--:|--:|--:|--:|")
    for surfaces, model in ROWS:
        for profile in PROFILES if options.only in (None, surfaces[0]) else ():
            seconds, models = zip(*(measure(surfaces, model, profile) for _ in range(options.runs)), strict=True)
            print(f"| {surfaces[0]} {row(model, profile, models[-1], statistics.median(seconds))}", flush=True)
    return 0


def measure(surfaces: tuple[str, ...], model: str, profile: str) -> tuple[float, list[dict[str, Any]]]:
    """Return the seconds of one run, and its cost by model."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [
            sys.executable,
            "-m",
            "conformance",
            "run",
            *(f"--surface={surface}" for surface in surfaces),
            f"--model={model}",
            f"--profile={profile}",
            f"--out={out}",
        ]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        costs: list[dict[str, Any]] = json.loads((out / "matrix.json").read_text(encoding="utf-8"))["run"]["cost"][
            "models"
        ]
    return seconds, costs


def row(model: str, profile: str, models: list[dict[str, Any]], seconds: float) -> str:
    """Return one row of the table; requests that concern the endpoint as a whole are included."""
    planned, spent = ([cost[name] for cost in models] for name in ("planned", "spent"))
    requests = sum(part["requests"] for part in spent)
    tokens = [
        sum(cost[name] for cost in part) for name in ("prompt_tokens", "completion_tokens") for part in (planned, spent)
    ]
    figures = " | ".join(f"{figure:,}" for figure in (requests, *tokens))
    return f"| {model.partition('=')[2]} | {profile} | {figures} | {seconds:.1f} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs per model and profile")
    parser.add_argument("--only", metavar="SURFACE", help="measure only one API")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
