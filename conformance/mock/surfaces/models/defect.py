"""The record of a defect of the lists of models: the seams that all fronts share, and the two lists."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json


@dataclass(frozen=True)
class ModelsDefect(Defect):
    """A defect of a list of models.

    Its own seams are the list in OpenAI's format, a record by itself, a page of the catalogue, and such a page for a request
    without a key.
    """

    surface: str = "models"
    listing: Callable[[Json], Json] | None = None
    record: Callable[[Json], Json] | None = None
    catalogue: Callable[[Json], Json] | None = None
    keyless: Callable[[Json], Json] | None = None
