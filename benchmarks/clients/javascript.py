"""The clients in JavaScript: installed by npm into a folder of this user's cache, and run by node there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clients.asked import BODIES, COUNT, GEMINI_CITY, MODELS, TOOL, WEATHER, Json

PACKAGES = {
    "responses": ("openai", "@ai-sdk/openai"),
    "messages": ("@anthropic-ai/sdk", "@ai-sdk/anthropic"),
    "gemini": ("@google/genai", "@ai-sdk/google"),
}
AI_SDK = "ai"
HERE = Path(__file__).parent
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": list(GEMINI_CITY["required"])}


def folder() -> Path:
    """Return the folder with the clients."""
    return cached("conformance-clients", [AI_SDK, *(name for names in PACKAGES.values() for name in names)])


def cached(name: str, packages: Sequence[str]) -> Path:
    """Return a folder of this user's cache with packages; npm installs those that are missing."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / name
    missing = [package for package in packages if not (home / "node_modules" / package).is_dir()]
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", *missing], check=True)
    return home


def installed_version(home: Path, package: str) -> str:
    """Return the version of a package in a folder."""
    row = json.loads((home / "node_modules" / package / "package.json").read_text(encoding="utf-8"))
    return str(row["version"])


def versions(surface: str) -> list[str]:
    """Return the clients of an API with their versions."""
    return [f"{name} {installed_version(folder(), name)}" for name in (*PACKAGES[surface], AI_SDK)]


def run(program: str, document: Json) -> list[Any]:
    """Run a program of this folder with a JSON document, and return the lines of JSON that it prints."""
    placed = folder() / program  # node looks for packages beside the program
    shutil.copyfile(HERE / program, placed)
    done = subprocess.run(
        ["node", str(placed)], input=json.dumps(document), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"node {program} ended with {done.returncode}:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def made_of(surface: str, address: str, bases: list[str]) -> list[Json]:
    """Return what the clients of an API make of streams, each that of a number below an address."""
    document = {
        "surface": surface,
        "model": MODELS[surface],
        "address": address,
        "tools": {"name": TOOL, "schema": SCHEMA, "prompt": WEATHER, "count": COUNT},
        "rows": [{"number": number, "base": base, "body": BODIES[surface][base]} for number, base in enumerate(bases)],
    }
    return run("streams.mjs", document)
