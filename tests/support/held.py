"""A mock gateway in a process of its own that answers so many completions, and holds all that come after until a test lets go.

What a test wants to do in mid-run it does while answers are held: how fast the machine is says nothing about where a run is then.
Started as a program it takes the number of completions, prints its base URL, and lets go at a line on its stdin.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import driving

TARGET = """\
schema = 1
name = "held"
title = "Held"
base_url = "{url}"
api_key_env = "{variable}"
timeout = {timeout}
"""


@dataclass(frozen=True)
class Held:
    """A running one: its process, which can be killed, its base URL, and how many completions it answers."""

    process: subprocess.Popen[str]
    url: str
    answers: int

    @property
    def holding(self) -> int:
        """How many completions it has not answered, until it lets go."""
        return driving.stats(self.url)["by_path"].get("/v1/chat/completions", 0) - self.answers

    def let_go(self) -> None:
        """Answer what is held, and whatever comes after it."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def aimed(self, folder: Path, *arguments: str, models: tuple[str, ...] = driving.NAMED[:1]) -> list[str]:
        """The arguments of a run on it in a folder; what is held never comes to the time limit of a request."""
        told = TARGET.format(url=self.url, variable=driving.VARIABLE, timeout=driving.TIMEOUT)
        (folder / "held.toml").write_text(told, encoding="utf-8")
        return ["run", "--target=held.toml", *models, "--out=runs/this", *arguments]


@contextmanager
def after(answers: int) -> Iterator[Held]:
    """One that holds what comes after so many completions."""
    command, pipe = [sys.executable, __file__, str(answers)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield Held(process, process.stdout.readline().strip(), answers)
        finally:
            process.kill()


def main() -> None:
    """Serve until the process is killed, or stdin closes."""
    from starlette.requests import Request

    from conformance.mock.server import serving
    from conformance.mock.server.app import Gateway
    from conformance.mock.server.options import Options

    free, left = threading.Event(), int(sys.argv[1])

    class Holding(Gateway):
        """Has a completion wait for the signal, once so many were answered."""

        async def receive(self, request: Request) -> bytes:
            nonlocal left
            left -= 1
            if left < 0:
                while not free.is_set():
                    await asyncio.sleep(0.01)
            return await super().receive(request)

    serving.Gateway = Holding  # type: ignore[misc]
    with serving.running(Options(port=0)) as url:
        print(url, flush=True)
        while sys.stdin.readline():
            free.set()


if __name__ == "__main__":
    main()
