"""The tally of one process: what it counted and heard beside its cases.

It crosses from a worker to the controller as a document, which is made and read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.run.spending import Spent


@dataclass(frozen=True)
class PreflightFacts:
    """What a model said of itself in the plain reply on one surface, and why it could not be asked there.

    `blocked` is None where the preflight passed; `exit_code` is what a failed one makes of the run's.
    """

    surface: str
    echoed: str | None = None
    fingerprint: str | None = None
    blocked: str | None = None
    exit_code: int = 0


@dataclass(frozen=True)
class Tally:
    """Requests sent, seconds waited for the rate limit, the end of the last exchange, the Server header, and what was used.

    `spent` is by model, `preflights` by surface and model, a model being named COLUMN:ID.  `ended` is in seconds of Unix time.
    `unreported` holds the evidence of cases that a stopped run did not wait for, by case.
    """

    requests: int = 0
    waited: float = 0.0
    ended: float | None = None
    server: str | None = None
    spent: Mapping[str, Spent] = field(default_factory=dict)
    preflights: Mapping[tuple[str, str], PreflightFacts] = field(default_factory=dict)
    unreported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the tally as what any serialiser takes."""
        return {
            "requests": self.requests,
            "waited": self.waited,
            "ended": self.ended,
            "server": self.server,
            "spent": {model: asdict(spent) for model, spent in self.spent.items()},
            "preflights": [{"model": model, **asdict(facts)} for (_, model), facts in self.preflights.items()],
            "unreported": {case: list(evidence) for case, evidence in self.unreported.items()},
        }

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Tally:
        """Return the tally that `document` wrote."""
        preflights = {}
        for row in data["preflights"]:
            facts = PreflightFacts(**{name: value for name, value in row.items() if name != "model"})
            preflights[facts.surface, str(row["model"])] = facts
        spent = {model: Spent(**counts) for model, counts in data["spent"].items()}
        unreported = {case: tuple(evidence) for case, evidence in data["unreported"].items()}
        return cls(data["requests"], data["waited"], data["ended"], data["server"], spent, preflights, unreported)
