"""Which claims a night asks: within its limits, everything in turn, and first what has turned."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.base.errors import ConfigurationError
from conformance.base.money import Usage
from conformance.contract.claims import Level
from conformance.contract.costs import Costs, SharedRequests, load
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.suite import invariant_claims
from conformance.watch.rotation import Limits, Watched, tokens_of, watched

CLAIMS = tuple("abcdef")
FEW = Limits(4, 400)


def row(claims: str, requests: int = 1, prompt: int = 30, answer: int = 500) -> SharedRequests:
    """Requests that these claims share."""
    return SharedRequests(frozenset(claims), Usage(requests, prompt, answer))


def model(*rows: SharedRequests, limits: Limits = FEW) -> Watched:
    """A model whose claims share one plain request and these."""
    return Watched("openai:gpt", CLAIMS, (), (row("abcdef"), *rows), limits)


PLAIN = model(row("ab"), row("c", 2), row("d", 3), row("e"), row("f"))


def test_claims_that_share_requests_are_asked_together() -> None:
    """Requests count once, however many claims use them, and an answer counts as a usual one."""
    assert PLAIN.choose({}) == ("a", "b", "c")
    assert PLAIN.figures("abc").requests == 4
    assert tokens_of(PLAIN.figures("abc")) == 30 * 3 + 32 * 4


def test_the_longest_waiting_claim_comes_first_and_the_urgent_one_before_it() -> None:
    """What does not fit waits, and others take its place."""
    asked = {"a": 9, "b": 9, "c": 1, "d": 3, "e": 2, "f": 2}
    assert PLAIN.choose(asked) == ("c", "e")
    assert PLAIN.choose(asked, ["d"]) == ("d",)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sets(st.sampled_from(CLAIMS), min_size=1), st.integers(1, 2)), max_size=9),
    st.dictionaries(st.sampled_from(CLAIMS), st.integers(1, 50)),
)
def test_whatever_was_asked_before_every_claim_has_its_turn(
    shared: list[tuple[set[str], int]], asked: dict[str, int]
) -> None:
    """No night exceeds its limits, and no claim waits longer than there are claims."""
    limits = Limits(20, 2000)
    whole = model(*(row("".join(claims), requests) for claims, requests in shared), limits=limits)
    waiting, night = set(CLAIMS), max(asked.values(), default=0)
    for _ in CLAIMS:
        night += 1
        chosen = whole.choose(asked)
        assert limits.admit(whole.figures(chosen))
        asked |= dict.fromkeys(chosen, night)
        waiting -= set(chosen)
    assert not waiting


@cache
def built_in() -> tuple[Watched, ...]:
    """What takes turns on chat and the lists of models of the mock gateway, with the usual limits."""
    run = load_settings(Options("mock", surfaces=("chat", "models"), models=("openai=mock-openai",)))
    return watched(run.cases.values(), load("cometapi"), invariant_claims(run.contract), Limits(), "cometapi")


def test_the_nights_of_the_built_in_contract_are_small() -> None:
    """Ten requests and 500 tokens prove everything that fits within 40 nights, and most claims fit."""
    for each in built_in():
        assert each.length <= 40
        assert len(each.claims) > 4 * len(each.too_large)
        assert Limits().admit(each.figures(each.choose({})))
    assert built_in()[-1].model == "endpoint:any"


def test_what_cannot_turn_takes_no_turn() -> None:
    """An unstated claim has no verdict that turns, and a statement about every reply needs no request of its own."""
    run = load_settings(Options("mock", models=("openai=mock-openai",)))
    claims = {claim for each in built_in() for claim in each.claims}
    assert "chat.n.count" in claims
    assert not claims & invariant_claims(run.contract)
    assert not [name for name in claims if run.contract.claim(name).terms.level is Level.UNSTATED
                and not run.contract.claim(name).exceptions]  # fmt: skip


def test_a_claim_of_unknown_cost_is_left_to_a_whole_run() -> None:
    """It is newer than the table, and would seem to cost nothing."""
    run = load_settings(Options("mock", surfaces=("chat",), claims=("chat.n.*",), models=("openai=mock-openai",)))
    table = load("cometapi")
    assert table
    kind = run.models[0].kind.name
    known = {kind: [row for row in table.models[kind] if "chat.n.count" not in row.claims]}
    [each] = watched(run.cases.values(), Costs(known, {}), frozenset(), Limits(), "cometapi")
    assert "chat.n.count" in each.too_large
    assert "chat.n.count" not in each.choose({})
    assert "chat.n.one" in each.claims


def test_a_contract_without_costs_is_refused() -> None:
    """The message says how to write them."""
    with pytest.raises(ConfigurationError, match="conformance contract --contract mine --write-costs"):
        watched([], None, frozenset(), Limits(), "mine")
