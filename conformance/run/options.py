"""The options of a run, once: `conformance run` and `plan` take them short, pytest with the prefix --conformance-.

What an option is called, what it takes and one line of help live here, and the record that carries what was given.  What a
value means and which are usable is said in `settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from conformance.target.targets import Target


@dataclass(frozen=True)
class Option:
    """One option; `key` is the name of the parameter that gets it, `planned` whether `conformance plan` takes it too."""

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
    Option("target", "NAME|FILE", "endpoint under test; default: the embedded mock gateway"),
    Option("base-url", "URL", "base URL in place of the target's, ending in /v1"),
    Option("api-key-env", "VAR", "environment variable that holds the key"),
    Option("api-key-file", "FILE", "file that holds the key and nothing else"),
    Option("model", "COLUMN=ID[,class=NAME]", "model to test; repeatable", repeats=True),
    Option("contract", "NAME|FILE", "contract in place of the target's"),
    Option(
        "surface", "NAME", "surface to test, such as chat; repeatable; default: all that the target has", repeats=True
    ),
    Option("concurrency", "N", "requests in flight at once", type=int),
    Option(
        "requests-per-minute", "N", "requests sent in a minute at most; less where the endpoint refuses", type=float
    ),
    Option("tokens-per-minute", "N", "tokens asked for in a minute at most, prompts and answers", type=float),
    Option(
        "too-long",
        "N",
        "ask each model to refuse a prompt of N words, more than its context holds; not asked without",
        type=int,
    ),
    Option("shard", "I/N", "the I-th of N parts, for a report --merge of all of them"),
    Option("profile", "smoke|standard|full", "how much is asked: smoke, standard or full; default: full"),
    Option("samples", "N", "ask what depends on a model's sampling N times, at most 20; default: once", type=int),
    Option("budget", "USD", "stop before more than this is spent; needs prices, see docs/cost.md", planned=False),
    Option("target-version", "TEXT", "version of the gateway, for the record", planned=False),
    Option("replay", "RUN", "judge a recorded run again: nothing is sent, its settings are used", planned=False),
    Option(
        "resume", "RUN", "go on with a run that did not come to its end: only what is missing is sent", planned=False
    ),
)

OF_TARGET = frozenset(
    {"base_url", "api_key_env", "api_key_file", "models", "contract", "concurrency"}
)  # what a recorded target says itself


@dataclass(frozen=True)
class Options:
    """What was given for a run, by the keys of SETTINGS; None, or nothing, where an option was left out.

    `target` is a name, a file, or a target that is at hand.
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
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return the options of a command line, or of a recording; lists become tuples."""
        rows: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        return cls(**rows)

    def given(self) -> dict[str, Any]:
        """Return the options that were given, by key."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value not in (None, ())}

    def recorded(self) -> dict[str, Any]:
        """Return what a recording keeps of them: all that the recorded target does not say itself."""
        kept = {name: value for name, value in self.given().items() if name not in OF_TARGET}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
