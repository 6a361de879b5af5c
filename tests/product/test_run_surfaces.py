"""`conformance run --surface NAME`, and the surfaces of a target: what is asked, and what becomes of such runs afterwards."""

from pathlib import Path

import pytest

from tests.support import driving
from tests.support.driving import Done

LISTS = ("--surface=models",)


@pytest.fixture(scope="module")
def lists(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run of the lists of models only."""
    return driving.run(truthful, tmp_path_factory.mktemp("lists"), *LISTS)


def test_a_surface_is_asked_alone(lists: Done) -> None:
    """With the plain request of the model that stands in for the endpoint, and nothing else of another surface."""
    assert lists.code == 0, lists.said
    assert {name.partition(".")[0] for name in lists.cells} == {"models"}
    assert lists.run["contract"]["surfaces"] == ["models"]
    assert lists.run["partial"]
    assert not lists.latest.is_symlink()
    assert [row["request"]["surface"] for row in lists.rows[1:]].count("chat") == 1


def test_an_unknown_surface_is_a_usage_error(tmp_path: Path) -> None:
    """The nearest name is told."""
    done = driving.command("run", "--surface=caht", cwd=tmp_path)
    assert done.code == 2
    assert "--surface must be in contract cometapi, got 'caht'; did you mean chat?" in done.said


def test_a_surface_without_a_model_is_a_configuration_error(tmp_path: Path) -> None:
    """It says which column the surface is documented for."""
    done = driving.command(
        "run", "--surface=messages", "--base-url=http://127.0.0.1:1/v1", "--model=openai=x", cwd=tmp_path
    )
    assert done.code == 3
    assert "--surface messages needs a model of column claude" in done.said
    assert "add --model claude=MODEL_ID" in done.said


def test_the_selection_is_recorded(lists: Done, tmp_path: Path) -> None:
    """A replay and a resume are of the same surfaces."""
    replayed = driving.command("run", f"--replay={lists.folder}", "--out=runs/this", cwd=tmp_path)
    assert replayed.code == 0, replayed.said
    assert replayed.judged == lists.judged
    resumed = driving.command("run", f"--resume={lists.folder}", cwd=tmp_path)
    assert resumed.code == 0, resumed.said


def test_shards_of_a_selection_merge_into_a_selection(truthful: str, tmp_path: Path) -> None:
    """All shards of one surface are not the whole contract."""
    for number in (1, 2):
        driving.run(truthful, tmp_path, *LISTS, f"--shard={number}/2", f"--out={number}")
    merged = driving.command("report", "--merge", "1", "2", "--out=runs/this", cwd=tmp_path)
    assert merged.code == 0, merged.said
    assert merged.run["partial"]
    assert merged.run["contract"]["surfaces"] == ["models"]


def test_a_target_has_surfaces_of_its_own(truthful: str, tmp_path: Path) -> None:
    """What it does not have is not asked, and its run is whole without it; no other surface can be chosen."""
    lines = ["schema = 1", 'name = "few"', 'title = "Few"', f'base_url = "{truthful}"', 'surfaces = ["models"]']
    lines += [f'api_key_env = "{driving.VARIABLE}"', "[[models]]", 'column = "openai"', 'id = "mock-openai"']
    (tmp_path / "few.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = driving.command("run", "--target=few.toml", "--out=runs/this", cwd=tmp_path)
    assert {name.partition(".")[0] for name in done.cells} == {"models"}
    assert not done.run["partial"]
    other = driving.command("run", "--target=few.toml", "--surface=chat", cwd=tmp_path)
    assert other.code == 2
    assert "--surface must be one that target few has, got 'chat'" in other.said
