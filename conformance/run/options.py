"""The options that the user gave for a run.

What a value means and which values are valid is decided in `settings`; names and help texts are in `option_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from conformance.target.targets import Target

# The options that change the target.  They are not recorded as options, since the recorded target contains their values.
OF_TARGET = frozenset({"target_name", "base_url", "api_key_env", "api_key_file", "models", "contract", "concurrency"})


@dataclass(frozen=True)
class Options:
    """The options that the user gave, by the keys of SETTINGS in `option_table`; None or empty for an option that was not given.

    `target` is a name, a file, or a target that is loaded already.
    """

    target: str | Target | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    api_key_file: str | None = None
    models: tuple[str, ...] = ()
    contract: str | None = None
    surfaces: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    too_long: int | None = None
    shard: str | None = None
    profile: str | None = None
    samples: int | None = None
    share: float | None = None
    budget: str | None = None
    target_name: str | None = None
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
