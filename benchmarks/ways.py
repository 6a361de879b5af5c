"""Compare `conformance run` with plain pytest tests that send the same requests one by one, alone and with -n 16.

    python benchmarks/ways.py [--cases 300] [--latency 0.3] [--workers 16]

A mock gateway waits `latency` seconds before each answer.  Three ways to send it the same requests are timed from start to
exit: `conformance run`; plain tests, as in most suites, that send one request each and check its status; and the plain tests
with pytest-xdist.

How to read the output: `x limit` is the wall time divided by ceil(cases / 64) x latency, the shortest possible time with 64
requests in flight; `x ours` is the wall time divided by that of `conformance run` in the same minute on the same machine.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

import made

IN_FLIGHT = 64  # as in the other benchmarks of speed, so that figures can be compared

_PLAIN = """\
import os
import httpx
import pytest

CLIENT = httpx.Client(headers={{"Authorization": "Bearer " + os.environ["{variable}"]}}, timeout=60)


@pytest.mark.parametrize("number", range({cases}))
def test_temperature(number):
    body = {{"model": "mock-0", "messages": [{{"role": "user", "content": "hi"}}], "temperature": number / {cases}}}
    assert CLIENT.post("{base_url}/chat/completions", json=body).status_code == 200
"""


def main() -> int:
    """Print a line for each way to send the requests."""
    options = _parser().parse_args()
    limit = math.ceil(options.cases / IN_FLIGHT) * options.latency
    print(f"{options.cases} requests, {options.latency:g} s each; limit {limit:.2f} s at {IN_FLIGHT} in flight")
    print("way                          wall s   x limit   x ours   CPU s", flush=True)
    ours = None
    for name, taken in measure(options.cases, options.latency, options.workers):
        ours = ours or taken.seconds
        ratios = f"{taken.seconds / limit:7.2f}   {taken.seconds / ours:6.1f}"
        print(f"{name:27}  {taken.seconds:6.1f}   {ratios}   {taken.cpu:5.1f}", flush=True)
    return 0


def measure(cases: int, latency: float, workers: int) -> list[tuple[str, made.Measured]]:
    """Return each way with the time and CPU that it took."""
    measured = []
    with tempfile.TemporaryDirectory() as name, made.mock(cases, latency) as mock:
        folder = Path(name)
        measured.append(("conformance run", made.measure(mock.command(folder, IN_FLIGHT), folder)))
        text = _PLAIN.format(variable=made.VARIABLE, cases=cases, base_url=mock.base_url)
        (folder / "test_plain.py").write_text(text, encoding="utf-8")
        plain = [sys.executable, "-m", "pytest", "-q", f"--rootdir={folder}", "test_plain.py"]
        measured.append((f"plain tests, -n {workers}", made.measure([*plain, f"-n{workers}"], folder)))
        measured.append(("plain tests", made.measure(plain, folder)))
    return measured


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=300, metavar="N", help="requests to send")
    parser.add_argument(
        "--latency", type=float, default=0.3, metavar="SECONDS", help="time before each answer of the endpoint"
    )
    parser.add_argument("--workers", type=int, default=16, metavar="N", help="workers of pytest-xdist")
    return parser


if __name__ == "__main__":
    sys.exit(main())
