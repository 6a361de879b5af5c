"""The facts of a run as frozen records.

Only `from_document` and `document` know JSON: they read and write the run facts of matrix.json (schema: schemas/data/matrix),
those of older runs included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from conformance.base.observation import make_printable
from conformance.contract.claims import Cost
from conformance.http.source import Death
from conformance.results.cost import CostFacts
from conformance.run.shards import Shard, parse
from conformance.run.tally import PreflightFacts

EMBEDDED = "mock"  # the mode of a run against the embedded mock gateway


@dataclass(frozen=True)
class ClientFacts:
    """A program that speaks an API, and the ids of the claims that it relies on."""

    title: str
    surface: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class ContractFacts:
    """The contract of a run, those of its surfaces that were tested, and the clients that speak them."""

    name: str
    surfaces: tuple[str, ...]
    digest: str
    clients: tuple[ClientFacts, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {', '.join(self.surfaces)}"

    def document(self) -> dict[str, Any]:
        document = {"name": self.name, "surfaces": list(self.surfaces), "digest": self.digest}
        clients = [{**vars(client), "claims": list(client.claims)} for client in self.clients]
        return {**document, "clients": clients} if clients else document

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> ContractFacts:
        """Return the contract that `document` wrote; older runs name their main surface only."""
        surfaces = data["surfaces"] if "surfaces" in data else [data["surface"]]
        clients = tuple(
            ClientFacts(row["title"], row["surface"], tuple(row["claims"])) for row in data.get("clients", ())
        )
        return cls(data["name"], tuple(surfaces), data["digest"], clients)


@dataclass(frozen=True)
class ModelFacts:
    """A model of the run and its preflights, one for each surface that it was tested on."""

    column: str
    id: str
    kind: str
    preflights: tuple[PreflightFacts, ...] = ()
    version: str = ""

    def __str__(self) -> str:
        return f"{self.column}:{self.id}"

    @property
    def kind_and_version(self) -> str:
        """The class of the model, with the version of the API that it was asked with, if the target names one."""
        return f"{self.kind}, version {self.version}" if self.version else self.kind

    @property
    def echoed(self) -> str | None:
        """The model that the plain reply named on the first surface."""
        return self._first.echoed

    @property
    def fingerprint(self) -> str | None:
        """The system_fingerprint of the plain reply on the first surface."""
        return self._first.fingerprint

    @property
    def blocked(self) -> tuple[PreflightFacts, ...]:
        """The preflights that failed."""
        return tuple(preflight for preflight in self.preflights if preflight.blocked)

    @property
    def unreachable(self) -> bool:
        """Whether the endpoint could not be reached for this model on any surface."""
        return bool(self.preflights) and all(
            preflight.blocked and preflight.exit_code == 4 for preflight in self.preflights
        )

    @property
    def where_blocked(self) -> str:
        """The model, with the surfaces on which it is blocked unless it is blocked on all."""
        surfaces = ", ".join(preflight.surface for preflight in self.blocked)
        return str(self) if len(self.blocked) == len(self.preflights) else f"{self} on {surfaces}"

    @property
    def _first(self) -> PreflightFacts:
        return self.preflights[0] if self.preflights else PreflightFacts("")

    def document(self) -> dict[str, Any]:
        """Return the model as matrix.json has it: facts of its first surface, blocked if any surface is, then each surface."""
        blocked = self.blocked[0] if self.blocked else self._first
        return {
            "column": self.column,
            "id": self.id,
            "class": self.kind,
            **({"version": self.version} if self.version else {}),
            "echoed": self.echoed,
            "fingerprint": self.fingerprint,
            "blocked": blocked.blocked,
            "exit_code": blocked.exit_code,
            "surfaces": [asdict(preflight) for preflight in self.preflights],
        }

    @classmethod
    def from_document(cls, data: Mapping[str, Any], surface: str) -> ModelFacts:
        """Return the model that `document` wrote; older runs tested it on their main `surface` only."""
        old = {name: data[name] for name in ("echoed", "fingerprint", "blocked", "exit_code")}
        rows = data.get("surfaces", [{"surface": surface, **old}])
        preflights = tuple(PreflightFacts(**row) for row in rows)
        return cls(data["column"], data["id"], data["class"], preflights, data.get("version", ""))


@dataclass(frozen=True)
class RunFacts:
    """What a run tested and how it went.

    `mode` is live or mock.  Times are UTC as in matrix.json, `waited` is in seconds, `planned` and `reported` count cases.
    `partial` is whether only a part of the contract was selected, `stopped` whether the run ended before all planned cases were
    reported.  `died` says what ended an endpoint that stopped answering.
    `cases` is the number of cases of the whole run if this is a `shard` of it.  Every text is printable, whoever wrote the file
    that it was read from.
    """

    suite_version: str
    target: str
    base_url: str
    api_key_env: str | None
    target_version: str | None
    contract: ContractFacts
    models: tuple[ModelFacts, ...]
    mode: str
    started: str
    ended: str
    planned: int
    reported: int
    requests: int
    partial: bool
    stopped: bool
    api_key_file: str | None = None
    samples: int = 1
    share: float | None = None
    waited: float = 0.0
    cost: CostFacts | None = None
    profile: Cost = Cost.FULL
    died: Death | None = None
    shard: Shard | None = None
    cases: int | None = None

    def __post_init__(self) -> None:
        make_printable(self)

    @property
    def embedded(self) -> bool:
        """Whether the run was against the embedded mock gateway."""
        return self.mode == EMBEDDED

    @property
    def whole(self) -> bool:
        """Whether the whole contract was tested and the run was not stopped."""
        return not self.partial and not self.stopped

    @property
    def unanswered(self) -> bool:
        """Whether no model answered on any surface, so that nothing is known of any of them."""
        return bool(self.models) and all(
            model.preflights and len(model.blocked) == len(model.preflights) for model in self.models
        )

    def document(self) -> dict[str, Any]:
        """Return the facts as matrix.json has them."""
        return {
            "suite_version": self.suite_version,
            "target": self.target,
            "base_url": self.base_url,
            "api_key_env": self.api_key_env,
            **({} if self.api_key_file is None else {"api_key_file": self.api_key_file}),
            "target_version": self.target_version,
            "contract": self.contract.document(),
            "models": [model.document() for model in self.models],
            "mode": self.mode,
            "samples": self.samples,
            **({} if self.share is None else {"share": self.share}),
            "started": self.started,
            "ended": self.ended,
            "planned": self.planned,
            "reported": self.reported,
            "requests": self.requests,
            "waited": self.waited,
            **({} if self.cost is None else {"cost": self.cost.document()}),
            "profile": self.profile.value,
            "partial": self.partial,
            "stopped": self.stopped,
            **({} if self.died is None else {"died": self.died.document()}),
            **({} if self.shard is None else {"shard": str(self.shard), "cases": self.cases}),
        }

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> RunFacts:
        """Return the facts that `document` wrote, or those of an older run, with defaults for what was added since."""
        contract = ContractFacts.from_document(data["contract"])
        main = contract.surfaces[0] if contract.surfaces else ""
        return cls(
            **{
                **data,
                "contract": contract,
                "models": tuple(ModelFacts.from_document(row, main) for row in data["models"]),
                "cost": CostFacts.from_document(data["cost"]) if "cost" in data else None,
                "profile": Cost(data.get("profile", Cost.FULL)),
                "died": Death.from_document(data["died"]) if "died" in data else None,
                "shard": parse(data["shard"]) if "shard" in data else None,
            }
        )
