"""Install tools of the tests from npm into the folder of a test, if npm is installed and reaches its registry."""

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE = 120.0  # seconds; then the test is skipped, because npm retries an unreachable registry for many minutes


def package(name: str, folder: Path) -> Path:
    """Install a package and return its node_modules directory; skip the test if it cannot be installed."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm must be installed to get {name}")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm must install {name} in {PATIENCE:.0f} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {name}: {done.stderr[-200:]}")
    return folder / "node_modules"
