"""Nothing is held against a gateway that is degraded and does not lie, and the rest still counts; all models are asked by the
mutation run.
"""

import pytest

from tests.mutation import asking, degrading
from tests.support.degraded import CONCLUSIVE


@pytest.mark.parametrize("mode", degrading.MODES)
def test_nothing_is_held_against_a_degraded_gateway(mode: str) -> None:
    """What a weak model or a filter withholds is no evidence; the rest is judged."""
    with asking.repeatable_replies():
        cells = degrading.cells(mode, degrading.cases_of_one_model())
    assert degrading.held_against(cells) == {}
    assert sum(cell.verdict in {"conforms", "noted"} for cell in cells.values()) > CONCLUSIVE
