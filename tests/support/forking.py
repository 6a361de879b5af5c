"""Commands in processes of their own that need not import the package first: they are forked from one that has.

Starting Python and importing what a run needs takes half a second of CPU, and the tests start some hundreds of commands. The
process that forks has one thread and has run nothing, so a child is what `python -m conformance` is after its imports: its own
working directory, environment, standard streams, signals and exit code. Commands whose environment changes what Python
imports are started as usual (`usable`).
"""

import atexit
import gc
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import IO, Any

from conformance import suite
from conformance.contract.loading import DEFAULT, load
from conformance.surfaces import registry

ROOT = Path(__file__).parents[2]
# What `conformance run` imports in the end, the plugins of pytest apart.
IMPORTED = (
    "conformance.cli",
    "conformance.plugin.parts",
    "conformance.results.gate",
    "conformance.results.recorded",
    "conformance.run.embedded",
    "conformance.run.session",
    "conformance.site.building",
    "anyio._backends._asyncio",
    "h11",
    "hypothesis",  # whose plugin imports it at the end of each session
    "pytest",
    "unittest.mock",
    "zoneinfo",
)
_LARGEST = 1 << 20  # bytes of one request: arguments and environment


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, negative for a signal as in subprocess, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def usable(environment: Mapping[str, str]) -> bool:
    """Return whether a command with this environment imports what the forking process has imported."""
    return hasattr(os, "fork") and _python(environment) == _python(os.environ)


def _python(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(("PYTHON", "CONFORMANCE_HTTP"))}


def run(module: str, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float) -> Ended:
    """Run `python -m MODULE ARGUMENTS` to its end and return how it ended."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line,
    ):
        line.settimeout(timeout)
        line.connect(_server())
        request = {"module": module, "arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}
        socket.send_fds(line, [json.dumps(request).encode() + b"\n"], [out.fileno(), err.fileno()])
        code = int(line.makefile("rb").readline())
        texts = [_text(file) for file in (out, err)]
    return Ended(code, *texts)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")


@cache
def _server() -> str:
    """Start the process that forks, once for a process of tests; return the path of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="forking-")
    path = f"{folder.name}/socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forking", path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def close() -> None:
        process.stdin.close()
        process.stdout.close()
        process.wait()
        folder.cleanup()

    atexit.register(close)
    return path


def serve(path: str) -> None:
    """Fork for each connection until stdin closes."""
    for name in IMPORTED:
        import_module(name)
    for point in entry_points(group="pytest11"):
        if point.name != "asyncio":  # which a run leaves out, as it says
            point.load()
    suite.functions(suite.PROBES, *registry.suites().values())
    for name in registry.installed():
        registry.named(name)
    load(DEFAULT)
    gc.collect()
    gc.freeze()  # what is shared with the children is not touched by their collections
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while 0 not in select.select([listener, 0], [], [])[0]:
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                return _watch(line)
            line.close()
            _reap()
    return None


def _reap() -> None:
    """Collect the watching processes that have ended; what their commands took then counts as time of the tests."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(line: socket.socket) -> None:
    """Fork the command that a connection asks for, and say how it ended."""
    message, descriptors, _, _ = socket.recv_fds(line, _LARGEST, 2)
    while not message.endswith(b"\n"):
        message += line.recv(_LARGEST)
    child = os.fork()
    if child == 0:
        line.close()
        _become(json.loads(message), descriptors)
        return
    _, status = os.waitpid(child, 0)
    line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be the command from here on; the interpreter ends as it does after a module is run."""
    null = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((null, *descriptors)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["cwd"]
    sys.argv = ["-m", *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(sys.argv[1])
