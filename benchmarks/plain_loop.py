"""Send requests in a plain loop of httpx, and do nothing with the replies but read them as JSON.

    python benchmarks/plain_loop.py URL BODIES CONCURRENCY

BODIES is a file with the JSON body of one request per line.  The least that any program in Python needs for these requests:
ahead.py and footprint.py run it in the same minute as `conformance run`, whose figures they divide by its own.  It has one client
for each request in flight, as a run has, because one client with a pool of 64 connections takes several times as much CPU.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

try:  # the library that a run uses, found as a run finds it; importing the run's own choice would cost what importing a run costs
    httpx = importlib.import_module(os.environ.get("CONFORMANCE_HTTP_CLIENT", "httpx2"))
except ImportError:
    httpx = importlib.import_module("httpx")


async def send_all(url: str, bodies: Iterator[str], concurrency: int) -> None:
    """Send every body with at most `concurrency` requests in flight."""
    await asyncio.gather(*(_send_one_by_one(url, bodies) for _ in range(concurrency)))


async def _send_one_by_one(url: str, bodies: Iterator[str]) -> None:
    headers = {"Authorization": f"Bearer {os.environ['CONFORMANCE_BENCHMARK_KEY']}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(verify=False, headers=headers, timeout=120) as client:
        for body in bodies:
            reply = await client.post(url, content=body)
            reply.json()


if __name__ == "__main__":
    asyncio.run(send_all(sys.argv[1], iter(Path(sys.argv[2]).read_text("utf-8").splitlines()), int(sys.argv[3])))
