"""Measure how long a run takes on an endpoint with a limit or an outage, and compare it with the shortest possible time.

    python benchmarks/limited.py [--rate 60] [--kind fixed] [--no-retry-after] [--configured] [--workers 2]
    python benchmarks/limited.py --rate 600 --window 6 --cases 100                     # a quick one
    python benchmarks/limited.py --at-once 3 --latency 0.5 --cases 120                 # a limit of concurrency
    python benchmarks/limited.py --tokens 24000 --window 6 --cases 200                 # a limit of tokens
    python benchmarks/limited.py --outage 10 [--answers-503] --latency 0.5 --cases 200 # gone for 10 s, in the middle of the run

A mock gateway admits so many requests or tokens per minute, or so many requests at once, and answers all others with 429.  With
--outage its process is killed after a third of the time that the run took without one, and started again on the same port after
so many seconds; 0 is a restart.  Meanwhile connections are refused, or answered with 503.  `conformance run` sends it the whole
contract for one model, or with --cases one claim with that many values.  Before that, the same is run without limit and outage.

How to read the output: `requests` were answered, `refused` ones got a 429, and `lost` is the number of cells whose verdict
differs from the undisturbed run.  `minimum` is the shortest possible time, where R is the number of requests, or of the tokens of
all requests, per window:
    fixed, sliding: (ceil(requests / R) - 1) windows, since each admits R at once;
    bucket:         (requests - R) / R windows, since it is full at first and refills evenly;
    --configured:   (requests - 1) / R windows if that is longer, since --requests-per-minute sends at even intervals;
    --at-once:      the undisturbed time, and what the requests take N at once longer than with the usual concurrency;
    --outage:       the undisturbed time, and that of the outage.
`measured` is from the start of the process to its end; `ratio` is measured / minimum.  The target is 1.5, for a rate 1.2 or less.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import made

from conformance.evidence import recording

CONCURRENCY = 8  # enough to reach any limit that is measured here, with few requests refused at once
BYTES_OF_A_TOKEN = 4.0  # as the mock gateway counts them


@dataclass(frozen=True)
class Measured:
    """A run: what it says of itself, its verdicts by cell, the requests that were answered, their tokens, and its seconds."""

    facts: dict[str, Any]
    cells: dict[str, str]
    requests: int
    tokens: float
    seconds: float


def main() -> int:
    """Measure as the command line says and print the figures; return 1 if cells were lost."""
    options = _parser().parse_args()
    undisturbed = measure(options, [])
    disturbed = measure(options, limits(options), undisturbed.seconds / 3 if options.outage is not None else None)
    shortest = minimum(options, disturbed, undisturbed.seconds)
    lost = sum(disturbed.cells.get(name) != verdict for name, verdict in undisturbed.cells.items())
    ratio = disturbed.seconds / shortest if shortest else math.inf
    refused = disturbed.facts["requests"] - disturbed.requests if options.outage is None else 0
    print(f"{said(options)}, {options.workers} processes")
    print(f"requests {disturbed.requests}, refused {refused}, lost {lost}, waited {disturbed.facts['waited']:.1f} s")
    measured = f"measured {disturbed.seconds:.1f} s, ratio {ratio:.2f}; {undisturbed.seconds:.1f} s without a limit"
    print(f"minimum {shortest:.1f} s, {measured}")
    return int(lost > 0)


def limits(options: argparse.Namespace) -> list[str]:
    """Return the options of the mock gateway for the limit that is measured."""
    how = ["--no-retry-after"] if options.no_retry_after else []
    window = [f"--limit={options.kind}", f"--limit-window={options.window:g}"]
    if options.outage is not None:
        return []
    if options.at_once:
        return [f"--at-once={options.at_once}", *how]
    if options.tokens:
        return [f"--tokens-per-minute={options.tokens:g}", *window, *how]
    return [f"--requests-per-minute={options.rate:g}", *window, *how]


def said(options: argparse.Namespace) -> str:
    """Return what is measured, in words."""
    how = "without Retry-After" if options.no_retry_after else "with Retry-After"
    if options.outage is not None:
        return f"gone for {options.outage:g} s, {'503' if options.answers_503 else 'connections refused'}"
    if options.at_once:
        return f"{options.at_once} at once, {how}"
    if options.tokens:
        return f"{options.tokens:g} tokens per minute, {options.kind}, {how}"
    rate = "configured" if options.configured else "not configured"
    return f"{options.rate:g} requests per minute, {options.kind}, {how}, rate {rate}"


def minimum(options: argparse.Namespace, run: Measured, undisturbed: float) -> float:
    """Return the shortest possible time in seconds: for the answered requests, or with what an undisturbed run takes."""
    if options.outage is not None:
        return undisturbed + float(options.outage)
    if options.at_once:
        each: float = run.requests * options.latency
        longer: float = each / options.at_once - each / CONCURRENCY
        return undisturbed + max(0.0, longer)
    count, rate = (run.tokens, options.tokens) if options.tokens else (run.requests, options.rate)
    size = max(1, round(rate * options.window / 60))
    windows = (count - size) / size if options.kind == "bucket" else math.ceil(count / size) - 1
    evenly = (count - 1) / size if options.configured else 0.0
    return float(max(0.0, windows, evenly) * options.window)


def measure(options: argparse.Namespace, limit: list[str], falls_after: float | None = None) -> Measured:
    """Run against a mock gateway with these options, which is gone some seconds after the begin if there is an outage."""
    with tempfile.TemporaryDirectory() as folder, made.mock(options.cases, options.latency, *limit) as mock:
        if options.cases:
            command = mock.command(Path(folder), CONCURRENCY)
        else:
            where = [
                f"--base-url={mock.base_url}",
                "--contract=cometapi",
                f"--api-key-env={made.VARIABLE}",
                "--out=run",
            ]
            command = [sys.executable, "-m", "conformance", "run", *where, "--model=openai=mock-openai"]
        command += ["-n", str(options.workers)] if options.workers > 1 else []
        command += [f"--requests-per-minute={options.rate:g}"] if options.configured and limit else []
        begun = time.perf_counter()
        with outage(options, mock, falls_after):
            done = subprocess.run(
                command, cwd=folder, env=made.environment(), capture_output=True, text=True, check=False
            )
        seconds = time.perf_counter() - begun
        if done.returncode not in {0, 1}:
            raise SystemExit(f"the run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return read(Path(folder) / "run", seconds)


def read(folder: Path, seconds: float) -> Measured:
    """Return what is in a run directory."""
    matrix = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
    answered = [exchange for exchange in recording.read(folder) if exchange.status != 429]
    tokens = sum(len(exchange.request.body or "") for exchange in answered) / BYTES_OF_A_TOKEN
    cells = {f"{cell['claim']}@{cell['column']}:{cell['model']}": cell["verdict"] for cell in matrix["cells"]}
    return Measured(matrix["run"], cells, len(answered), tokens, seconds)


@contextmanager
def outage(options: argparse.Namespace, mock: made.Mock, falls_after: float | None) -> Iterator[None]:
    """Kill the mock gateway after some seconds, and start it again when the outage is over; do nothing without one."""
    ended = threading.Event()

    def fall() -> None:
        assert falls_after is not None
        ended.wait(falls_after)
        mock.process.kill()
        mock.process.wait()
        if options.answers_503:
            server = ThreadingHTTPServer(("127.0.0.1", mock.port), Overloaded)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            ended.wait(options.outage)
            server.shutdown()
            server.server_close()
        else:
            ended.wait(options.outage)
        with made.mock(options.cases, options.latency, f"--port={mock.port}"):
            ended.wait()

    thread = threading.Thread(target=fall)
    if falls_after is not None:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if falls_after is not None:
            thread.join()


class Overloaded(BaseHTTPRequestHandler):
    """Answers 503 to everything."""

    def do_POST(self) -> None:  # the name that its base class looks for
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b'{"error": {"message": "overloaded", "type": "server_error"}}'
        self.send_response(503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--rate", type=float, default=60.0, metavar="N", help="requests per minute that the endpoint admits"
    )
    parser.add_argument("--tokens", type=float, default=0.0, metavar="N", help="tokens per minute, in place of a rate")
    parser.add_argument("--at-once", type=int, default=0, metavar="N", help="requests in flight, in place of a rate")
    parser.add_argument("--outage", type=float, metavar="SECONDS", help="an outage of so many seconds, and no limit")
    parser.add_argument("--answers-503", action="store_true", help="in the outage, answer 503 to everything")
    parser.add_argument("--window", type=float, default=60.0, metavar="SECONDS", help="length of the window")
    parser.add_argument(
        "--kind", choices=("fixed", "sliding", "bucket"), default="fixed", help="how requests are counted"
    )
    parser.add_argument("--no-retry-after", action="store_true", help="the endpoint sends no Retry-After")
    parser.add_argument("--configured", action="store_true", help="give the run the rate as --requests-per-minute")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (pytest-xdist)")
    parser.add_argument(
        "--cases", type=int, default=0, metavar="N", help="one claim with N values, not the whole contract"
    )
    parser.add_argument(
        "--latency", type=float, default=0.05, metavar="SECONDS", help="time before each answer of the endpoint"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
