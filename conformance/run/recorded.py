"""What a recorded run came to, for the cells that a replay must not judge.

Only the record lives here; it is read from the matrix of that run, which lies above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.run.tally import PreflightFacts
from conformance.trial.trial import Outcome


@dataclass(frozen=True)
class RecordedOutcomes:
    """The outcome of each cell by its name; those of cells that were judged in all their cases; how each model said it is.

    `preflights` are by surface and model.
    """

    cells: Mapping[str, Outcome] = field(default_factory=dict)
    judged: Mapping[str, Outcome] = field(default_factory=dict)
    preflights: Mapping[tuple[str, str], PreflightFacts] = field(default_factory=dict)
