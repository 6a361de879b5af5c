"""The fixture `supports`, in the tests of somebody who knows a gateway by its support.json only."""

from pathlib import Path

import pytest

from conformance.render.support import render
from tests.support import driving
from tests.support.matrices import cell, matrix

THEIRS = """\
def test_choices(supports):
    assert supports("n") is True

def test_stop(supports):
    supports("stop")
    raise AssertionError

def test_unknown(supports):
    assert supports("logprobs") is None

def test_other_model(supports):
    supports("n", model="claude:other")
    raise AssertionError
"""
MODEL = "conformance_model = gpt-4.1-mini\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a support.json of two models and tests."""
    cells = [
        cell("chat.n.limit", "conforms"),
        cell("chat.stop.text", "deviates", observed="ignored"),
        cell("chat.n.limit", "deviates", column="claude", model="other", observed="ignored"),
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "support.json").write_text(render(matrix(*cells)), encoding="utf-8")
    (tmp_path / "test_theirs.py").write_text(THEIRS, encoding="utf-8")
    return tmp_path


def outcome_of(project: Path, ini: str, *more: str) -> driving.Done:
    """Their tests with these ini keys."""
    (project / "pytest.ini").write_text(f"[pytest]\n{ini}", encoding="utf-8")
    return driving.python("-m", "pytest", "-p", "no:asyncio", "-rs", *more, cwd=project)


def test_what_is_not_supported_is_skipped_with_the_reason(project: Path) -> None:
    """What works is tested, and what is not known too: a skip would hide that nobody looked."""
    done = outcome_of(project, f"conformance_support = data/support.json\n{MODEL}", "--strict-config")
    assert done.code == 0, done.said
    assert "2 passed, 2 skipped" in done.said
    assert "stop does not work with gpt-4.1-mini on " in done.said
    assert "n does not work with claude:other on " in done.said
    assert not (project / "reports").exists()


def test_the_file_is_found_from_the_configuration(project: Path) -> None:
    """As other paths of it, wherever pytest is started."""
    (project / "below").mkdir()
    (project / "test_theirs.py").rename(project / "below" / "test_theirs.py")
    (project / "pytest.ini").write_text(f"[pytest]\nconformance_support = data/support.json\n{MODEL}", encoding="utf-8")
    done = driving.python("-m", "pytest", "-p", "no:asyncio", cwd=project / "below")
    assert "2 passed, 2 skipped" in done.said


@pytest.mark.parametrize(
    ("ini", "message"),
    [
        (MODEL, "supports needs a support.json; set conformance_support = FILE"),
        (f"conformance_support = nowhere.json\n{MODEL}", "nowhere.json cannot be read"),
        ("conformance_support = data/support.json\n", "to one of: openai:gpt-4.1-mini, claude:other"),
    ],
)
def test_what_is_missing_is_told(project: Path, ini: str, message: str) -> None:
    """A test that cannot know whether it applies fails, with the key to set."""
    done = outcome_of(project, ini, "-k", "choices")
    assert done.code == 1, done.said
    assert message in done.said
    assert "Traceback" not in done.said
