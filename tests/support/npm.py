"""Tools of the tests that come from npm: fetched once into a test's own folder, where npm is there and reaches its registry."""

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE = 120.0  # seconds, after which a test is skipped: a registry that cannot be reached may say nothing for long


def package(name: str, folder: Path) -> Path:
    """The directory node_modules that holds a package; the test is skipped where it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"there is no npm to get {name} with")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not bring {name} in {PATIENCE:.0f} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot bring {name}: {done.stderr[-200:]}")
    return folder / "node_modules"
