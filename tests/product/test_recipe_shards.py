"""The recipes that split a run: what their scripts make of a shard's exit code, and what a cluster would be asked for."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import documented
from tests.support.recipes import HERE, read, step, yaml

KUBERNETES = HERE / "kubernetes.yaml"
GITHUB = HERE / "github" / "shards.yml"
GITLAB = HERE / "gitlab-shards.yml"
INDEXES = {"JOB_COMPLETION_INDEX": "2", "SHARDS": "8", "SHARD": "3/8", "CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "8"}


def jobs() -> list[dict[str, Any]]:
    """The Jobs of the cluster's recipe: the run, the merge."""
    return list(yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8")))


def container(job: dict[str, Any]) -> dict[str, Any]:
    """A Job's only container."""
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return dict(found)


SHARDS = {
    "kubernetes": container(jobs()[0])["args"][0],
    "github": step(GITHUB, "Run one shard")["run"],
    "gitlab": "\n".join(read(GITLAB)["shard"]["script"]),
}
MERGES = {
    "kubernetes": container(jobs()[1])["args"][0],
    "github": step(GITHUB, "Merge the shards")["run"],
    "gitlab": "\n".join(read(GITLAB)["merge"]["script"]),
}


def stubbed(script: str, folder: Path, code: int) -> subprocess.CompletedProcess[str]:
    """A script with programs that only say how they were called; conformance ends with this code."""
    for name, body in {"conformance": f'echo "conformance $*"; exit {code}', "python": "true"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    for number in range(3):
        (folder / "shards" / str(number)).mkdir(parents=True)
        (folder / "runs" / str(number)).mkdir(parents=True)
    return documented.bash(f'set -e; PATH="$PWD:$PATH"\n{script}', folder, **INDEXES)


@pytest.mark.parametrize("name", SHARDS)
@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 0), (5, 0), (3, 3), (4, 4), (70, 70)])
def test_a_finding_is_left_to_the_merge(name: str, code: int, ends: int, tmp_path: Path) -> None:
    """The third of eight shards is asked; 1 and 5 do not fail the job, which would be tried again, and the rest does."""
    done = stubbed(SHARDS[name], tmp_path, code)
    assert "conformance run --target" in done.stdout
    assert "--shard 3/8 --out" in done.stdout
    assert done.returncode == ends, done.stdout


@pytest.mark.parametrize("name", MERGES)
@pytest.mark.parametrize("code", [0, 1, 5])
def test_the_merge_decides(name: str, code: int, tmp_path: Path) -> None:
    """All run directories are merged, and the exit code is that of the job."""
    done = stubbed(MERGES[name], tmp_path, code)
    folder = "runs" if name == "kubernetes" else "shards"
    assert f"conformance report --merge {folder}/0 {folder}/1 {folder}/2 --out" in done.stdout
    assert done.returncode == code


def test_the_cluster_s_jobs_fit_each_other() -> None:
    """As many shards as pods, indexed; the key comes from a secret; nothing runs as root or may do more than it needs."""
    run, merge = jobs()
    spec = run["spec"]
    values = {each["name"]: each.get("value") for each in container(run)["env"]}
    assert (spec["completionMode"], str(spec["completions"])) == ("Indexed", values["SHARDS"])
    assert values["MY_GATEWAY_KEY"] is None
    for job in (run, merge):
        pod = job["spec"]["template"]["spec"]
        assert (job["apiVersion"], job["kind"], pod["restartPolicy"]) == ("batch/v1", "Job", "Never")
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert not container(job)["securityContext"]["allowPrivilegeEscalation"]
        assert {each["name"] for each in container(job)["volumeMounts"]} <= {each["name"] for each in pod["volumes"]}
