"""The fixture `supports`: tests of other people are skipped where a gateway lacks what they need.

Only pytest's side lives here: the ini keys, the skip, the failure.  What support.json says is read in `conformance.support`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import pytest

from conformance.base.errors import UsageError
from conformance.support import Support, load


@dataclass(frozen=True)
class Supports:
    """Skips the test that calls it with a parameter that does not work on the model."""

    support: Support
    model: str

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Return the fixture for the ini keys of a session; fail the test if they name no support.json."""
        file, model = str(config.getini("conformance_support")), str(config.getini("conformance_model"))
        if not file:
            pytest.fail("supports needs a support.json; set conformance_support = FILE for pytest", pytrace=False)
        folder = config.inipath.parent if config.inipath else config.invocation_params.dir
        try:
            return cls(load(folder / file), model)
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)

    def __call__(self, parameter: str, model: str = "") -> bool | Literal["partial"] | None:
        """Return what support.json says about a parameter: true, "partial", or None if it is not known; skip if false."""
        asked = model or self.model or self._only_model()
        try:
            works = self.support.works(asked, parameter)
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        if works is False:
            target = self.support.data["target"]
            pytest.skip(
                f"{parameter} does not work with {asked} on {target} (support.json of {self.support.data['date']})"
            )
        return works

    def _only_model(self) -> str:
        models = [name for name in self.support.data["models"] if not name.startswith("endpoint:")]
        if len(models) != 1:
            named = ", ".join(models) or "none"
            pytest.fail(f"supports must know the model; set conformance_model to one of: {named}", pytrace=False)
        return str(models[0])
