"""A mock gateway in a process of its own that answers N completions, and holds later ones until the test releases them.

A test does what it wants to do in mid-run while answers are held; then the speed of the machine has no effect.  As a
program it takes the number of completions, prints its base URL, and releases the held answers when it reads a line from
stdin.
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
    """A running gateway: its process, which can be killed, its base URL, and the number of completions it answers at once."""

    process: subprocess.Popen[str]
    url: str
    answers: int

    @property
    def holding(self) -> int:
        """The number of held completions, before they are released."""
        return driving.stats(self.url)["by_path"].get("/v1/chat/completions", 0) - self.answers

    def let_go(self) -> None:
        """Release the held completions and all later ones."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def aimed(self, folder: Path, *arguments: str, models: tuple[str, ...] = driving.NAMED[:1]) -> list[str]:
        """Return the arguments of a run against it in a folder, with a timeout that no held request reaches."""
        target = TARGET.format(url=self.url, variable=driving.VARIABLE, timeout=driving.TIMEOUT)
        (folder / "held.toml").write_text(target, encoding="utf-8")
        return ["run", "--target=held.toml", *models, "--out=runs/this", *arguments]


@contextmanager
def after(answers: int) -> Iterator[Held]:
    """Start a gateway that holds completions after the first `answers`."""
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
        """Lets completions wait for the signal after the first ones."""

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
