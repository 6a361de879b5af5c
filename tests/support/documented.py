"""Read guides and follow them: run the commands in their blocks and compare the output with the promised lines.

A block marked `sh` is run.  The `text` block after it holds lines that the output must contain, in this order; `...` matches any
text.  A block below a comment `<!-- not run: REASON -->` is left out.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import driving

ROOT = Path(__file__).parents[2]
PORTS = ("8123", "8124")  # of the mock gateway in the guides, and of a receiver of messages; a test takes free ones
_BLOCK = re.compile(r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
_END = "=== end of step"


@dataclass(frozen=True)
class Step:
    """One block of commands with the lines that it must print, or the reason why it is not run."""

    commands: str
    says: tuple[str, ...]
    left_out: str | None


def steps(path: Path) -> list[Step]:
    """Return the blocks of commands of a guide."""
    return list(_steps(path.read_text(encoding="utf-8")))


def _steps(text: str) -> Iterator[Step]:
    blocks = list(_BLOCK.finditer(text))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block["kind"] == "sh":
            says = following["text"].splitlines() if following and following["kind"] == "text" else []
            yield Step(block["text"], tuple(says), block["reason"])


def follow(guide: list[Step], folder: Path, free_port: Callable[[], int]) -> list[str]:
    """Run the steps in one shell as a reader would, and return the output of each."""
    script = "".join(f"{step.commands}\necho; echo '{_END}'\n" for step in guide)
    ports = {port: str(free_port()) for port in PORTS if port in script}
    for port, free in ports.items():
        script = script.replace(port, free)
    done = bash(f"trap 'kill $(jobs -p) 2> /dev/null' EXIT\n{script}", folder)
    output = done.stdout
    for port, free in ports.items():
        output = output.replace(free, port)
    printed = output.split(_END)[:-1]
    assert len(printed) == len(guide), f"the shell ended before the guide did:\n{done.stdout[-2000:]}"
    return printed


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end with `conformance` on its path; stdout has all output."""
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(folder, **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=driving.TIMEOUT,
        check=False,
    )


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a user who has installed this checkout."""
    variables_of_user = driving.environment(**variables)
    commands = folder.parent / f"{folder.name}-commands"
    commands.mkdir(exist_ok=True)
    shim = commands / "conformance"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m conformance "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    variables_of_user["PATH"] = os.pathsep.join([str(commands), variables_of_user["PATH"]])
    variables_of_user["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), variables_of_user.get("PYTHONPATH")]))
    return variables_of_user


def missing(says: tuple[str, ...], printed: str) -> str | None:
    """Return the first promised line that the output lacks, or has in the wrong order; None if there is none."""
    lines = iter(printed.splitlines())
    for line in filter(str.strip, says):
        wanted = ".*".join(map(re.escape, line.rstrip().split("...")))
        if not any(re.fullmatch(wanted, printed_line.rstrip()) for printed_line in lines):
            return line
    return None
