"""The recipes: their scripts are run, against mock gateways or with programs that only say how they were called."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import documented, driving
from tests.support.documented import ROOT
from tests.support.recipes import BROKEN, CRON, GITLAB, HERE, read, scripts, step, target, tool

Gateway = Callable[..., str]


def runs(folder: Path) -> list[Path]:
    """The saved runs, oldest first."""
    return sorted(path.parent for path in (folder / "reports" / "runs").glob("*Z-gateway/matrix.json"))


def test_cron_tells_news_once_and_keeps_what_is_whole(gateway: Gateway, tmp_path: Path) -> None:
    """First night saved; a regression told with exit 1; silence while it stays; a key that expired told, and no baseline."""
    target(tmp_path, gateway())
    first = documented.bash(f"{CRON} gateway.toml", tmp_path)
    assert (first.returncode, len(runs(tmp_path))) == (0, 1), first.stdout
    assert "the first run of gateway; the next one is compared with it" in first.stdout

    target(tmp_path, gateway(defects=("drops_n",)))
    worse = documented.bash(f"{CRON} gateway.toml", tmp_path)
    assert worse.returncode == 1, worse.stdout
    news = "regressed (1), cells that deviate now and did not before, or not as often:"
    assert f"{news}\n  {BROKEN.replace('@', ' on ')}\n" in worse.stdout
    assert (runs(tmp_path)[1] / "gate.md").read_text(encoding="utf-8").startswith("## Conformance gate: ✗ failed")

    again = documented.bash(f"{CRON} gateway.toml --target-version '2 beta'", tmp_path)
    assert (again.returncode, again.stdout, len(runs(tmp_path))) == (0, "", 3)
    assert '"target_version": "2 beta"' in (runs(tmp_path)[2] / "matrix.json").read_text(encoding="utf-8")

    lost = documented.bash(f"{CRON} gateway.toml", tmp_path, **{driving.VARIABLE: "sk-expired"})
    assert (lost.returncode, len(runs(tmp_path))) == (3, 3), lost.stdout
    assert (
        f"the run is incomplete (exit code 3); the baseline stays reports/runs/{runs(tmp_path)[-1].name}" in lost.stdout
    )
    assert len(list((tmp_path / "reports/runs/incomplete").glob("*Z-gateway"))) == 1


def test_cron_does_not_start_twice(tmp_path: Path) -> None:
    """While a run of the same target is under way nothing is started, and it says so."""
    tool("flock", "the script locks with flock")
    line = f"mkdir -p reports/runs; exec 8> reports/runs/.gateway.lock; flock -n 8; {CRON} gateway.toml"
    done = documented.bash(line, tmp_path)
    assert done.returncode == 5
    assert "has not ended; nothing was started" in done.stdout


def test_cron_wants_a_target(tmp_path: Path) -> None:
    """Without one it says how it is called."""
    done = documented.bash(str(CRON), tmp_path)
    wanted = "cron.sh: TARGET must be a target file or built-in name; usage: cron.sh TARGET [ARGUMENT...]\n"
    assert (done.returncode, done.stdout) == (2, wanted)


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
    assert names[:2] == ["gateway.toml", "matrix.json"], "what is saved, evidence apart"
    assert names[2:] in (["matrix.md"], ["watch.json"]), "a run, or what a watch knows"


def test_gitlab_saves_a_run(saved: Path) -> None:
    """The nightly job's script runs, compares and pushes the run without its evidence."""
    script = scripts(GITLAB)[0].replace('python -m pip install --quiet "$CONFORMANCE_SOURCE"', "true")
    ours = f'git config url."{saved.parent}/origin".insteadOf https://gitlab.example/team/project.git\nset -e\n'
    given = {"CI_COMMIT_BRANCH": "main", "CI_SERVER_HOST": "gitlab.example", "CI_PROJECT_PATH": "team/project"}
    done = documented.bash(
        "git -C ../origin config receive.advertisePushOptions true\n" + ours + script, saved, **given
    )
    assert done.returncode == 0, done.stdout


def test_gitlab_publishes_what_was_saved(saved: Path) -> None:
    """The job after it makes the site of the branch as it is now, not as it was when the pipeline began."""
    report = min((ROOT / "reports").glob("*/matrix.json"))
    run = saved / "reports" / "runs" / "20270101T020000Z-gateway"
    run.mkdir(parents=True)
    for name in ("matrix.json", "matrix.md"):
        shutil.copy(report.with_name(name), run)
    before = "git add --force reports; git commit -qm run; git push -q; git checkout -q HEAD~1; [ ! -e reports/runs ]"
    script = "\n".join(read(GITLAB)["pages"]["script"]).replace(
        'python -m pip install --quiet "$CONFORMANCE_SOURCE"', "true"
    )
    done = documented.bash(f"set -e\n{before}\n{script}", saved, CI_COMMIT_BRANCH="main")
    assert done.returncode == 0, done.stdout
    assert "1 run" in (saved / "public" / "index.html").read_text(encoding="utf-8")


