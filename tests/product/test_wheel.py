"""The wheel: what it carries, and that an installed copy works away from the checkout."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support import driving
from tests.support.driving import Done

ROOT = Path(__file__).parents[2]
DATA = {"conformance/contracts": "*.toml", "conformance/targets": "*.toml", "schemas": "*.json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    pytest.importorskip("hatchling", reason="the wheel is built without network, by the hatchling that is installed")
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-q", "-w", folder, ROOT], cwd=folder, check=True, timeout=driving.TIMEOUT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip lays it out."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, "-q", "--target", folder, wheel], cwd=folder, check=True, timeout=driving.TIMEOUT)
    return folder


def test_it_carries_everything(wheel: Path) -> None:
    """Every module, contract, target and schema of the checkout is in it, and the settings of pytest."""
    with ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "conformance").rglob("*.py")}
    data = {str(path.relative_to(ROOT)) for folder, kind in DATA.items() for path in (ROOT / folder).rglob(kind)}
    shipped = {f"conformance/{name}" if name.startswith("schemas/") else name for name in data}
    assert modules | shipped <= inside
    assert "conformance/schemas/data/matrix.schema.json" in inside


def test_it_carries_nothing_else(wheel: Path) -> None:
    """Neither tests nor runs nor compiled files are in it."""
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"conformance", "llm_conformance"}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name or "runs/" in name]


def run_installed(installed: Path, cwd: Path, *arguments: str) -> Done:
    """A command of the installed copy, whose folder comes before the checkout's."""
    return driving.python(*arguments, cwd=cwd, PYTHONPATH=str(installed))


def test_the_installed_copy_runs(installed: Path, alone: tuple[Done, int], tmp_path: Path) -> None:
    """From an empty folder it judges the embedded mock gateway as the checkout does."""
    chosen = [driving.NAMED[2], "--surface=chat", "--surface=models", "--out=runs/this"]
    done = run_installed(installed, tmp_path, "-m", "conformance", "run", *chosen)
    assert done.code == 0, done.said
    theirs = {name: cell for name, cell in alone[0].judged.items() if name.rpartition(":")[0].endswith("claude")}
    assert done.judged.items() >= theirs.items()
    assert {path.name for path in tmp_path.iterdir()} <= {"runs", ".pytest_cache"}


def test_it_is_the_installed_copy_that_runs(installed: Path, tmp_path: Path) -> None:
    """Package, schemas, contracts, suite and mock are all found in the installed folder."""
    program = (
        "import conformance.cli, conformance.base.validation, conformance.suite.chat, conformance.mock.server.app\n"
    )
    program += "import conformance.contract.loading, conformance.target.targets, sys\n"
    program += "conformance.contract.loading.load('cometapi'), conformance.target.targets.load('mock')\n"
    program += "conformance.base.validation.own_problem({}, 'data/matrix')\n"
    program += "print({module.__file__ for name, module in sys.modules.items() if name.startswith('conformance')})\n"
    done = run_installed(installed, tmp_path, "-c", program)
    assert done.code == 0, done.said
    assert done.out.count(str(installed)) > 10
    assert str(ROOT / "conformance") not in done.out


def test_its_commands_work(installed: Path, tmp_path: Path) -> None:
    """Contract check, target --init and the mock's defects work from the installed copy."""
    for arguments in (["contract", "--coverage"], ["target", "--init", "mine.toml"], ["mock", "--list-defects"]):
        done = run_installed(installed, tmp_path, "-m", "conformance", *arguments)
        assert done.code == 0, done.said
