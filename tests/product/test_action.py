"""The GitHub action: its script is run as a runner would, against mock gateways."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import documented, driving
from tests.support.recipes import ACTION, BROKEN, read, step, target

Gateway = Callable[..., str]


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
    more = "--target-version=2 beta\n--samples=1\n"
    done, outputs, summary = act(tmp_path, target="gateway.toml", runs="reports/runs", arguments=more)
    assert done.returncode == 0, done.stdout
    assert '"target_version": "2 beta"' in (tmp_path / outputs["run"] / "matrix.json").read_text(encoding="utf-8")
    assert "::notice title=conformance::no saved run to compare with" in done.stdout
    assert outputs["whole"] == "true"
    assert "gate-exit-code" not in outputs
    assert summary.startswith("## cometapi chat, models on gateway")

    target(tmp_path, gateway(defects=("drops_n",)))
    done, outputs, summary = act(tmp_path, target="gateway.toml", runs="reports/runs")
    assert done.returncode == 1, done.stdout
    assert (outputs["run-exit-code"], outputs["gate-exit-code"], outputs["whole"]) == ("1", "1", "true")
    assert (tmp_path / outputs["run"] / "matrix.json").is_file()
    assert (tmp_path / outputs["markdown"]).read_text(encoding="utf-8") == summary
    assert "### regressed (1)" in summary
    assert BROKEN.replace("@", " on ") in summary
    assert "::error title=regressed%3A chat.n.count on openai%3Amock-openai::" in done.stdout


@pytest.mark.thorough
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
    assert "baseline must be an existing run directory or matrix.json; nothing was run" in done.stdout


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
