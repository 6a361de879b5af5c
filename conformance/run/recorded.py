"""The outcomes of a recorded run, for the cells that a replay or resume must not judge again.

Only the record lives here; it is filled from the matrix of that run in `results.recorded`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.run.tally import PreflightFacts
from conformance.trial.trial import Outcome


@dataclass(frozen=True)
class RecordedOutcomes:
    """The outcome of each cell by its id; of these, the cells that were judged in all their cases; and the preflights.

    `preflights` are by surface and model.  `mistakes` are the ids of the exchanges that only cases about mistakes asked for; None
    where the matrix of the run is missing.
    """

    cells: Mapping[str, Outcome] = field(default_factory=dict)
    judged: Mapping[str, Outcome] = field(default_factory=dict)
    preflights: Mapping[tuple[str, str], PreflightFacts] = field(default_factory=dict)
    mistakes: frozenset[str] | None = None
