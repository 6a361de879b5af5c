"""What a recorded run came to, for the cells that a replay must not judge.

Only the record lives here; it is read from the matrix of that run, which lies above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.trial.trial import Outcome


@dataclass(frozen=True)
class Recorded:
    """The outcome of each cell by its name; those of cells that were judged in all their cases; the facts of each model."""

    cells: Mapping[str, Outcome] = field(default_factory=dict)
    settled: Mapping[str, Outcome] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
