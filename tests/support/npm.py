"""Install tools of the tests from npm into the folder of a test, if npm is installed and reaches its registry."""

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds; then the test is skipped


def package(name: str, folder: Path) -> Path:
    """Install a package and return its node_modules directory; skip the test if it cannot be installed."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm must be installed to get {name}")
    # Without these npm retries an unreachable registry for many minutes.
    quick = ["--fetch-retries=0", "--fetch-timeout=10000"]
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", *quick, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm must install {name} in {PATIENCE:.0f} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {name}: {done.stderr[-200:]}")
    return folder / "node_modules"
