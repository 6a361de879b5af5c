"""Targets: the endpoints under test, as data.

Loading a target by name or file, placing its models in the contract's columns and reading its key live here.  A key is
read from the environment when it is needed and never stands in a record that could be printed.
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
from conformance.contract.loading import DEFAULT
from conformance.http.redaction import REDACTED, may_occur_by_chance
from conformance.target import keys

_SHIPPED = Path(__file__).parents[1] / "targets"
TEMPLATE = _SHIPPED / "template.toml"
_LETTING_IN = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie"})
_TELLING = re.compile("key|token|secret|auth|passw|cookie|credential|session|signature", re.IGNORECASE)


_UNMISTAKABLE = 16  # characters


@dataclass(frozen=True)
class TargetModel:
    """A model as a target names it: column, id and, where the id does not tell, the class; the price where it is known."""

    column: str
    id: str
    kind: str | None = None
    price: Price | None = None


@dataclass(frozen=True)
class Target:
    """An endpoint: where it is, which variable holds its key, which models stand for which column.

    `base_url` ends in /v1 as in the OpenAI SDK; an empty one asks for the embedded mock gateway.  `timeout` is in seconds.
    `surfaces` are those that it has; none named: all of its contract.  `patience` is for how many seconds an endpoint that
    refuses everything for its rate limit is waited for.
    """

    name: str
    title: str
    base_url: str
    api_key_env: str | None = None
    contract: str = DEFAULT
    concurrency: int = 8
    timeout: float = 120.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    patience: float = 600.0
    api_key_file: str | None = None
    models: tuple[TargetModel, ...] = ()
    surfaces: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def embedded(self) -> bool:
        return not self.base_url

    @property
    def host(self) -> str:
        """The name or number of the host that is asked."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def keyed(self) -> bool:
        """Whether the key is all that lets a request in: one is named, and no header of the target's own could do so."""
        return (
            bool(self.api_key_env or self.api_key_file) and not {name.lower() for name, _ in self.headers} & _LETTING_IN
        )

    def key(self) -> str | None:
        """The key, from its variable or file; one that is named and not there, or no key, is a configuration error."""
        if self.api_key_file is not None:
            return keys.from_file(self.api_key_file, self.name)
        return None if self.api_key_env is None else keys.from_variable(self.api_key_env, self.name)

    def secrets(self) -> list[str]:
        """What must never be written: the key, and the values of headers that could let a request in."""
        key = self.key()
        return [*([key] if key else []), *(part for pair in self.headers for part in _secret_parts(*pair))]

    def distinctive_key(self) -> str | None:
        """Return the key where a text that holds it shows that key and nothing else."""
        key = self.key() or ""
        return None if len(key) < _UNMISTAKABLE or may_occur_by_chance(key) else key

    def place_models(self, contract: Contract) -> tuple[Model, ...]:
        """The models in their columns and classes; none at all, or one twice, is a configuration error."""
        if not self.models:
            raise ConfigurationError(
                f"target {self.name} names no model", f"add --model {next(iter(contract.columns))}=MODEL_ID"
            )
        placed = tuple(contract.classify(each.column, each.id, each.kind) for each in self.models)
        twice = {str(each) for each in placed if [str(other) for other in placed].count(str(each)) > 1}
        if twice:
            raise ConfigurationError(f"model {twice.pop()} is named twice", "name each model of a column once")
        return placed


def _secret_parts(name: str, value: str) -> list[str]:
    """The secrets in a header: its value, without a scheme before it, and each cookie's; none where its name promises none."""
    if name.lower() not in _LETTING_IN and not _TELLING.search(name):
        return []
    parts = [value, value.partition(" ")[2], *(each.partition("=")[2] for each in value.split(";"))]
    return [each for part in parts if (each := part.strip())]


def load(name: str) -> Target:
    """Load a target by the name of a built-in one or the path of a TOML file (schema: schemas/data/target)."""
    path = _SHIPPED / f"{name}.toml"
    if not path.is_file() or name == "template":
        path = Path(name)
        if not path.is_file():
            near = nearest(name, built_in())
            hint = f"{near}{'' if near.endswith('?') else '.'} Or write a file: conformance target --init FILE"
            raise UsageError(f"target {name!r} is neither built in nor a file", hint)
    return from_data(load_toml(path, "target"))


def document(target: Target) -> dict[str, Any]:
    """The target as a file of schemas/data/target; of a header only the name, since its value may let somebody in."""
    rows = [
        {
            **{key: value for key, value in (("column", each.column), ("id", each.id), ("class", each.kind)) if value},
            **(_prices(each.price) if each.price else {}),
        }
        for each in target.models
    ]
    known = {key: value for key, value in asdict(target).items() if value is not None and value != ()}
    surfaces = {"surfaces": list(target.surfaces)} if target.surfaces else {}
    return {"schema": 1, **known, **surfaces, "models": rows, "headers": {name: REDACTED for name, _ in target.headers}}


