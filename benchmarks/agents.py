"""Let Codex, Claude Code and Gemini CLI each finish one small task with a tool call against the mock gateway.

    python benchmarks/agents.py [--agent NAME ...] [--details]

The programs are installed by npm into a folder of this user's cache.  Then the script starts itself again in a network
namespace that has nothing but the loopback interface, with the mock gateway in it, so that a program which gets its answer
got it from the mock.  That needs Linux, unshare, ip, and root or user namespaces.

The task: each program is asked to call one of its tools on a folder.  The mock gives every text among the arguments the note of
the prompt, which is `ls`: a command, and a folder that has a file of that name.  The program runs its tool, sends the result
back, and prints the answer of the mock, which quotes it.  A line per program says OK if the file's name is in that answer and
the program ends with 0.  The exit code is 1 if one does not.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clients.javascript import cached, installed_version

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

KEY = "sk-benchmark"
PATIENCE = 120  # seconds for one task, which takes a few on an idle machine
FOLDER, FOUND = "ls", "landmark.txt"
INSIDE = "--inside"
CODEX = """\
model = "mock-openai-reasoning"
model_provider = "mock"

[model_providers.mock]
name = "mock"
base_url = "{url}/v1"
env_key = "MOCK_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
GEMINI = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "privacy": {"usageStatisticsEnabled": False},
}


@dataclass(frozen=True)
class Agent:
    """One program: its package, its command, what it finds, and its settings; {url} is the address of the gateway."""

    package: str
    command: Sequence[str]
    found: str = FOUND
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


AGENTS = {
    "codex": Agent(
        "@openai/codex",
        [
            *("codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"),
            f"Call exec_command, within 1000 tokens. Note: {FOLDER}",
        ],
        variables={"MOCK_KEY": KEY},
        files={".codex/config.toml": CODEX},
    ),
    "claude": Agent(
        "@anthropic-ai/claude-code",
        [
            *("claude", "-p", f"Call Glob. Note: {FOLDER}", "--model", "mock-claude", "--tools", "Glob"),
            *("--dangerously-skip-permissions",),
        ],
        found=f"{FOLDER}/{FOLDER}",
        variables={
            "ANTHROPIC_BASE_URL": "{url}",
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "IS_SANDBOX": "1",  # it refuses to skip permissions as root outside of one
        },
    ),
    "gemini": Agent(
        "@google/gemini-cli",
        [
            *("gemini", "-m", "mock-gemini", "--yolo", "--skip-trust"),
            *("-p", f"Call list_directory. Note: {FOLDER}"),
        ],
        variables={"GOOGLE_GEMINI_BASE_URL": "{url}", "GEMINI_API_KEY": KEY},
        files={".gemini/settings.json": json.dumps(GEMINI)},
    ),
}


def main() -> int:
    """Run the programs as the command line says; return 1 if one does not finish its task."""
    options = _parser().parse_args()
    names = options.agent or list(AGENTS)
    if not options.inside:
        cached("conformance-agents", [AGENTS[name].package for name in names])
        flags = ["--net"] if os.geteuid() == 0 else ["--net", "--map-root-user"]
        return subprocess.run(["unshare", *flags, sys.executable, *sys.argv, INSIDE], check=False).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with running(Options(port=0, api_key=KEY)) as url:
        results = [run(name, url.removesuffix("/v1"), details=options.details) for name in names]
    return 0 if all(results) else 1


def run(name: str, url: str, *, details: bool) -> bool:
    """Let a program do its task in a new folder, print how it went, and return whether it finished."""
    agent = AGENTS[name]
    packages = cached("conformance-agents", [agent.package])
    with tempfile.TemporaryDirectory(prefix="agent-", dir=Path.home() / ".cache") as place:
        home, work = Path(place) / "home", Path(place) / "work"
        for file in (work / FOLDER / FOUND, work / FOLDER / FOLDER):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("found\n", encoding="utf-8")
        for file, text in agent.files.items():
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            (home / file).write_text(text.replace("{url}", url), encoding="utf-8")
        home.mkdir(exist_ok=True)
        variables = {key: value.replace("{url}", url) for key, value in agent.variables.items()}
        path = f"{packages / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {"HOME": str(home), "PATH": path, "TERM": "xterm-256color", **variables}
        code, output, errors = finished(list(agent.command), work, environment)
    good = code == 0 and agent.found in output.replace("\\", "/")
    print(f"{'OK  ' if good else 'FAIL'} {agent.package} {installed_version(packages, agent.package)}", flush=True)
    if details or not good:
        print(f"exit code {code}\n{output}\n{errors}", flush=True)
    return good


def finished(command: list[str], work: Path, environment: dict[str, str]) -> tuple[int | None, str, str]:
    """Return the exit code of a command, None if it takes too long, and what it printed to stdout and stderr."""
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return None, str(late.stdout), str(late.stderr)
    return done.returncode, done.stdout, done.stderr


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--agent", action="append", choices=AGENTS, help="repeatable; default: all")
    parser.add_argument("--details", action="store_true", help="print what each program printed")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
