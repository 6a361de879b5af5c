"""How often a promise that a server breaks at times is reported: the odds in docs/verdicts.md, simulated with the real code."""

import asyncio
import random
from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from pathlib import Path

import pytest

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.contract.claims import Level, Rule, Says
from conformance.trial.concluding import conclude
from conformance.trial.invariants import Invariant, Subject
from conformance.trial.judge import AGAINST, judge
from conformance.trial.odds import ALARMS, looks_for, more_often
from conformance.trial.samples import FURTHER_LOOKS, SIGHTINGS, combine, failures_at_times, needs_another_look
from conformance.trial.tallies import Tally
from tests.support import odds
from tests.support.making import case, choice, completion, exchange, reply, request

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
RUNS = 2_000  # of each simulation; its share of reports is then at most 1.1 % away from the odds, in two of three cases
BOUND = case("chat.reply.role", says=Says.SUPPORTED, level=Level.MUST)
RULE: Rule = BOUND.case.rule
FAULT = mishandled("500", suspect=True)
REQUESTS = 250  # of a run of the profile full, each of one case
SHARES = ["0.01", "0.05", "0.1", "0.16", "0.2", "0.5"]
GOOD, BAD = (reply(choice(text)) for text in ("good", "bad"))
SENT = [exchange(body=completion(choice("good")), sent=request(model="m", number=number)) for number in range(150)]


def case_is_reported(dice: random.Random, broken: float, looks: int, fault: Observation) -> bool:
    """Return whether a case with so many first looks is reported, each of which shows the fault at random."""

    def look() -> Observation:
        return fault if dice.random() < broken else honoured("yes")

    samples, repeats = [look() for _ in range(looks)], list[Observation]()
    while needs_another_look(samples, repeats, RULE, None):
        repeats.append(look())
    return judge(RULE.says, RULE.level, combine(samples, repeats, RULE, None).seen) in AGAINST


def statement_is_reported(dice: random.Random, broken: float, exchanges: int, *, proves: bool) -> bool:
    """Return whether a statement about so many replies is reported, each of which breaks it at random."""
    stated = Invariant(
        Subject.ANSWER, "good", lambda _: lambda told: "bad" if told.text == "bad" else None, proves=proves
    )
    tally = Tally(stated, BOUND)
    for each in SENT[:exchanges]:
        tally.add(each, BAD if dice.random() < broken else GOOD, "plain")

    async def repeat(*_: object) -> Observation | None:
        return mishandled("bad") if dice.random() < broken else None

    seen = asyncio.run(conclude(tally, BOUND, repeat))
    return judge(RULE.says, RULE.level, seen.seen) in AGAINST


def failure_is_reported(dice: random.Random, broken: float) -> bool:
    """Return whether a case is reported at whose request alone the server fails at random; no other of the run fails."""

    def look() -> Observation:
        return FAULT if dice.random() < broken else honoured("yes")

    first, repeats = [look()], list[Observation]()
    while needs_another_look(first, repeats, RULE, None):
        repeats.append(look())
    if judge(RULE.says, RULE.level, combine(first, repeats, RULE, None).seen) in AGAINST:
        return True
    found = failures_at_times([*first, *repeats], RULE, None, 1 + len(repeats))
    return found is not None and more_often(found.count, found.requests, 0, REQUESTS)


Simulation = Callable[[random.Random, float], bool]
Odds = Callable[[Fraction], Fraction]
RULES: dict[str, tuple[Simulation, Odds]] = {
    "one look": (
        lambda dice, broken: case_is_reported(dice, broken, 1, ignored("no")),
        lambda broken: odds.case_reported(broken, 1),
    ),
    "looks for a tenth": (
        lambda dice, broken: case_is_reported(dice, broken, odds.SHARE_LOOKS, ignored("no")),
        lambda broken: odds.case_reported(broken, odds.SHARE_LOOKS),
    ),
    "failure of the server": (
        lambda dice, broken: failure_is_reported(dice, broken),
        odds.failure_reported,
    ),
    "statement about 15 replies": (
        lambda dice, broken: statement_is_reported(dice, broken, 15, proves=False),
        lambda broken: odds.statement_reported(broken, 15),
    ),
    "proof in 15 replies": (
        lambda dice, broken: statement_is_reported(dice, broken, 15, proves=True),
        lambda broken: odds.sighted(broken, 15, 1),
    ),
}


@pytest.mark.parametrize("broken", SHARES)
@pytest.mark.parametrize("rule", RULES)
def test_reports_are_as_frequent_as_the_odds_say(rule: str, broken: str) -> None:
    """The share of reports in many simulated cells lies where chance allows it, four standard deviations at most away."""
    simulate, expected = RULES[rule]
    dice, chance = random.Random(f"{rule} {broken}"), float(expected(Fraction(broken)))
    found = sum(simulate(dice, float(broken)) for _ in range(RUNS)) / RUNS
    assert abs(found - chance) <= 4 * sqrt(chance * (1 - chance) / RUNS) + 1 / RUNS


def test_a_statement_about_many_replies_is_simulated_as_well() -> None:
    """150 replies, of which one in a hundred breaks it."""
    dice, chance = random.Random(13), float(odds.statement_reported(Fraction("0.01"), 150))
    found = sum(statement_is_reported(dice, 0.01, 150, proves=False) for _ in range(400)) / 400
    assert abs(found - chance) <= 4 * sqrt(chance * (1 - chance) / 400)


@pytest.mark.parametrize("rule", RULES)
def test_a_truthful_server_is_never_reported(rule: str) -> None:
    """And one that breaks a promise each time always is."""
    dice = random.Random(0)
    assert not RULES[rule][0](dice, 0.0)
    assert RULES[rule][0](dice, 1.0)
    assert RULES[rule][1](Fraction(1)) == 1


def test_the_page_states_the_odds_of_rates() -> None:
    """Row by row; the looks are those that the code takes."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [row for row in odds.rate_rows() if row not in lines] == []
    assert (FURTHER_LOOKS, looks_for(0.1, SIGHTINGS)) == (odds.FURTHER, odds.SHARE_LOOKS)


def alarms(dice: random.Random, broken: float) -> int:
    """Return how many cases of a run are reported for failures at times, if the server fails on any request at random."""
    firsts = [dice.random() < broken for _ in range(REQUESTS)]
    reported = 0
    for _ in range(sum(firsts)):
        looks = [FAULT]
        while needs_another_look(looks[:1], looks[1:], RULE, None):
            # After a failure the control has to succeed; otherwise the look says nothing.
            fails = dice.random() < broken
            looks.append((FAULT if dice.random() >= broken else unanswered("no control")) if fails else honoured("yes"))
        found = failures_at_times(looks, RULE, None, len(looks))
        reported += found is not None and more_often(found.count, found.requests, sum(firsts) - 1, REQUESTS - 1)
    return reported


@pytest.mark.parametrize("broken", [0.005, 0.05, 0.2])
def test_a_server_that_fails_at_random_is_hardly_ever_reported_for_failures_at_times(broken: float) -> None:
    """However often it fails: one false alarm in 200 runs is what the code allows itself."""
    dice, runs = random.Random(f"at times {broken}"), 200
    found = sum(alarms(dice, broken) for _ in range(runs))
    assert found <= runs * ALARMS + 3 * sqrt(runs * ALARMS)
