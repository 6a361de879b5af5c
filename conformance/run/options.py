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
    Option("target", "NAME|FILE", "endpoint to test; default: the embedded mock gateway"),
    Option("base-url", "URL", "base URL instead of the target's, ending in /v1"),
    Option("api-key-env", "VAR", "environment variable that holds the key"),
    Option("api-key-file", "FILE", "file that holds the key and nothing else"),
    Option("model", "COLUMN=ID[,class=NAME]", "model to test; repeatable", repeats=True),
    Option("contract", "NAME|FILE", "contract instead of the target's"),
    Option(
        "surface", "NAME", "surface to test, such as chat; repeatable; default: all that the target has", repeats=True
    ),
    Option("concurrency", "N", "send at most N requests at once", type=int),
    Option("requests-per-minute", "N", "send at most N requests a minute; fewer if the endpoint refuses", type=float),
    Option("tokens-per-minute", "N", "use at most N tokens a minute, of prompts and answers", type=float),
    Option(
        "too-long",
        "N",
        "test that each model refuses a prompt of N words, longer than its context; default: not tested",
        type=int,
    ),
    Option("shard", "I/N", "test the I-th of N parts; join the reports with report --merge"),
    Option("profile", "smoke|standard|full", "how many claims to test; default: full"),
    Option("samples", "N", "observe claims that depend on sampling N times, at most 20; default: once", type=int),
    Option("budget", "USD", "spend at most this; needs prices, see docs/cost.md", planned=False),
    Option("target-version", "TEXT", "version of the gateway, for the record", planned=False),
    Option("replay", "RUN", "judge a recorded run again with its settings; nothing is sent", planned=False),
    Option("resume", "RUN", "continue a run that did not finish; only missing requests are sent", planned=False),
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
