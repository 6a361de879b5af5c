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
    """What a gateway supports, as one run saw it.

    A model is named by its id, or COLUMN:ID where two columns have that id; a parameter by its name, or SURFACE.NAME where two
    surfaces have that name.
    """

    data: Mapping[str, Any]

    def works(self, model: str, parameter: str) -> bool | Literal["partial"] | None:
        """Return whether a parameter works on a model; None where that is not known, also for what was not tested."""
        found: bool | Literal["partial"] | None = self._known(model, parameter).get("works")
        return found

    def limit(self, model: str, parameter: str) -> str | None:
        """Return the measured limit, spelt like "1-128" or ">=16"; None where there is none."""
        found: str | None = self._known(model, parameter).get("limit")
        return found

    def _known(self, model: str, parameter: str) -> Mapping[str, Any]:
        """What is known of a parameter on a model; raises UsageError for a name that stands for several."""
        models = self.data["models"]
        named = [model] if model in models else [known for known in models if known.partition(":")[2] == model]
        if len(named) > 1:
            raise UsageError(f"model {model!r} is in several columns", f"name it {' or '.join(named)}")
        entries = {_place(entry): entry for entry in models[named[0]].values()} if named else {}
        places = [place for place in entries if parameter in {place, place.partition(".")[2]}]
        if len(places) > 1:
            raise UsageError(f"parameter {parameter!r} is on several surfaces", f"name it {' or '.join(places)}")
        found: Mapping[str, Any] = entries[places[0]] if places else {}
        return found


def _place(entry: Mapping[str, Any]) -> str:
    """The surface and name of a parameter, which every claim about it begins with."""
    return str(next(iter(entry["claims"]))).rpartition(".")[0]


def load(path: str | Path) -> Support:
    """Return what a support.json says; raises UsageError for a file that is none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no support.json: {error}", "write one: conformance report RUN") from error
    if wrong := own_problem(data, "data/support"):
        raise UsageError(
            f"{path} is no support.json of this version: {wrong}", "write it again: conformance report RUN"
        )
    return Support(data)
