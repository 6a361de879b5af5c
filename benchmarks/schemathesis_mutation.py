"""How many of the mock's lies a general tool reports: schemathesis on an OpenAPI description of the same mock.

    python benchmarks/schemathesis_mutation.py [--schemathesis PATH] [--examples 20] [--seed 1] [--out FILE] [DEFECT...]

schemathesis (https://schemathesis.readthedocs.io) is no dependency of the project: install it wherever its command can be
found.  It gets a description (mock_openapi.py) of the model that a defect concerns first, the key, all checks, all phases
and a fixed seed; a hook writes whole numbers as integers, since 49.0 is one for JSON Schema and none for the mock.

It is run on the truthful mock first, once per kind of model.  What it reports there is a false alarm, and no find later.
Then it is run once per defect, on a mock of its own that lies in that way: the defect counts as reported when the run
ends with a failure or an error that the truthful mock does not have, told apart by check, operation and title.  Where the
truthful mock has none, a run ends at its first failure, which decides as much as the last.

How to read it: `defects` says of each whether it was reported; `requests` and `seconds` are the mean of the runs that went
to their end, of which two go at once.  A request that the mock counts may be one of several that make one test case.
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

AT_ONCE = 2
PATIENCE = 600  # seconds for one run
REQUEST_PATIENCE = 10  # seconds for one request
REPORT = "report.json"
HOOKS = """
import schemathesis


def whole(value):
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_body(context, body):
    return whole(body)
