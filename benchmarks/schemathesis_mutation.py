"""Count how many of the mock's defects a general tool reports: schemathesis, with an OpenAPI document of the mock.

    python benchmarks/schemathesis_mutation.py [--schemathesis PATH] [--examples 20] [--seed 1] [--out FILE] [DEFECT...]

schemathesis (https://schemathesis.readthedocs.io) is not a dependency of the project; install it so that its command is found.
It gets the document (mock_openapi.py) of the first kind of model that a defect concerns, the key, all checks, all phases and a
fixed seed.  A hook writes whole numbers as integers, because 49.0 is an integer for JSON Schema but not for the mock.

First it runs on a mock without defects, once per kind of model; what it reports there is a false alarm and does not count
later.  Then it runs once per defect, on a mock of its own with that defect.  The defect counts as reported if the run has a
failure or an error that the mock without defects does not have, compared by check, operation and title.  If the mock without
defects has no failure, the run stops at the first one, which decides the result.

How to read the record: `defects` says for each whether it was reported; `requests` and `seconds` are means over the complete
runs, two of which run at once.  A test case of schemathesis may send several requests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from mock_openapi import MODELS, document

from conformance.mock.defects import loading
from conformance.mock.defects.defect import Defect
from conformance.mock.server import registry
from conformance.mock.server.options import Options

AT_ONCE = 2  # runs at once: each keeps one core busy, and the machines of this project have two
PATIENCE = 600  # seconds after which a run is given up; a complete one takes 8 on average
REQUEST_PATIENCE = 10  # seconds for one request; the mock answers in milliseconds
REPORT = "report.json"
HOOKS = """
import schemathesis


