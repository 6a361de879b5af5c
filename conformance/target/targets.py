"""Targets: the endpoints under test, as data.

Loading a target by name or file, changing it by options, and finding the contract's class of its models live here.  A key is read
when it is needed and is never part of a record that could be printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.base.money import Price
from conformance.base.validation import load_toml
from conformance.contract.claims import Model
from conformance.contract.contract import Contract
from conformance.contract.loading import REFERENCE
from conformance.http.redaction import REDACTED, may_occur_by_chance
from conformance.target import headers, keys

_BUILT_IN = Path(__file__).parents[1] / "targets"
TEMPLATE = _BUILT_IN / "template.toml"

# Keys of a target file that are no field of a target as they stand.
_NESTED = frozenset({"schema", "models", "headers", "surfaces", "run"})

# Headers that can authorize a request instead of the key.
_AUTHORIZING = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie"})

# Parts of the names of headers whose value may be a secret.  The list is broad on purpose: a value that is removed from reports
# without need does no harm, a secret that stays in them does.
_SECRET_NAME = re.compile("key|token|secret|auth|passw|cookie|credential|session|signature", re.IGNORECASE)

# Characters of a key that no text contains by chance.  A reply that contains such a key reveals it, which is reported as a
# finding; a short key such as "test1234" could be in an innocent reply.  The keys of all providers have 32 characters and more.
_DISTINCTIVE_LENGTH = 16

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")  # as schemas/data/target has it
_OTHER_KEY = re.compile(r",\w+=")  # "x,clas=chat": a misspelt ",class=" must not become part of the model id


@dataclass(frozen=True)
class TargetModel:
    """A model of a target: its column, its id, its class if the id does not tell it, and its price if that is known.

    `version` is the version of the API that it is asked with, where that API has several; `surfaces` are those that it is asked
    on, if not those that are documented for its column.
    """

    column: str
    id: str
    kind: str | None = None
    price: Price | None = None
    version: str = ""
    surfaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunDefaults:
    """What a run of a target tests and may spend, where the command line does not say: profile, USD, samples, share, claims."""

    profile: str | None = None
    budget: float | None = None
    samples: int | None = None
    share: float | None = None
    claims: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the defaults as schemas/data/target has them, without those that are not set."""
        return {name: list(value) if name == "claims" else value for name, value in vars(self).items() if value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> RunDefaults:
        """Return the defaults of a validated table."""
        return cls(**{**data, "claims": tuple(data.get("claims", ()))})


@dataclass(frozen=True)
class Target:
    """An endpoint: where it is, where its key comes from, and which models are tested.

    `base_url` ends in /v1 as in the OpenAI SDK; an empty one means the embedded mock gateway.  `timeout` is the time limit of one
    exchange in seconds.  `surfaces` are those that the endpoint has; if empty, all of its contract.  `patience` is how many
    seconds a run waits while the endpoint refuses everything for its rate limit; for an outage it waits a fifth of that.
    """

    name: str
    title: str
    base_url: str
    api_key_env: str | None = None
    contract: str = REFERENCE
    concurrency: int = 8
    timeout: float = 120.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    patience: float = 600.0
    api_key_file: str | None = None
    models: tuple[TargetModel, ...] = ()
    surfaces: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    run: RunDefaults = RunDefaults()

    @property
    def embedded(self) -> bool:
        return not self.base_url

    def part(self, parts: int) -> Target:
        """Return the target with one of so many equal parts of its rates, for a process that cannot share them."""
        requests, tokens = (
            rate / parts if rate else rate for rate in (self.requests_per_minute, self.tokens_per_minute)
        )
        return replace(self, requests_per_minute=requests, tokens_per_minute=tokens)

    @property
    def host(self) -> str:
        """The host of the base URL, a name or an address."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def keyed(self) -> bool:
        """Whether only the key authorizes a request: a key is named, and no header of the target could authorize it instead."""
        return (
            bool(self.api_key_env or self.api_key_file)
            and not {name.lower() for name, _ in self.headers} & _AUTHORIZING
        )

    def key(self) -> str | None:
        """Return the key from its variable or file, None if none is named; raises ConfigurationError if it cannot be used."""
        if self.api_key_file is not None:
            return keys.from_file(self.api_key_file, self.name)
        return None if self.api_key_env is None else keys.from_variable(self.api_key_env, self.name)

    def secrets(self) -> list[str]:
        """Return what must never be written: the key, and the values of headers that may be secrets."""
        key = self.key()
        return [*([key] if key else []), *(part for pair in self.headers for part in _secret_parts(*pair))]

    def distinctive_key(self) -> str | None:
        """Return the key if a text that contains it certainly reveals it; else None."""
        key = self.key() or ""
        return None if len(key) < _DISTINCTIVE_LENGTH or may_occur_by_chance(key) else key

    def place_models(self, contract: Contract) -> tuple[Model, ...]:
        """Return the models with their classes; raises ConfigurationError if there is none or a duplicate."""
        if not self.models:
            hint = f"add --model {next(iter(contract.columns))}=MODEL_ID"
            raise ConfigurationError(f"target {self.name} must name at least one model", hint)
        placed = tuple(
            contract.classify(model.column, model.id, model.kind, model.version, model.surfaces)
            for model in self.models
        )
        names = [str(model) for model in placed]
        if duplicates := [name for name in names if names.count(name) > 1]:
            raise ConfigurationError(f"duplicate model {duplicates[0]}", "name each model of a column once")
        return placed


def _secret_parts(name: str, value: str) -> list[str]:
    """Return the secrets in a header: its value, the value without a scheme, and that of each cookie; by its name, or none."""
    if name.lower() not in _AUTHORIZING and not _SECRET_NAME.search(name):
        return []
    parts = [value, value.partition(" ")[2], *(cookie.partition("=")[2] for cookie in value.split(";"))]
    return [stripped for part in parts if (stripped := part.strip())]


def load(name: str) -> Target:
    """Load a built-in target by its name, or a target from a TOML file (schema: schemas/data/target) by its path."""
    path = _BUILT_IN / f"{name}.toml"
    if not path.is_file() or name == "template":
        path = Path(name)
        if not path.is_file():
            near = nearest(name, built_in())
            hint = f"{near}{'' if near.endswith('?') else '.'} Or write a file: conformance target --init FILE"
            raise UsageError(f"--target must be a built-in target or a file, got {name!r}", hint)
    target = from_data(load_toml(path, "target"))
    if target.base_url:
        _place(target.base_url, f"base_url of target {target.name}")
    headers.check(target.headers, target.name)
    return target


def document(target: Target) -> dict[str, Any]:
    """Return the target in the form of schemas/data/target, with the names of headers only, since their values may be secret."""
    rows = [
        {
            **{
                key: value
                for key, value in (
                    ("column", model.column),
                    ("id", model.id),
                    ("class", model.kind),
                    ("version", model.version),
                    ("surfaces", list(model.surfaces)),
                )
                if value
            },
            **(_prices(model.price) if model.price else {}),
        }
        for model in target.models
    ]
    known = {key: value for key, value in asdict(target).items() if value is not None and value != () and key != "run"}
    run = {"run": defaults} if (defaults := target.run.document()) else {}
    surfaces = {"surfaces": list(target.surfaces)} if target.surfaces else {}
    hidden = {name: REDACTED for name, _ in target.headers}
    return {"schema": 1, **known, **surfaces, "models": rows, "headers": hidden, **run}


def from_data(data: dict[str, Any]) -> Target:
    """Return the target that a validated TOML document describes."""
    rows = data.get("models", [])
    known = {key: value for key, value in data.items() if key not in _NESTED}
    surfaces = tuple(data.get("surfaces", ()))
    models = tuple(
        TargetModel(
            row["column"],
            row["id"],
            row.get("class"),
            _price(row),
            row.get("version", ""),
            tuple(row.get("surfaces", ())),
        )
        for row in rows
    )
    for model in models:
        _check_id(model.id, f"the id of a model of target {data['name']}")
    run = RunDefaults.from_data(data.get("run", {}))
    return Target(**known, models=models, surfaces=surfaces, headers=tuple(data.get("headers", {}).items()), run=run)


def _prices(price: Price) -> dict[str, float]:
    return {"prompt_price": float(price.prompt), "completion_price": float(price.completion)}


def _price(row: Mapping[str, Any]) -> Price | None:
    if "prompt_price" not in row:
        return None
    return Price(Decimal(str(row["prompt_price"])), Decimal(str(row["completion_price"])))


def with_prices(target: Target, prices: Mapping[str, Price]) -> Target:
    """Return the target with these prices, by model id, for models whose price it does not know."""
    models = tuple(model if model.price else replace(model, price=prices.get(model.id)) for model in target.models)
    return replace(target, models=models)


def adjust(
    target: Target,
    *,
    name: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    api_key_file: str | None = None,
    models: Iterable[str] = (),
    contract: str | None = None,
    concurrency: int | None = None,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
) -> Target:
    """Return the target with the values of the command line instead of those of its file.

    With another base URL the key and the headers of the file are dropped: a secret is never sent to an endpoint that it is not
    meant for.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError(
            f"--target-name must be lower-case letters, digits, dots, hyphens and underscores, the first no sign, got {name!r}",
            "it is part of the run directory's name",
        )
    if base_url is not None:
        place = _place(base_url, "--base-url")
        target = replace(
            target,
            name=target.name or re.sub(r"[^a-z0-9.-]+", "-", place.lower()).strip("-"),
            title=target.title or base_url,
            base_url=base_url.rstrip("/"),
            api_key_env=None,
            api_key_file=None,
            headers=(),
        )
    if api_key_env is not None and api_key_file is not None:
        raise UsageError("--api-key-env and --api-key-file cannot be combined", "give one of them")
    if api_key_env is not None and not keys.VARIABLE.fullmatch(api_key_env):
        # The value is not shown, because it may be the key itself.
        raise UsageError(
            "--api-key-env must be the name of a variable, made of letters, digits and _",
            "export MY_KEY=... and give --api-key-env MY_KEY",
        )
    if api_key_env is not None or api_key_file is not None:
        shown = None if api_key_file is None else keys.without_home(api_key_file)
        target = replace(target, api_key_env=api_key_env, api_key_file=shown)
    prices = {(model.column, model.id): model.price for model in target.models}
    chosen = tuple(parse_model(text) for text in models)
    chosen = tuple(replace(model, price=prices.get((model.column, model.id))) for model in chosen)
    return replace(
        target,
        name=name or target.name,
        models=chosen or target.models,
        contract=contract or target.contract,
        concurrency=concurrency or target.concurrency,
        requests_per_minute=requests_per_minute or target.requests_per_minute,
        tokens_per_minute=tokens_per_minute or target.tokens_per_minute,
    )


def fitted(target: Target, contract: Contract, *, chosen: bool) -> Target:
    """Return the target of the embedded mock gateway with what a contract has: its surfaces, and models of all its columns.

    A column of which the target has no model gets one of each class, called as the mock calls it.  Models that were `chosen` are
    kept as they are.
    """
    surfaces = tuple(name for name in target.surfaces if name in contract.surfaces)
    if chosen:
        return replace(target, surfaces=surfaces)
    known = tuple(model for model in target.models if _in_contract(model, contract))
    columns = {model.column for model in known}
    further = (
        TargetModel(kind.column, f"mock-{name}", name)
        for name, kind in contract.classes.items()
        if kind.column not in columns
    )
    return replace(target, models=(*known, *further), surfaces=surfaces)


def _in_contract(model: TargetModel, contract: Contract) -> bool:
    """Return whether a contract has the column, the class and one of the surfaces of a model, where they are named."""
    kind = contract.classes.get(model.kind) if model.kind else None
    return (
        model.column in contract.columns
        and (model.kind is None or (kind is not None and kind.column == model.column))
        and (not model.surfaces or bool(set(model.surfaces) & contract.surfaces.keys()))
    )


def parse_model(text: str) -> TargetModel:
    """Return the model that COLUMN=ID[,class=NAME][,version=DATE] describes."""
    head, _, version = text.partition(",version=")
    head, _, kind = head.partition(",class=")
    column, sign, model = head.partition("=")
    if not sign or not column or not model or _OTHER_KEY.search(model):
        raise UsageError(
            f"--model must be COLUMN=ID[,class=NAME][,version=DATE], got {text!r}",
            "for instance --model openai=gpt-4.1-mini",
        )
    _check_id(model, "the id of --model")
    return TargetModel(column, model, kind or None, version=version)


def _check_id(model: str, what: str) -> None:
    """Raise UsageError for an id that no report could name: with control characters, or white space at an end."""
    if not model.isprintable() or model != model.strip():
        raise UsageError(
            f"{what} must be printable, without blanks at its ends, got {model!r}", "write it as the endpoint does"
        )


def _place(base_url: str, where: str) -> str:
    """Return host and port of the base URL that `where` names; raises UsageError for one that is invalid or contains a secret.

    It must not contain a secret because it is written to every report.
    """
    parts = _split(base_url)
    shown = re.split(r"[?#]", base_url.rpartition("@")[2])[0]  # without the parts that may be a secret
    if parts is None:
        message = f"{where} must be an http or https address, got {shown!r}"
        raise UsageError(message, "for instance https://gateway.example/v1")
    if "?" in base_url or "#" in base_url:
        raise UsageError(
            f"{where} must end with its path, without ?... or #...",
            "write for instance https://gateway.example/v1, and put a key into a variable (--api-key-env)",
        )
    if "@" in parts.netloc:
        raise UsageError(f"{where} must not contain a user or password", "put the key into a variable: --api-key-env")
    return parts.netloc


def _split(base_url: str) -> SplitResult | None:
    """Return the parts of an HTTP address; None for anything else."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and base_url.isprintable() and " " not in base_url else None


def built_in() -> list[str]:
    """Return the names of the targets that come with the package."""
    return sorted(path.stem for path in _BUILT_IN.glob("*.toml") if path != TEMPLATE)