"""

Failures = frozenset[str]


@dataclass(frozen=True)
class Run:
    """What schemathesis said in one run, and what that cost."""

    version: str
    failures: Failures
    requests: int
    seconds: float


@dataclass(frozen=True)
class Tool:
    """The command and how it is run."""

    command: str
    examples: int
    seed: int

    def run(self, kind: str, defect: str = "", first: bool = False) -> Run:
        """One run on a mock of its own, truthful or with a defect, to its end or to the first failure."""
        with tempfile.TemporaryDirectory() as folder, mock() as url:
            place = Path(folder)
            (place / "openapi.json").write_text(json.dumps(document(kind)), encoding="utf-8")
            (place / "hooks.py").write_text(HOOKS, encoding="utf-8")
            chosen = [f"--header=x-mock-defect: {defect}"] if defect else []
            chosen += ["--max-failures=1"] if first else ["--continue-on-failure"]
            begun = time.perf_counter()
            said = self._start(place, f"--url={url}", *chosen)
            seconds = time.perf_counter() - begun
            if not (place / REPORT).is_file():
                raise SystemExit(f"{self.command} wrote no report:\n{said}")
            report = json.loads((place / REPORT).read_text(encoding="utf-8"))
            return Run(report["schemathesis_version"], failures(report), requests(url), seconds)

    def _start(self, place: Path, *chosen: str) -> str:
        """Runs the command to its end; what it printed."""
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
        """What is the same in every run."""
        found = ["--checks=all", "--phases=examples,coverage,fuzzing,stateful", "--no-shrink", "--no-color"]
        found += [f"--max-examples={self.examples}", f"--seed={self.seed}", "--generation-database=none"]
        return [*found, f"--request-timeout={REQUEST_PATIENCE}"]


def main() -> int:
    """Runs as the command line says, prints progress and a summary, and writes the JSON."""
    given = _parser().parse_args()
    tool = Tool(shutil.which(given.schemathesis) or given.schemathesis, given.examples, given.seed)
    chosen = {name: registry.find(name) for name in given.defect or registry.defects()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        truthful = dict(zip(MODELS, pool.map(tool.run, MODELS), strict=True))
        for kind, run in truthful.items():
            print(f"truthful {kind}: {said(run)}", flush=True)
        runs = dict(zip(chosen, pool.map(lambda it: lied(tool, it, truthful), chosen.values()), strict=True))
    found = {name: bool(new(runs[name], defect, truthful)) for name, defect in chosen.items()}
    whole = [run for name, run in runs.items() if not found[name]] or list(runs.values())
    summary(chosen, runs, found)
    print(per_run(whole))
    if given.out:
        given.out.write_text(written(tool, truthful, whole, found), encoding="utf-8")
    return 0


def lied(tool: Tool, defect: Defect, truthful: Mapping[str, Run]) -> Run:
    """The run on a mock with a defect, told when it ends."""
    kind = defect.kinds[0]
    run = tool.run(kind, defect.name, first=not truthful[kind].failures)
    word = "reported" if new(run, defect, truthful) else "missed"
    print(f"{word:8} {defect.name} on {kind}: {said(run)}", flush=True)
    return run


def new(run: Run, defect: Defect, truthful: Mapping[str, Run]) -> Failures:
    """What the truthful mock does not have."""
    return run.failures - truthful[defect.kinds[0]].failures


@contextmanager
def mock() -> Iterator[str]:
    """A mock gateway in a process of its own: where it is, without /v1."""
    command = [sys.executable, "-m", "conformance.mock", "--port=0", "--until-stdin-closes"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1].removesuffix("/v1")
        finally:
            process.terminate()


def said(run: Run) -> str:
    """One run in a line."""
    return f"{run.requests} requests, {run.seconds:.1f} s; {'; '.join(sorted(run.failures)) or 'no failure'}"


def failures(report: Mapping[str, Any]) -> Failures:
    """The failures and errors of a report, by check, operation and title."""
    kinds = {(each["type"], each["title"], where) for each in report["failures"] for where in each["operations"]}
    found = {f"{check}: {title} ({where})" for check, title, where in kinds}
    return frozenset(found | {f"error: {error_title(each)}" for each in report["errors"]})


def error_title(error: Any) -> str:
    """What kind of error a report tells of."""
    return str(error.get("title") or error.get("type")) if isinstance(error, dict) else str(error)


def requests(url: str) -> int:
    """What the mock was asked in one run, on all paths."""
    with urllib.request.urlopen(url + "/_mock/stats") as reply:
        counted: int = json.load(reply)["requests"]
    return counted


def summary(chosen: Mapping[str, Defect], runs: Mapping[str, Run], found: Mapping[str, bool]) -> None:
    """Prints what was reported, by surface and by the module of the defects, and what by which check."""
    version = next(iter(runs.values())).version
    print(f"schemathesis {version} reported {sum(found.values())} of {len(found)}")
    for title, group in (("surface", {name: chosen[name].surface for name in chosen}), ("module", modules())):
        every = Counter(group[name] for name in found if name in group)
        good = Counter(group[name] for name, yes in found.items() if yes and name in group)
        print(f"by {title}: " + ", ".join(f"{name} {good[name]}/{every[name]}" for name in sorted(every)))
    checks = Counter(each.partition(":")[0] for run in runs.values() for each in run.failures)
    print("by check: " + ", ".join(f"{name} {count}" for name, count in checks.most_common()))


def per_run(runs: Sequence[Run]) -> str:
    """What one whole run costs."""
    return f"{fmean(run.requests for run in runs):.0f} requests and {fmean(run.seconds for run in runs):.1f} s per run"


def modules() -> dict[str, str]:
    """The module of each defect."""
    package = "conformance.mock.defects"
    found = loading.modules(package)
    return {defect.name: module.__name__.removeprefix(f"{package}.") for module in found for defect in module.DEFECTS}


def written(tool: Tool, truthful: Mapping[str, Run], whole: Sequence[Run], found: Mapping[str, bool]) -> str:
    """The record as JSON."""
    configuration = (
        f"schemathesis run {' '.join(tool.options())}, with the key, on an OpenAPI 3.2 description of the mock "
        "for the first kind of model that a defect concerns; a hook writes whole numbers as integers."
    )
    record = {
        "schemathesis": whole[0].version,
        "configuration": configuration,
        "defects": dict(found),
        "requests": round(fmean(run.requests for run in whole)),
        "seconds": round(fmean(run.seconds for run in whole), 1),
        "truthful_failures": sorted({f"{kind}: {each}" for kind, run in truthful.items() for each in run.failures}),
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("defect", nargs="*", metavar="DEFECT", help="defects to try; all of them unless named")
    parser.add_argument(
        "--schemathesis", default="schemathesis", metavar="PATH", help="the command; from PATH unless given"
    )
    parser.add_argument("--examples", type=int, default=20, metavar="N", help="most fuzzed cases per operation")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of what is generated")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the record; nowhere unless given")
    return parser


if __name__ == "__main__":
    sys.exit(main())
