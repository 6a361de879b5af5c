"""The record of a defect of the lists of models: the seams that all fronts share, and the two lists."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json


@dataclass(frozen=True)
class ModelsDefect(Defect):
    """A defect of a list of models; its own seams are the list in OpenAI's format and a page of the catalogue."""

    surface: str = "models"
    listing: Callable[[Json], Json] | None = None
    catalogue: Callable[[Json], Json] | None = None
