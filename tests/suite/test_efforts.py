"""What the suite makes of how much a model thinks with little effort and with much."""

from conformance.suite.efforts import compared
from tests.support.collecting import over


@over(
    "least, most, seen",
    [
        ([17, 17], [801, 801], "honoured"),
        ([10, 12], [12, 90], "unanswered"),
        ([10, 90], [12, 80], "unanswered"),
        ([128, 128], [128, 128], "ignored"),
        ([90, 80], [10, 80], "ignored"),
    ],
)
def test_one_answer_that_took_more_is_no_effect(least: list[int], most: list[int], seen: str) -> None:
    """All answers with much effort take more than all with little; a mixed order is no evidence either way."""
    assert compared(least, most, "tokens").seen == seen
