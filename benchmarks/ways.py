"""What running ahead is worth: the same requests as plain synchronous pytest tests, alone and with -n 16.

    python benchmarks/ways.py [--cases 300] [--latency 0.3] [--workers 16]

A mock gateway waits `latency` seconds before each answer.  Three ways to send it the same requests are timed from start to
exit: `conformance run`; as many plain tests that send one request each and look at its status, as most suites do, one after
another; and those with pytest-xdist.

How to read it: `x limit` is the wall time divided by ceil(cases / 64) x latency, what an endpoint needs that may be asked 64
things at once; `x ours` is the wall time divided by that of `conformance run` in the same minute on the same machine.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

import made

IN_FLIGHT = 64

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
    """Prints a line per way."""
    given = _parser().parse_args()
    limit = math.ceil(given.cases / IN_FLIGHT) * given.latency
    print(f"{given.cases} requests, {given.latency:g} s each; limit {limit:.2f} s at {IN_FLIGHT} in flight")
    print("way                          wall s   x limit   x ours   CPU s", flush=True)
    ours = None
    for name, taken in measure(given.cases, given.latency, given.workers):
        ours = ours or taken.seconds
        ratios = f"{taken.seconds / limit:7.2f}   {taken.seconds / ours:6.1f}"
        print(f"{name:27}  {taken.seconds:6.1f}   {ratios}   {taken.cpu:5.1f}", flush=True)
    return 0


def measure(cases: int, latency: float, workers: int) -> list[tuple[str, made.Measured]]:
    """Each way with what it took."""
    found = []
    with tempfile.TemporaryDirectory() as name, made.mock(cases, latency) as mock:
        folder = Path(name)
        found.append(("conformance run", made.measure(mock.command(folder, IN_FLIGHT), folder)))
        text = _PLAIN.format(variable=made.VARIABLE, cases=cases, base_url=mock.base_url)
        (folder / "test_plain.py").write_text(text, encoding="utf-8")
        plain = [sys.executable, "-m", "pytest", "-q", f"--rootdir={folder}", "test_plain.py"]
        found.append((f"plain tests, -n {workers}", made.measure([*plain, f"-n{workers}"], folder)))
        found.append(("plain tests", made.measure(plain, folder)))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=300, metavar="N", help="requests to send")
    parser.add_argument("--latency", type=float, default=0.3, metavar="SECONDS", help="what the endpoint waits")
    parser.add_argument("--workers", type=int, default=16, metavar="N", help="workers of pytest-xdist")
    return parser


if __name__ == "__main__":
    sys.exit(main())
