"""What each profile asks of one model: requests, tokens and seconds, as a table in Markdown.

    python benchmarks/profiles.py [--runs 3] [--model openai=mock-openai ...]

For each model and profile `conformance run` is started as a process of its own against the embedded mock gateway, and timed from
start to exit: interpreter, gateway, collection, requests, matrix and files are all in the figure; of several runs the median is
printed.  Requests and tokens are read from the run facts of the last one.

How to read it: planned prompt tokens are estimated from characters, planned answer tokens are an upper bound (choices times
cap); spent ones are by the usage of replies, which streams carry only where they are asked to.  The mock's answers are short
and it is next door, so its seconds say what the suite itself takes; a provider's are its own.
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
MODELS = ("openai=mock-openai", "openai=mock-openai-reasoning")


def main() -> int:
    """Measures as the command line says and prints the table."""
    given = _parser().parse_args()
    print(
        "| model | profile | requests | prompt tokens planned | spent | answer tokens planned, at most | spent | seconds |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for model in given.model or MODELS:
        for profile in PROFILES:
            seconds, models = zip(*(measure(model, profile) for _ in range(given.runs)), strict=True)
            print(row(model, profile, models[-1], statistics.median(seconds)), flush=True)
    return 0


def measure(model: str, profile: str) -> tuple[float, list[dict[str, Any]]]:
    """Seconds that one run took, and its cost by model."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [
            sys.executable,
            "-m",
            "conformance",
            "run",
            f"--model={model}",
            f"--profile={profile}",
            f"--out={out}",
        ]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        found: list[dict[str, Any]] = json.loads((out / "matrix.json").read_text(encoding="utf-8"))["run"]["cost"][
            "models"
        ]
    return seconds, found


def row(model: str, profile: str, models: list[dict[str, Any]], seconds: float) -> str:
    """One line of the table; what is asked of the endpoint as a whole is in it."""
    planned, spent = ([each[name] for each in models] for name in ("planned", "spent"))
    requests = sum(each["requests"] for each in spent)
    tokens = [
        sum(each[name] for each in part) for name in ("prompt_tokens", "completion_tokens") for part in (planned, spent)
    ]
    figures = " | ".join(f"{each:,}" for each in (requests, *tokens))
    return f"| {model.partition('=')[2]} | {profile} | {figures} | {seconds:.1f} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions")
    parser.add_argument("--model", action="append", metavar="COLUMN=ID[,class=NAME]", help="a model; repeatable")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
