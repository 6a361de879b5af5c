"""What the suite observes of the text of a reply; what holds for every answer is in test_every_answer.py."""

import pytest

from tests.support.making import choice, completion, refusal, see

TEXTS = [
    ("The café in Zürich serves crème brûlée, doesn't it?", "honoured"),
    ("The cafe in Zurich serves creme brulee, doesn't it?", "unanswered"),
    ("ready", "unanswered"),
    ("The cafÃ© in ZÃ¼rich serves crÃ¨me brÃ»lÃ©e.", "mishandled"),
    ("The caf\ufffd in Zürich serves crème brûlée.", "mishandled"),
]


@pytest.mark.parametrize(("text", "seen"), TEXTS)
def test_letters_beyond_ascii_arrive_unchanged(text: str, seen: str) -> None:
    """Mangled letters are a fault; that a model writes the sentence without accents is no evidence."""
    assert see("chat.reply.unicode", completion(choice(text))).seen == seen


def test_a_sentence_that_is_refused_shows_no_letters() -> None:
    """The refusal is what was observed."""
    assert see("chat.reply.unicode", refusal()).seen == "refused"
