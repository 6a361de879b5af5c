"""Whether official clients can use every documented feature of an API of the truthful mock gateway.

The Python clients are asked by the tests of the mock, the JavaScript clients by features.mjs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clients import javascript
from clients.asked import KEY
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "responses": "test_mock_responses_client.py",
    "messages": "test_mock_anthropic_client.py",
    "gemini": "test_mock_google_client.py",
}


@dataclass(frozen=True)
class Used:
    """A feature that a client used: in which language, its name, and why it failed, empty if it did not."""

    language: str
    name: str
    failed: str


def used(surface: str) -> Iterator[Used]:
    """Yield the features that the two official clients of an API used."""
    yield from in_python(surface)
    with running(Options(port=0, api_key=KEY)) as url:
        document = {"surface": surface, "address": url.removesuffix("/v1"), "key": KEY}
        for row in javascript.run("features.mjs", document):
            yield Used("JavaScript", row["name"], row["failed"])


def in_python(surface: str) -> Iterator[Used]:
    """Yield the features that the tests of the Python client use; raises SystemExit if there is no result."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", f"tests/mock/{TESTS[surface]}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not report.is_file():
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        cases = list(ElementTree.parse(report).iter("testcase"))
    if not cases:
        raise SystemExit(f"{' '.join(command)} ran no test:\n{done.stdout}{done.stderr}")
    for case in cases:
        bad = [case.find(kind) for kind in ("failure", "error", "skipped")]
        failed = next((row.get("message") or "failed" for row in bad if row is not None), "")
        name = case.attrib["name"].removeprefix("test_").replace("_", " ")
        yield Used("Python", name.replace("[False]", ", plain").replace("[True]", ", streamed"), failed[:200])