def test_github_saves_a_run(saved: Path) -> None:
    """The step after the action commits and pushes the run without its evidence."""
    run = saved / "reports" / "runs" / "20270101T020000Z-gateway"
    run.mkdir(parents=True)
    for name in ("matrix.json", "matrix.md", "evidence.ndjson"):
        (run / name).write_text("{}", encoding="utf-8")
    (saved / ".gitignore").write_text("reports/runs/\n", encoding="utf-8")
    script = step(HERE / "github" / "nightly.yml", "Save the run")["run"]
    done = documented.bash(f"set -e\n{script}", saved, RUN=str(run.relative_to(saved)))
    assert done.returncode == 0, done.stdout


def test_github_saves_what_a_watch_knows(saved: Path) -> None:
    """The steps ask, and push the state without its evidence."""
    recipe = HERE / "github" / "watch.yml"
    asking = step(recipe, "Ask what is due")["run"].partition("PATH=$RUNNER_TEMP/conformance/bin:$PATH\n")[2]
    given = {
        "GITHUB_TOKEN": "ghp_x",
        "GITHUB_REPOSITORY": "acme/gateway",
        "GITHUB_SERVER_URL": "https://x",
        "GITHUB_RUN_ID": "1",
    }
    done = documented.bash(f"set -e\n{asking}\n{step(recipe, 'Save what is known')['run']}", saved, **given)
    assert done.returncode == 0, done.stdout
    assert "night 1: at most 10 requests" in done.stdout


STUBS = {
    "docker": 'echo "docker $*"',
    "conformance": 'echo "conformance $*"; [ "$1" = gate ] && { echo "## Conformance gate" > "$5"; exit "$GATE"; }; exit "$RUN"',
    "curl": 'cat > /dev/null; echo "curl $*"',
    "gh": 'case "$*" in *--jq*) printf "%s" "$COMMENTS" ;; *) echo "gh $*" ;; esac',
}


def stubbed(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script with programs that only say how they were called, and end as RUN and GATE say."""
    for name, body in STUBS.items():
        (folder / name).write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return documented.bash(f'set -eo pipefail; PATH="$PWD:$PATH"; mkdir -p reports/gate\n{script}', folder, **variables)


@pytest.mark.parametrize(("run", "gate", "code"), [("1", "0", 0), ("1", "1", 1), ("0", "5", 5), ("4", "0", 4)])
def test_gitlab_s_gate_ends_as_the_gate_does(run: str, gate: str, code: int, tmp_path: Path) -> None:
    """Both versions are started and run, the gate's exit code is the job's, and a comment is left; an outage ends it."""
    script = "\n".join(read(GITLAB)["gate"]["script"])
    given = {
        "BASE_URL": "http://docker:4000/v1",
        "RUNS_TOKEN": "secret",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
    }
    done = stubbed(script, tmp_path, RUN=run, GATE=gate, **given)
    assert done.returncode == code, done.stdout
    assert done.stdout.count("up --detach --wait") == done.stdout.count("conformance run") == (1 if code == 4 else 2)
    assert done.stdout.count("curl") == (code != 4)
    assert "secret" not in done.stdout, "the token is no argument, which others on the machine could read"


def test_github_keeps_one_comment(tmp_path: Path) -> None:
    """The first comparison is a new comment; a later one takes its place, and one that is too long says that it was cut."""
    script = step(HERE / "github" / "gate.yml", "Comment on the pull request")["run"]
    (tmp_path / "gate.md").write_text("## Conformance gate: failed\n" + "x" * 70000, encoding="utf-8")
    given = {"MARKDOWN": "gate.md", "GITHUB_REPOSITORY": "team/project", "PULL": "7"}
    first = stubbed(script, tmp_path, COMMENTS="", **given)
    later = stubbed(script, tmp_path, COMMENTS="41\n42\n", **given)
    assert "gh api repos/team/project/issues/7/comments --field body=@comment.md" in first.stdout
    assert "gh api --method PATCH repos/team/project/issues/comments/42 --field body=@comment.md" in later.stdout
    text = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert len(text) < 65536
    assert text.endswith("Cut here; the whole comparison is in the summary of the workflow run.\n")
