"""The embedded mock gateway: the mock as a child process with a random key, for runs without an endpoint.

Only starting and ending the process live here; the mock is never imported.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from conformance.base.errors import ConformanceError

KEY_VARIABLE = "CONFORMANCE_MOCK_KEY"


class EmbeddedMock:
    """Runs `python -m conformance.mock` on a free port until it is closed or this process ends, keeping a contract."""

    def __init__(self, arguments: Iterable[str] = (), contract: str | None = None) -> None:
        os.environ[KEY_VARIABLE] = f"sk-mock-{secrets.token_hex(16)}"
        command = [
            sys.executable,
            "-m",
            "conformance.mock",
            "--port",
            "0",
            "--api-key-env",
            KEY_VARIABLE,
            "--until-stdin-closes",
        ]
        if contract is not None:
            command += ["--contract", contract]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},  # the line below is read as such
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.base_url = line.split()[-1] if line else ""
        if not self.base_url.startswith("http"):
            self.close()
            raise ConformanceError("the embedded mock gateway did not start", "run conformance mock to see why")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)  # it ends at once, except on a busy machine
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
