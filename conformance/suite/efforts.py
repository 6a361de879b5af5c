"""Whether a model thinks more with much effort than with little, told from several answers with each."""

from collections.abc import Sequence

from conformance.base.observation import Observation, honoured, ignored, unanswered

SAMPLES = 2  # of each effort; one pair would be in order by chance in half of all cases, two in a sixth


def compared(least: Sequence[int], most: Sequence[int], detail: str) -> Observation:
    """Return honoured if each answer with the most effort took more tokens than each with the least, ignored if none did.

    Anything between is no evidence, since how much a model thinks about the same question varies.
    """
    if min(most) > max(least):
        return honoured(detail)
    return ignored(detail) if max(most) <= min(least) else unanswered(f"{detail}: no clear order")
