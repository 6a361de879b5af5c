"""The options of a run: `conformance run` and `plan` use these names, pytest the same with the prefix --conformance-.

The name, the value and one line of help of each option live here, and the record of the options that the user gave.  What a value
means and which values are valid is decided in `settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from conformance.target.targets import Target


@dataclass(frozen=True)
class Option:
    """One option; `key` is the name of its parameter, `planned` says whether `conformance plan` has it too."""

    name: str
    metavar: str
    help: str
    type: type = str
    repeats: bool = False
    planned: bool = True

    @property
    def key(self) -> str:
        return self.name.replace("-", "_") + ("s" if self.repeats else "")


SETTINGS = (
    Option(
        "target",
        "NAME|FILE",
        "endpoint to test, a built-in target or a target file; default: the embedded mock gateway",
    ),
    Option("base-url", "URL", "base URL of the endpoint, ending in /v1; default: the target's"),
    Option("api-key-env", "VAR", "environment variable that holds the key; default: the target's"),
    Option("api-key-file", "FILE", "file that holds the key and nothing else; default: none"),
    Option(
        "model",
        "COLUMN=ID[,class=NAME]",
        "model to test and its column; repeatable; default: the target's",
        repeats=True,
    ),
    Option("contract", "NAME|PATH", "contract to test, built in or a folder or file; default: the target's"),
    Option("surface", "NAME", "surface to test, such as chat; repeatable; default: all of the target", repeats=True),
    Option("concurrency", "N", "most requests in flight at once; default: the target's", type=int),
    Option(
        "requests-per-minute",
        "N",
        "most requests sent in a minute; default: the target's, else as many as the endpoint accepts",
        type=float,
    ),
    Option(
        "tokens-per-minute",
        "N",
        "most tokens requested in a minute, prompts and answers; default: the target's, else no limit",
        type=float,
    ),
    Option(
        "too-long",
        "N",
        "test that each model refuses a prompt of N words, more than its context holds; default: not tested",
        type=int,
    ),
    Option("shard", "I/N", "test only shard I of N, to be joined by conformance report --merge; default: everything"),
    Option("profile", "smoke|standard|full", "how much is tested; default: full"),
    Option("samples", "N", "test claims that depend on a model's sampling N times, 1 to 20; default: 1", type=int),
    Option(
        "budget", "USD", "most US dollars to spend; needs prices, see docs/cost.md; default: no limit", planned=False
    ),
    Option(
        "target-version", "TEXT", "version of the gateway, to be recorded in the matrix; default: none", planned=False
    ),
    Option("replay", "RUN", "judge a recorded run again, with its settings; sends nothing", planned=False),
    Option("resume", "RUN", "continue an incomplete run, with its settings; sends only what is missing", planned=False),
)

# The options that change the target.  They are not recorded as options, since the recorded target contains their values.
OF_TARGET = frozenset({"base_url", "api_key_env", "api_key_file", "models", "contract", "concurrency"})


@dataclass(frozen=True)
class Options:
    """The options that the user gave, by the keys of SETTINGS; None or empty for an option that was not given.

    `target` is a name, a file, or a target that is loaded already.
    """

    target: str | Target | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None
    models: tuple[str, ...] = ()
    contract: str | None = None
    surfaces: tuple[str, ...] = ()
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    too_long: int | None = None
    shard: str | None = None
    profile: str | None = None
    samples: int | None = None
    budget: str | None = None
    target_version: str | None = None
    replay: str | None = None
    resume: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the options of a command line or of a recording; lists become tuples."""
        options: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**options)

    def given(self) -> dict[str, Any]:
        """Return the options that were given, by key."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, ())}

    def recorded(self) -> dict[str, Any]:
        """Return the options to record: all that the recorded target does not contain."""
        kept = {name: value for name, value in self.given().items() if name not in OF_TARGET}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
