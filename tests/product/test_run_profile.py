"""A run of a profile: what it asks, what it says of itself, and that it stands for no whole run."""

from pathlib import Path

import pytest

from tests.support import driving


@pytest.mark.parametrize(("profile", "models"), [("smoke", driving.NAMED), ("standard", driving.NAMED[2:3])])
def test_a_profile_finds_nothing_wrong_with_what_conforms(
    truthful: str, tmp_path: Path, profile: str, models: tuple[str, ...]
) -> None:
    """On a gateway that behaves as documented it ends with 0; the run is a selection that names its profile."""
    done = driving.run(truthful, tmp_path, f"--profile={profile}", models=models)
    assert done.code == 0, done.said
    assert done.verdicts <= {"conforms", "noted", "not applicable"}
    assert (done.run["profile"], done.run["partial"], done.run["stopped"]) == (profile, True, False)
    assert done.run["reported"] == done.run["planned"]
    assert not done.latest.is_symlink()
    text = (done.folder / "matrix.md").read_text(encoding="utf-8")
    assert f"profile {profile}" in done.said
    assert f"profile {profile}" in text


def test_a_profile_over_processes(truthful: str, tmp_path: Path) -> None:
    """With -n 2 it sends what it sends alone: at most 20 requests for each model."""
    before = driving.counted(truthful)
    done = driving.run(truthful, tmp_path, "--profile=smoke", "-n", "2", models=driving.NAMED[:2])
    assert done.code == 0, done.said
    models = [row["request"]["model"] for row in done.rows[1:]]
    assert len(models) == driving.counted(truthful) - before == done.run["requests"]
    assert max(models.count(each) for each in models) <= 20


def test_a_report_of_a_profile_names_it(truthful: str, tmp_path: Path) -> None:
    """The summary and the site's page of the run say which profile it was."""
    done = driving.run(truthful, tmp_path, "--profile=smoke", "-k", "chat.reply")
    driving.command("report", "runs/this", "--format=summary", cwd=tmp_path)
    driving.command("site", "runs/this", "--out=site", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "profile smoke" in (done.folder / "summary.md").read_text(encoding="utf-8")
    assert any("profile smoke" in page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html"))


def test_a_word_that_is_no_profile(truthful: str, tmp_path: Path) -> None:
    """One sentence that names the nearest, exit code 2, nothing sent; the same for a plan."""
    before = driving.counted(truthful)
    done = driving.run(truthful, tmp_path, "--profile=standart")
    planned = driving.command("plan", "--profile=standart", cwd=tmp_path)
    assert (done.code, planned.code) == (2, 2)
    assert "did you mean standard" in done.said
    assert driving.counted(truthful) == before
