"""What a night means for what was known: statements about every reply, and what the next night asks first."""

from conformance.results.matrix import Cell
from conformance.watch.night import Rotation, after, evident
from conformance.watch.rotation import Limits, Watched
from conformance.watch.state import State
from tests.support.matrices import cell, matrix

HEARD = "chat.reply.text"
NIGHTS = Rotation((), frozenset({HEARD}), {"chat.n.count@openai:gpt-4.1-mini": ["chat.n.one@openai:gpt-4.1-mini"]})


class Five(Watched):
    """A rotation of five nights."""

    length = 5


ROTATION = Rotation((Five("openai:gpt-4.1-mini", (), (), (), Limits()),), NIGHTS.heard, NIGHTS.causes)


def one(verdict: str, claim: str = HEARD) -> Cell:
    """A cell with this verdict."""
    return cell(claim, verdict)


def test_a_statement_is_better_only_after_a_whole_round() -> None:
    """Only some requests may show the fault, and a night without them shows nothing."""
    bad = one("deviates")
    for night, shown in ((7, []), (11, []), (12, [one("conforms")])):
        state = State(night - 1, {bad.id: bad}, {bad.id: 7}, {bad.id: 7})
        assert evident([one("conforms")], ROTATION, state) == shown
    assert evident([one("deviates")], ROTATION, State(7, {bad.id: bad})) == [bad]
    assert evident([one("conforms")], ROTATION, State(7)) == [one("conforms")]
    assert evident([one("inconclusive"), one("inconclusive", "chat.n.one")], ROTATION, State()) == [
        one("inconclusive", "chat.n.one")
    ]


def test_the_next_night_asks_again_what_turned_and_what_it_presupposes() -> None:
    """The night after that, it takes its turn like any other."""
    first = after(matrix(one("deviates", "chat.n.count")), State(), ROTATION)
    assert first.state.again == {"chat.n.count@openai:gpt-4.1-mini", "chat.n.one@openai:gpt-4.1-mini"}
    assert (first.state.worse, first.exit_code) == (1, 1)
    second = after(matrix(one("deviates", "chat.n.count"), one("conforms", "chat.n.one")), first.state, ROTATION)
    assert (second.state.again, second.turned, second.exit_code) == (frozenset(), (), 0)


def test_what_the_target_no_longer_has_is_forgotten() -> None:
    """A model or a claim that is gone is in no metric, and nobody waits for it."""
    kept, gone = "chat.n.one@openai:a", ("chat.n.one@openai:b", "chat.n.two@openai:a")
    names = (kept, *gone)
    cells = {name: one("conforms") for name in names}
    nights = dict.fromkeys(names, 3)
    left = State(3, cells, nights, nights, frozenset(names)).within({"chat.n.one"}, {"openai:a"})
    assert (list(left.known), list(left.asked), list(left.against), left.again) == ([kept], [kept], [kept], {kept})


def test_a_night_without_the_endpoint_leaves_what_was_to_be_asked() -> None:
    """What is blocked was not asked."""
    state = State(3, {}, {}, {}, frozenset({"chat.n.one@openai:gpt-4.1-mini"}))
    night = after(matrix(cell("chat.n.one", "blocked", reason="preflight failed")), state, ROTATION)
    assert (night.state.again, night.state.asked, night.state.night) == (state.again, {}, 4)
