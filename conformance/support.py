"""Reading support.json, for programs that ask what works: `load(path).works("gpt-4.1", "logprobs")`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem


@dataclass(frozen=True)
class Support:
    """What a gateway supports, as one run saw it; a model is named by its id, or COLUMN:ID where two columns have that id."""

    data: Mapping[str, Any]

    def works(self, model: str, parameter: str) -> bool | Literal["partial"] | None:
        """Whether a parameter works on a model; None where that is not known, also for what was not tested."""
        found: bool | Literal["partial"] | None = self._about(model, parameter).get("works")
        return found

    def limit(self, model: str, parameter: str) -> str | None:
        """The measured limit, spelt like "1-128" or ">=16"; None where there is none."""
        found: str | None = self._about(model, parameter).get("limit")
        return found

    def _about(self, model: str, parameter: str) -> Mapping[str, Any]:
        models = self.data["models"]
        named = [model] if model in models else [each for each in models if each.partition(":")[2] == model]
        if len(named) > 1:
            raise UsageError(f"model {model!r} is in several columns", f"name it {' or '.join(named)}")
        found: Mapping[str, Any] = models[named[0]].get(parameter, {}) if named else {}
        return found


def load(path: str | Path) -> Support:
    """Read a support.json; raises UsageError for a file that is none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no support.json: {error}", "write one: conformance report RUN") from error
    if wrong := own_problem(data, "data/support"):
        raise UsageError(
            f"{path} is no support.json of this version: {wrong}", "write it again: conformance report RUN"
        )
    return Support(data)
