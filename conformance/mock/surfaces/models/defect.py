"""The record of a defect of the lists of models: the seams of every front, and the two lists."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json


@dataclass(frozen=True)
class ModelsDefect(Defect):
    """A way to lie about models; the seams of its own are the list in OpenAI's shape and a page of the catalogue."""

    surface: str = "models"
    listing: Callable[[Json], Json] | None = None
    catalogue: Callable[[Json], Json] | None = None
