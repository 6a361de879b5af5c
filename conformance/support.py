"""What a gateway supports, for programs: `load("support.json").works("gpt-4.1", "logprobs")`.

Only reading lives here; support.json is written by `conformance report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from conformance.base.errors import UsageError
from conformance.base.reading import read_json
from conformance.base.validation import own_problem


@dataclass(frozen=True)
class Support:
    """What a gateway supports according to one run.

    A model is named by its id, or COLUMN:ID if two columns have a model with this id; a parameter by its name, or SURFACE.NAME
    if two surfaces have a parameter with this name.  Both methods raise UsageError for a name that stands for several.
    """

    data: Mapping[str, Any]

    def works(self, model: str, parameter: str) -> bool | Literal["partial"] | None:
        """Return whether a parameter works on a model; None if that is not known, for instance because it was not tested."""
        works: bool | Literal["partial"] | None = self._entry(model, parameter).get("works")
        return works

    def limit(self, model: str, parameter: str) -> str | None:
        """Return the measured limit as text, like "1-128" or ">=16"; None if no limit was measured."""
        limit: str | None = self._entry(model, parameter).get("limit")
        return limit

    def _entry(self, model: str, parameter: str) -> Mapping[str, Any]:
        """Return the entry of a parameter on a model, empty if there is none."""
        models = self.data["models"]
        named = [model] if model in models else [known for known in models if known.partition(":")[2] == model]
        if len(named) > 1:
            raise UsageError(f"model {model!r} is in several columns", f"name it {' or '.join(named)}")
        entries = {_place(entry): entry for entry in models[named[0]].values()} if named else {}
        places = [place for place in entries if parameter in {place, place.partition(".")[2]}]
        if len(places) > 1:
            raise UsageError(f"parameter {parameter!r} is on several surfaces", f"name it {' or '.join(places)}")
        entry: Mapping[str, Any] = entries[places[0]] if places else {}
        return entry


def _place(entry: Mapping[str, Any]) -> str:
    """Return SURFACE.NAME of a parameter, with which every claim about it begins."""
    return str(next(iter(entry["claims"]))).rpartition(".")[0]


def load(path: str | Path) -> Support:
    """Read a support.json; raises UsageError for any other file."""
    data = read_json(Path(path), "a support.json", "write one: conformance report RUN")
    if wrong := own_problem(data, "data/support"):
        raise UsageError(
            f"{path} must be a support.json of this version: {wrong}", "write it again: conformance report RUN"
        )
    return Support(data)
