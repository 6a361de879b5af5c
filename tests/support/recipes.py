"""The recipes of docs/recipes: their paths, their steps and scripts, and the tools that check them."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import driving
from tests.support.documented import ROOT

yaml = pytest.importorskip("yaml", reason="recipes are read with PyYAML")

HERE = ROOT / "docs" / "recipes"
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((HERE / "github").glob("*.yml"))
GITLAB = HERE / "gitlab-ci.yml"
CRON = HERE / "cron.sh"
DOCKERFILE = HERE / "Dockerfile"
BROKEN = "chat.n.count@openai:mock-openai"


def read(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def steps(path: Path) -> list[dict[str, Any]]:
    """Return the steps of a workflow or an action."""
    content = read(path)
    jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
    return [step for job in jobs for step in job["steps"]]


def scripts(path: Path) -> list[str]:
    """Return the shell scripts in a YAML file."""
    if path == GITLAB:
        jobs = [job for job in read(path).values() if isinstance(job, dict)]
        return ["\n".join([*job.get("before_script", []), *job["script"]]) for job in jobs]
    return [step["run"] for step in steps(path) if "run" in step]


def step(path: Path, name: str) -> dict[str, Any]:
    """Return the step with this name."""
    return next(part for part in steps(path) if part.get("name") == name)


def target(folder: Path, base_url: str) -> None:
    """Write gateway.toml, a target with one model."""
    lines = ["schema = 1", 'name = "gateway"', 'title = "Ours"', f'base_url = "{base_url}"', 'contract = "cometapi"']
    lines += [f'api_key_env = "{driving.VARIABLE}"', "concurrency = 8", "timeout = 1800"]
    lines += ["[[models]]", 'column = "openai"', 'id = "mock-openai"']
    (folder / "gateway.toml").write_text("\n".join(lines), encoding="utf-8")


def tool(name: str, why: str) -> str:
    """Return the path of a program, next to this interpreter or on the path; skip the test if there is none."""
    program = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return program or pytest.skip(why)