def from_data(data: dict[str, Any]) -> Target:
    """The target that a checked TOML document describes."""
    rows = data.get("models", [])
    known = {key: value for key, value in data.items() if key not in {"schema", "models", "headers", "surfaces"}}
    surfaces = tuple(data.get("surfaces", ()))
    models = tuple(TargetModel(row["column"], row["id"], row.get("class"), _price(row)) for row in rows)
    for name, value in data.get("headers", {}).items():
        if not (name.isascii() and value.isascii() and name.isprintable() and value.isprintable()):
            raise UsageError(
                f"header {name} of target {data['name']} must be printable ASCII on one line", "write its value again"
            )
    return Target(**known, models=models, surfaces=surfaces, headers=tuple(data.get("headers", {}).items()))


def _prices(price: Price) -> dict[str, float]:
    return {"prompt_price": float(price.prompt), "completion_price": float(price.completion)}


def _price(row: Mapping[str, Any]) -> Price | None:
    if "prompt_price" not in row:
        return None
    return Price(Decimal(str(row["prompt_price"])), Decimal(str(row["completion_price"])))


def with_prices(target: Target, found: Mapping[str, Price]) -> Target:
    """The target with these prices, by model id, for the models whose price it does not know."""
    models = tuple(each if each.price else replace(each, price=found.get(each.id)) for each in target.models)
    return replace(target, models=models)


def adjust(
    target: Target,
    *,
    base_url: str | None = None,
    api_key_env: str | None = None,
    api_key_file: str | None = None,
    models: Iterable[str] = (),
    contract: str | None = None,
    concurrency: int | None = None,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
) -> Target:
    """The target with what the command line says in place of what its file says.

    Another base URL without another variable or file means no key, and no further headers either: a key is never sent to
    an endpoint it was not meant for.
    """
    if base_url is not None:
        place = _place(base_url)
        name = target.name or re.sub(r"[^a-z0-9.-]+", "-", place.lower()).strip("-")
        target = replace(
            target,
            name=name,
            title=target.title or base_url,
            base_url=base_url.rstrip("/"),
            api_key_env=None,
            api_key_file=None,
            headers=(),
        )
    if api_key_env is not None and api_key_file is not None:
        raise UsageError("--api-key-env and --api-key-file exclude each other", "name where the key is, once")
    if api_key_env is not None or api_key_file is not None:
        shown = None if api_key_file is None else keys.without_home(api_key_file)
        target = replace(target, api_key_env=api_key_env, api_key_file=shown)
    prices = {(each.column, each.id): each.price for each in target.models}
    named = tuple(parse_model(each) for each in models)
    named = tuple(replace(each, price=prices.get((each.column, each.id))) for each in named)
    return replace(
        target,
        models=named or target.models,
        contract=contract or target.contract,
        concurrency=concurrency or target.concurrency,
        requests_per_minute=requests_per_minute or target.requests_per_minute,
        tokens_per_minute=tokens_per_minute or target.tokens_per_minute,
    )


def parse_model(text: str) -> TargetModel:
    """A model from COLUMN=ID[,class=NAME]."""
    head, _, kind = text.partition(",class=")
    column, sign, model = head.partition("=")
    if not sign or not column or not model:
        raise UsageError(
            f"--model {text!r} is not COLUMN=ID[,class=NAME]", "write for example --model openai=gpt-4.1-mini"
        )
    return TargetModel(column, model, kind or None)


def _place(base_url: str) -> str:
    """Host and port of an address that can be asked, and that holds no password: it is written into every report."""
    parts = _split(base_url)
    beginning = re.split(r"[?#]", base_url.rpartition("@")[2])[0]  # what is around it may be a secret
    if parts is None:
        raise UsageError(
            f"--base-url {beginning!r} is not an http address", "give one such as https://gateway.example/v1"
        )
    if "?" in base_url or "#" in base_url:
        raise UsageError(
            "--base-url must end with its path, without ?... or #..., such as https://gateway.example/v1",
            "put a key into a variable, --api-key-env, or into a header of a target file",
        )
    if "@" in parts.netloc:
        raise UsageError("--base-url holds a user or password", "put the key into a variable: --api-key-env")
    return parts.netloc


def _split(base_url: str) -> SplitResult | None:
    """The parts of an address; None for one that is not of HTTP."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def built_in() -> list[str]:
    """The names of the targets that come with the package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml") if path != TEMPLATE)
