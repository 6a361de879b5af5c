"""Gateways that do not lie but are poor: nothing may be held against them, and what they do give still counts."""

from collections.abc import Callable
from pathlib import Path

import driving
import pytest

from conformance.mock.defects.poor import POOR

CONCLUSIVE = 650  # of some 790 cells that apply: what a server enforces shows through


@pytest.mark.parametrize("name", POOR)
def test_nothing_is_held_against_a_poor_gateway(name: str, gateway: Callable[..., str], tmp_path: Path) -> None:
    """Whatever a weak model, a filter or trouble on the way withholds is no evidence; the rest is judged."""
    done = driving.run(gateway(defects=(name,)), tmp_path, models=driving.NAMED)
    assert (done.code, done.named("deviates"), done.named("differs")) == (0, set(), set()), done.said
    conclusive = done.named("conforms") | done.named("noted")
    assert len(conclusive) > CONCLUSIVE
