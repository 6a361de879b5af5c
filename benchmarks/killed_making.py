"""Kill what makes files of finished runs at random moments, make them again, and count what was lost.

    python benchmarks/killed_making.py RUN OTHER [--kills 60] [--seed 1]

RUN and OTHER are finished runs of different models of one target.  In turn `conformance report --merge`, `conformance site`, the
joining of the parts of several workers and the packing of evidence are started, killed by SIGKILL after a random part of the time
that a complete one took, and started again.

How to read the output: `refused` are second attempts that did not end with 0, but for a merge that was whole at the kill.  `lost`
are exchanges that could not be read after the kill or after the second attempt.  `differing` are files that differ from those of
a complete attempt, and `drafts` files that end in .part.  All must be 0, otherwise the exit code is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from conformance.evidence.recording import EVIDENCE_FILE, read

MADE = {"merge": "out", "site": "out", "join": "run", "pack": "run"}  # the folder that each writes


def main() -> int:
    """Kill and repeat as the command line says and print the figures; return 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "runs", nargs=2, type=Path, metavar="RUN", help="finished runs of different models of one target"
    )
    parser.add_argument("--kills", type=int, default=60, help="attempts to kill")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random moments")
    options = parser.parse_args()
    runs, dice, faults = [run.resolve() for run in options.runs], random.Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        complete = {name: measured(name, Path(folder) / name, runs) for name in MADE}
        print(", ".join(f"{name} {seconds:.2f} s" for name, (seconds, _) in complete.items()))
        killed = Counter[str]()
        for number in range(options.kills):
            name = list(MADE)[number % len(MADE)]
            seconds, wanted = complete[name]
            place = Path(folder) / str(number)
            killed[name] += kill(name, place, runs, dice.uniform(0, seconds))
            faults += check(name, place, runs, wanted)
            shutil.rmtree(place)
    print(f"{options.kills} attempts, killed before their end: {dict(killed)}")
    print(", ".join(f"{fault} {faults[fault]}" for fault in ("refused", "lost", "differing", "drafts")))
    return 1 if faults.total() else 0


def measured(name: str, place: Path, runs: list[Path]) -> tuple[float, dict[str, str]]:
    """Return the seconds of a complete attempt, and the digests of what it made."""
    prepare(name, place, runs)
    begun = time.perf_counter()
    assert start(name, place, runs).wait() == 0, f"{name} must succeed where nothing kills it"
    return time.perf_counter() - begun, digests(place / MADE[name])


def prepare(name: str, place: Path, runs: list[Path]) -> None:
    """Make the folder of an attempt: for a join, with the evidence in two parts."""
    shutil.copytree(runs[0], place / "run")
    if name == "join":
        facts, *lines = (place / "run" / EVIDENCE_FILE).read_bytes().splitlines(keepends=True)
        half = len(lines) // 2
        for file, rows in (
            (EVIDENCE_FILE, []),
            ("evidence.gw0.ndjson", lines[:half]),
            ("evidence.gw1.ndjson", lines[half:]),
        ):
            (place / "run" / file).write_bytes(facts + b"".join(rows))


def start(name: str, place: Path, runs: list[Path]) -> subprocess.Popen[bytes]:
    """Start an attempt in a process group of its own."""
    ours = "from pathlib import Path; from conformance.evidence import files; "
    commands: dict[str, Callable[[], list[str]]] = {
        "merge": lambda: ["-m", "conformance", "report", "--merge", *map(str, runs), f"--out={place / 'out'}"],
        "site": lambda: ["-m", "conformance", "site", *map(str, runs), f"--out={place / 'out'}"],
        "join": lambda: ["-c", f"{ours}files.join(Path({str(place / 'run')!r}))"],
        "pack": lambda: ["-c", f"{ours}files.pack(Path({str(place / 'run')!r}), above=0)"],
    }
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, *commands[name]()], start_new_session=True, **silent)


def kill(name: str, place: Path, runs: list[Path], moment: float) -> bool:
    """Start an attempt and kill it after `moment` seconds; return whether it had not ended before."""
    prepare(name, place, runs)
    process = start(name, place, runs)
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() != 0


def check(name: str, place: Path, runs: list[Path], wanted: dict[str, str]) -> Counter[str]:
    """Return what is wrong after a kill, and after a second attempt."""
    faults = Counter[str]()
    before = {exchange.id for exchange in read(runs[0])}
    faults["lost"] += len(before - {exchange.id for exchange in read(place / "run")})
    refused = start(name, place, runs).wait() != 0
    faults["lost"] += len(before - {exchange.id for exchange in read(place / "run")})
    made = digests(place / MADE[name])
    faults["differing"] += sum(made.get(file) != wanted.get(file) for file in made.keys() | wanted.keys())
    faults["refused"] += refused and made != wanted
    faults["drafts"] += len(list(place.rglob("*.part")))
    return faults


def digests(folder: Path) -> dict[str, str]:
    """Return a digest of each file in a folder by its path."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


if __name__ == "__main__":
    sys.exit(main())
