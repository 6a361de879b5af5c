"""The prompt that is too long: asked for only where a run says so, since it costs where it fits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import driving

CELL = "chat.error.too_long@openai:mock-openai"


@pytest.mark.parametrize("further", [(), ("-n", "2")])
def test_a_run_that_asks_for_it(gateway: Callable[..., str], tmp_path: Path, further: tuple[str, ...]) -> None:
    """With --too-long there is one case for each model, also where workers share the run."""
    done = driving.run(gateway(), tmp_path, "--too-long=17000", "-k", "too_long", *further, models=driving.NAMED)
    assert done.code == 0, done.said
    assert done.named("conforms") == {
        f"chat.error.too_long@{each.split('=', 1)[1].replace('=', ':')}" for each in driving.NAMED
    }
    assert done.cells.keys() == done.named("conforms")


def test_a_run_and_a_plan_that_do_not(gateway: Callable[..., str], tmp_path: Path) -> None:
    """Without it nothing of the kind is planned, and a selection of it is empty."""
    url = gateway()
    done = driving.run(url, tmp_path, "-k", "too_long")
    assert (done.code, driving.counted(url)) == (5, 0)
    assert "nothing selected" in done.said


def test_a_prompt_that_fits_is_no_verdict(gateway: Callable[..., str], tmp_path: Path) -> None:
    """The model took it, so it was not too long, and the run says what to do."""
    done = driving.run(gateway(), tmp_path, "--too-long=50", "-k", "too_long")
    assert done.code == 5
    assert done.cells[CELL]["verdict"] == "inconclusive"
    assert "--too-long" in done.cells[CELL]["detail"]


def test_no_number_of_words_is_wrong_usage(tmp_path: Path) -> None:
    """Zero is told before anything is sent."""
    done = driving.command("run", "--too-long=0", cwd=tmp_path)
    assert done.code == 2
    assert "--too-long" in done.said