def whole(value):
    if isinstance(value, dict):
        return {key: whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_body(context, body):
    return whole(body)
"""

Failures = frozenset[str]


@dataclass(frozen=True)
class Run:
    """The failures of one run of schemathesis, and what it cost."""

    version: str
    failures: Failures
    requests: int
    seconds: float


@dataclass(frozen=True)
class Tool:
    """The command of schemathesis and its options."""

    command: str
    examples: int
    seed: int

    def run(self, kind: str, defect: str = "", first: bool = False) -> Run:
        """Return a run on a mock of its own, with a defect or without, to its end or to the first failure."""
        with tempfile.TemporaryDirectory() as folder, mock() as url:
            place = Path(folder)
            (place / "openapi.json").write_text(json.dumps(document(kind)), encoding="utf-8")
            (place / "hooks.py").write_text(HOOKS, encoding="utf-8")
            chosen = [f"--header=x-mock-defect: {defect}"] if defect else []
            chosen += ["--max-failures=1"] if first else ["--continue-on-failure"]
            begun = time.perf_counter()
            output = self._start(place, f"--url={url}", *chosen)
            seconds = time.perf_counter() - begun
            if not (place / REPORT).is_file():
                raise SystemExit(f"{self.command} wrote no report:\n{output}")
            report = json.loads((place / REPORT).read_text(encoding="utf-8"))
            return Run(report["schemathesis_version"], failures(report), requests(url), seconds)

    def _start(self, place: Path, *chosen: str) -> str:
        """Run the command and return what it printed."""
        command = [self.command, "run", "openapi.json", *chosen, *self.options(), f"--report-json-path={REPORT}"]
        done = subprocess.run(
            [*command, "--report=json", f"--header=Authorization: Bearer {Options.api_key}"],
            cwd=place,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(place)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return done.stdout + done.stderr

    def options(self) -> list[str]:
        """Return the options that all runs share."""
        reported = ["--checks=all", "--phases=examples,coverage,fuzzing,stateful", "--no-shrink", "--no-color"]
        reported += [f"--max-examples={self.examples}", f"--seed={self.seed}", "--generation-database=none"]
        return [*reported, f"--request-timeout={REQUEST_PATIENCE}"]


def main() -> int:
    """Run as the command line says, print progress and a summary, and write the record."""
    arguments = _parser().parse_args()
    tool = Tool(shutil.which(arguments.schemathesis) or arguments.schemathesis, arguments.examples, arguments.seed)
    chosen = {name: registry.find(name) for name in arguments.defect or registry.defects()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        truthful = dict(zip(MODELS, pool.map(tool.run, MODELS), strict=True))
        for kind, run in truthful.items():
            print(f"without defects, {kind}: {summary_of(run)}", flush=True)
        runs = dict(
            zip(chosen, pool.map(lambda defect: run_with(tool, defect, truthful), chosen.values()), strict=True)
        )
    reported = {name: bool(new_failures(runs[name], defect, truthful)) for name, defect in chosen.items()}
    whole = [run for name, run in runs.items() if not reported[name]] or list(runs.values())
    print_summary(chosen, runs, reported)
    print(per_run(whole))
    if arguments.out:
        arguments.out.write_text(as_json(tool, truthful, whole, reported), encoding="utf-8")
    return 0


def run_with(tool: Tool, defect: Defect, truthful: Mapping[str, Run]) -> Run:
    """Run on a mock with a defect, and print the result."""
    kind = defect.kinds[0]
    run = tool.run(kind, defect.name, first=not truthful[kind].failures)
    word = "reported" if new_failures(run, defect, truthful) else "missed"
    print(f"{word:8} {defect.name} on {kind}: {summary_of(run)}", flush=True)
    return run


def new_failures(run: Run, defect: Defect, truthful: Mapping[str, Run]) -> Failures:
    """Return the failures that the mock without defects does not have."""
    return run.failures - truthful[defect.kinds[0]].failures


@contextmanager
def mock() -> Iterator[str]:
    """Yield the URL of a mock gateway in a process of its own, without /v1."""
    command = [sys.executable, "-m", "conformance.mock", "--port=0", "--until-stdin-closes"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1].removesuffix("/v1")
        finally:
            process.terminate()


def summary_of(run: Run) -> str:
    """Return one line about a run."""
    return f"{run.requests} requests, {run.seconds:.1f} s; {'; '.join(sorted(run.failures)) or 'no failure'}"


def failures(report: Mapping[str, Any]) -> Failures:
    """Return the failures and errors of a report, as texts with check, title and operation."""
    kinds = {
        (failure["type"], failure["title"], where) for failure in report["failures"] for where in failure["operations"]
    }
    reported = {f"{check}: {title} ({where})" for check, title, where in kinds}
    return frozenset(reported | {f"error: {error_title(error)}" for error in report["errors"]})


def error_title(error: Any) -> str:
    """Return the title of an error in a report."""
    return str(error.get("title") or error.get("type")) if isinstance(error, dict) else str(error)


def requests(url: str) -> int:
    """Return how many requests the mock received, on all paths."""
    with urllib.request.urlopen(url + "/_mock/stats") as reply:
        counted: int = json.load(reply)["requests"]
    return counted


def print_summary(chosen: Mapping[str, Defect], runs: Mapping[str, Run], reported: Mapping[str, bool]) -> None:
    """Print how many defects were reported, by surface, by module and by check."""
    version = next(iter(runs.values())).version
    print(f"schemathesis {version} reported {sum(reported.values())} of {len(reported)}")
    for title, group in (("surface", {name: chosen[name].surface for name in chosen}), ("module", modules())):
        every = Counter(group[name] for name in reported if name in group)
        good = Counter(group[name] for name, yes in reported.items() if yes and name in group)
        print(f"by {title}: " + ", ".join(f"{name} {good[name]}/{every[name]}" for name in sorted(every)))
    checks = Counter(failure.partition(":")[0] for run in runs.values() for failure in run.failures)
    print("by check: " + ", ".join(f"{name} {count}" for name, count in checks.most_common()))


def per_run(runs: Sequence[Run]) -> str:
    """Return a text with the mean cost of a complete run."""
    return f"{fmean(run.requests for run in runs):.0f} requests and {fmean(run.seconds for run in runs):.1f} s per run"


def modules() -> dict[str, str]:
    """Return the module of each defect."""
    package = "conformance.mock.defects"
    reported = loading.modules(package)
    return {
        defect.name: module.__name__.removeprefix(f"{package}.") for module in reported for defect in module.DEFECTS
    }


def as_json(tool: Tool, truthful: Mapping[str, Run], whole: Sequence[Run], reported: Mapping[str, bool]) -> str:
    """Return the record as JSON."""
    configuration = (
        f"schemathesis run {' '.join(tool.options())}, with the key, on an OpenAPI 3.2 description of the mock "
        "for the first kind of model that a defect concerns; a hook writes whole numbers as integers."
    )
    record = {
        "schemathesis": whole[0].version,
        "configuration": configuration,
        "defects": dict(reported),
        "requests": round(fmean(run.requests for run in whole)),
        "seconds": round(fmean(run.seconds for run in whole), 1),
        "truthful_failures": sorted(
            {f"{kind}: {failure}" for kind, run in truthful.items() for failure in run.failures}
        ),
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("defect", nargs="*", metavar="DEFECT", help="defects to try; default: all")
    parser.add_argument(
        "--schemathesis", default="schemathesis", metavar="PATH", help="the command; default: from PATH"
    )
    parser.add_argument("--examples", type=int, default=20, metavar="N", help="fuzzed cases per operation, at most")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the generated cases")
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write the record to; default: none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
