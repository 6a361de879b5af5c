"""The tally of one process: what it counted and learnt in addition to the results of its cases.

It is sent from a worker to the controller as a document, which only this module writes and reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.http.source import Death
from conformance.run.spending import Spent


@dataclass(frozen=True)
class PreflightFacts:
    """The result of a model's preflight on one surface: the names it gave itself, or why it could not be tested.

    `blocked` is the reason of a failed preflight, None if it passed; `exit_code` is the exit code that a failed one suggests.
    """

    surface: str
    echoed: str | None = None
    fingerprint: str | None = None
    blocked: str | None = None
    exit_code: int = 0


@dataclass(frozen=True)
class Tally:
    """What one process counted.

    `requests` is the number of requests sent, `waited` the seconds waited for the rate limit, `ended` the end of the last
    exchange in seconds of Unix time, `server` the Server header.  `spent` is by model (COLUMN:ID), `preflights` by surface and
    model. `unreported` holds, by case, the evidence of cases that a stopped run did not wait for.  `death` is the end of an
    endpoint that stopped answering.
    """

    requests: int = 0
    waited: float = 0.0
    ended: float | None = None
    server: str | None = None
    spent: Mapping[str, Spent] = field(default_factory=dict)
    preflights: Mapping[tuple[str, str], PreflightFacts] = field(default_factory=dict)
    unreported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    death: Death | None = None

    def document(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        return {
            "requests": self.requests,
            "waited": self.waited,
            "ended": self.ended,
            "server": self.server,
            "spent": {model: asdict(spent) for model, spent in self.spent.items()},
            "preflights": [{"model": model, **asdict(facts)} for (_, model), facts in self.preflights.items()],
            "unreported": {case: list(evidence) for case, evidence in self.unreported.items()},
            "death": None if self.death is None else self.death.document(),
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
        death = None if data["death"] is None else Death.from_document(data["death"])
        counted = data["requests"], data["waited"], data["ended"], data["server"]
        return cls(*counted, spent, preflights, unreported, death)
