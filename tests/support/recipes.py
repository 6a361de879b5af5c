"""The recipes as tests read them: where they are, their steps and scripts, and the tools that check them."""

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
    """A YAML file."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    """The steps of a workflow or an action."""
    found = read(path)
    jobs = found["jobs"].values() if "jobs" in found else [found["runs"]]
    return [step for job in jobs for step in job["steps"]]


def scripts(path: Path) -> list[str]:
    """Everything in a YAML file that a shell reads."""
    if path == GITLAB:
        jobs = [job for job in read(path).values() if isinstance(job, dict)]
        return ["\n".join([*job.get("before_script", []), *job["script"]]) for job in jobs]
    return [step["run"] for step in steps(path) if "run" in step]


def step(path: Path, name: str) -> dict[str, Any]:
    """The step of that name."""
    return next(each for each in steps(path) if each.get("name") == name)


def target(folder: Path, base_url: str) -> None:
    """Write gateway.toml, which asks one model."""
    lines = ["schema = 1", 'name = "gateway"', 'title = "Ours"', f'base_url = "{base_url}"', 'contract = "cometapi"']
    lines += [f'api_key_env = "{driving.VARIABLE}"', "concurrency = 8", "timeout = 1800"]
    lines += ["[[models]]", 'column = "openai"', 'id = "mock-openai"']
    (folder / "gateway.toml").write_text("\n".join(lines), encoding="utf-8")


def tool(name: str, why: str) -> str:
    """A program beside this interpreter or on the path; the test is skipped where there is none."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return found or pytest.skip(why)
