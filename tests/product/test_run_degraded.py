"""Gateways that do not lie but are degraded: nothing may be held against them, and what they do give still counts.

Those that need neither retries nor a clock are asked in process, in tests/mutation/test_degraded.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract import loading as contracts
from tests.support import driving
from tests.support.degraded import OVER_SOCKETS

MOSTLY = 0.75


SLOW = ("answers_slowly", "limits_the_rate")  # of which a run takes longer than of the others


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] if name in SLOW else []) for name in OVER_SOCKETS]
)
def test_nothing_is_held_against_a_degraded_gateway(name: str, gateway: Callable[..., str], tmp_path: Path) -> None:
    """Whatever trouble on the way withholds is no evidence; the rest is judged."""
    done = driving.run(gateway(defects=(name,)), tmp_path)
    assert (done.code, done.named("deviates"), done.named("differs")) == (0, set(), set()), done.said
    conclusive = done.named("conforms") | done.named("noted")
    assert len(conclusive) > MOSTLY * len(done.cells)


def test_of_what_follows_only_sometimes_more_is_known_by_samples(gateway: Callable[..., str], tmp_path: Path) -> None:
    """With --samples 5 nothing is held against it either, most of what depends on sampling is judged and counted.

    No other claim than those that are sampled is left without evidence.
    """
    base_url = gateway(defects=("follows_sometimes",))
    done = driving.run(base_url, tmp_path, "--samples=5", models=driving.NAMED[2:3])
    assert (done.code, done.named("deviates"), done.named("differs")) == (0, set(), set()), done.said
    assert done.run["samples"] == 5
    assert "samples: what depends on sampling was asked 5 times" in done.said
    sampled = [cell for cell in done.cells.values() if " of 5" in cell["detail"]]
    judged = [cell for cell in sampled if cell["verdict"] in {"conforms", "noted"}]
    assert len(judged) > MOSTLY * len(sampled) > 0
    assert any(", unanswered " in cell["detail"] for cell in judged)
    assert any(cell["detail"].startswith("mixed: ") or "too few answers: " in cell["detail"] for cell in sampled)
    claims = contracts.load("cometapi").claims
    silent = {cell["claim"] for cell in done.cells.values() if cell["verdict"] == "inconclusive"}
    # Nothing is left open but where a model ends a long answer by itself, which shows no cap.
    assert {each for each in silent if claims[each].majority is None} <= {"chat.max_tokens.default"}
