"""Chance: samples, majorities, and the odds that the documents state, held against the real code."""

import asyncio
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.contract.claims import Level, Says
from conformance.contract.loading import load
from conformance.http.exchange import Exchange, Request
from conformance.run.options import Options
from conformance.run.settings import load_settings
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import PER_TURN, Ask, RequestCache, sample_number
from conformance.trial.judge import Verdict
from conformance.trial.samples import TIMES
from conformance.trial.trial import Outcome, Test, trial
from tests.support import odds
from tests.support.making import Script, case, choice, completion, contract, exchange, refusal

DOCUMENT = Path(__file__).parents[2] / "docs" / "verdicts.md"
SAMPLED = "chat.messages.system"  # a claim with the majority 2/3
YES, NO, SILENT = honoured("yes"), ignored("no"), unanswered("silent")


def of(says: str = "supported", claim_id: str = SAMPLED) -> ChatCase:
    """A case of a claim that depends on sampling."""
    return case(claim_id, says=Says(says), level=Level.MUST)


def showing(*found: Observation) -> Test:
    """A test that sends its request and sees one thing after another."""
    left = list(found)

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=1))
        return left.pop(0)

    return test


def tried(test: Test, samples: int, bound: ChatCase | None = None, answer: Any = None) -> tuple[Outcome, Script]:
    """What becomes of a case with so many samples."""
    script = Script(answer or (lambda *_: completion(choice())))
    return asyncio.run(trial(test, bound or of(), RequestCache(script, lambda _: None), samples)), script


# ---------------------------------------------------------------- what is sampled


def test_each_sample_asks_everything_with_numbers_of_its_own() -> None:
    """Controls and the test's own samples included; the first keeps the numbers that it has without sampling."""

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask.control(bound.plain())
        await ask.samples(bound.request(n=1), 2)
        return YES

    _, script = tried(test, 3)
    probes = sorted((sample, attempt) for body, sample, attempt in script.sent if "n" in body)
    assert probes == [(0, 0), (1, 0), (10, 0), (11, 0), (20, 0), (21, 0)]
    assert sorted(sample for body, sample, _ in script.sent if "n" not in body) == [0, 10, 20]


def test_no_two_turns_share_a_number() -> None:
    """Neither of a test's own samples nor of the controls behind refusals, nor with the endpoint's own preflight."""
    ends = [*range(10), 1000, 1_000_999]
    numbers = [sample_number(sample, turn) for turn in range(20) for sample in ends]
    assert len(set(numbers)) == len(numbers)
    assert max(number for number in numbers if number < 1000) < 999


def test_the_control_behind_a_refusal_is_repeated_with_it() -> None:
    """Each sample that is refused has its own, sent after it."""

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        return (await ask(bound.request(temperature=1))).acceptance()

    outcome, script = tried(
        test, 3, answer=lambda body, *_: refusal() if "temperature" in body else completion(choice())
    )
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.endswith("(3 of 3)")
    controls = [(sample, attempt) for _, sample, attempt in script.sent if sample >= 1000]
    assert len(set(controls)) == 3
    assert {attempt for _, attempt in controls} == {0}


def test_what_does_not_depend_on_sampling_is_asked_once() -> None:
    """However many samples the run is to take."""
    outcome, script = tried(showing(YES), 20, of(claim_id="chat.temperature.range"))
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "yes")
    assert len(script.sent) == 2


# ---------------------------------------------------------------- what the samples come to

SETTLED = [
    ([YES] * 5, Verdict.CONFORMS, "yes (5 of 5)"),
    ([YES, NO, YES, YES, YES], Verdict.CONFORMS, "yes (4 of 5, ignored 1)"),
    ([SILENT, YES, SILENT, YES, YES], Verdict.CONFORMS, "yes (3 of 5, unanswered 2)"),
    ([NO] * 4 + [YES], Verdict.DEVIATES, "no (4 of 5, honoured 1)"),
    ([NO, NO, mishandled("bad"), NO, SILENT], Verdict.DEVIATES, "no (4 of 5, unanswered 1)"),
    ([YES, NO, YES, NO, YES], Verdict.INCONCLUSIVE, "mixed: honoured 3, ignored 2 of 5; needs 2/3"),
    ([NO, YES, NO], Verdict.INCONCLUSIVE, "mixed: ignored 2, honoured 1 of 3; needs 3 for a deviation"),
    (
        [NO, SILENT, NO, SILENT, NO],
        Verdict.INCONCLUSIVE,
        "mixed: ignored 3, unanswered 2 of 5; needs 4 for a deviation",
    ),
    ([NO, SILENT], Verdict.INCONCLUSIVE, "mixed: ignored 1, unanswered 1 of 2; needs 3 for a deviation"),
    (
        [SILENT, YES, SILENT, SILENT, NO],
        Verdict.INCONCLUSIVE,
        "too few answers: unanswered 3, honoured 1, ignored 1 of 5; needs half; first: silent",
    ),
    ([YES, SILENT], Verdict.CONFORMS, "yes (1 of 2, unanswered 1)"),
]


@pytest.mark.parametrize(("found", "verdict", "detail"), SETTLED)
def test_the_majority_of_those_that_vote_decides(found: list[Observation], verdict: Verdict, detail: str) -> None:
    """Half have to be answered, so many of those to agree, for a deviation so many of all; nothing is asked anew."""
    outcome, script = tried(showing(*found), len(found))
    assert (outcome.verdict, outcome.detail) == (verdict, detail)
    assert {attempt for _, _, attempt in script.sent} == {0}


@pytest.mark.parametrize(
    ("found", "verdict", "detail"),
    [
        ([NO, NO, NO], Verdict.DEVIATES, "no (3 of 3 times)"),
        ([NO, NO, YES], Verdict.INCONCLUSIVE, "unstable: ignored 2, honoured 1 of 3 times; first: no"),
        ([NO, NO, SILENT], Verdict.INCONCLUSIVE, "unstable: ignored 2, unanswered 1 of 3 times; first: no"),
    ],
)
def test_a_deviation_is_asked_anew_until_it_was_seen_three_times(
    found: list[Observation], verdict: Verdict, detail: str
) -> None:
    """Two samples that are both against leave one look missing; a test without samples leaves two."""
    outcome, script = tried(showing(*found), 2)
    assert (outcome.verdict, outcome.detail) == (verdict, detail)
    assert sorted((sample, attempt) for body, sample, attempt in script.sent if "temperature" in body) == [
        (0, 0), (0, 1), (10, 0),
    ]  # fmt: skip


def test_where_the_contract_says_nothing_the_words_vote() -> None:
    """Observations that would all be noted are told apart."""
    outcome, _ = tried(showing(YES, NO, YES), 3, of("unstated"))
    assert (outcome.verdict, outcome.detail) == (Verdict.NOTED, "yes (2 of 3, ignored 1)")
    outcome, _ = tried(showing(YES, NO, YES, NO), 4, of("unstated"))
    assert outcome.verdict is Verdict.INCONCLUSIVE


def test_a_measured_limit_is_that_of_most_winners() -> None:
    """And the detail is theirs too."""
    found = [honoured("at 5", "1-5"), honoured("at 4", "1-4"), honoured("at 4", "1-4")]
    outcome, _ = tried(showing(*found), 3)
    assert outcome.observation
    assert (outcome.observation.measured, outcome.detail) == ("1-4", "at 4 (3 of 3)")


def test_hangs_in_all_samples_are_mishandled_where_a_refusal_is_due() -> None:
    """A client's mistake that is never answered while the plain request is."""
    hang = unanswered("timeout", suspect=True)
    outcome, _ = tried(showing(hang, hang, hang), 3, of("refused"))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.MISHANDLED


# ---------------------------------------------------------------- the odds


class Decided:
    """An endpoint that follows, or does not, as decided for each look: the samples of the first attempt, then each attempt."""

    def __init__(self, looks: tuple[bool, ...]) -> None:
        self._looks = looks
        self.dead = False

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        return GOOD if self._looks[attempt or sample // PER_TURN] else BAD


GOOD, BAD = (exchange(body=completion(choice(text))) for text in ("followed", "not"))


async def look(bound: ChatCase, ask: Ask) -> Observation:
    """What one look shows: honoured where the server followed, ignored where it did not."""
    return YES if (await ask(bound.request())).text == "followed" else NO


def sampled(majority: Fraction) -> ChatCase:
    """A case whose claim states this majority."""
    bound = of()
    return replace(bound, case=replace(bound.case, claim=replace(bound.claim, majority=majority)))


@pytest.mark.parametrize(("samples", "majority"), odds.RULES)
def test_the_code_flips_as_often_as_the_odds_say(samples: int, majority: Fraction) -> None:
    """Exactly: every way in which a server can follow or not in all looks is tried, and counts as often as it happens."""
    bound = sampled(majority)

    async def verdicts() -> dict[tuple[bool, ...], Verdict]:
        ways = product((False, True), repeat=max(samples, TIMES))
        caches = {looks: RequestCache(Decided(looks), lambda _: None) for looks in ways}
        return {looks: (await trial(look, bound, cache, samples)).verdict for looks, cache in caches.items()}

    found = asyncio.run(verdicts())
    for good in (Fraction(1, 5), Fraction(1, 2), Fraction(4, 5)):
        chances: Counter[Verdict] = Counter()
        for looks, verdict in found.items():
            chances[verdict] += good ** looks.count(True) * (1 - good) ** looks.count(False)
        expected = odds.odds(1 - good, good, samples, majority)
        assert (chances[Verdict.DEVIATES], chances[Verdict.CONFORMS]) == expected, good


def test_the_documents_state_the_odds() -> None:
    """Every row of every table stands in docs/verdicts.md as it is computed."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    wanted = [*odds.rows(), *odds.effect_rows()]
    assert [row for row in wanted if row not in lines] == []
    tables = [line for line in lines if line.endswith(" % |")]
    assert tables == wanted


def test_the_odds_are_those_of_three_in_three_without_samples() -> None:
    """A rule that everybody can check by hand."""
    assert odds.blame("0.8", 1, Fraction(1)) == Fraction(1, 125)
    assert odds.praise("0.8", 1, Fraction(1)) == Fraction(1, 5)


# ---------------------------------------------------------------- what is said of it


@pytest.mark.parametrize("given", [0, -1, 21])
def test_a_number_of_samples_that_is_none_is_refused(given: int) -> None:
    """One sentence with the range."""
    with pytest.raises(UsageError, match=r"--samples .* is not usable; give a number from 1 to 20"):
        load_settings(Options(samples=given))


@pytest.mark.parametrize("given", ["1/2", "1/3", "3/2", "0", "2/0", "0.9"])
def test_a_majority_that_is_none_is_refused(given: str, tmp_path: Path) -> None:
    """Above 1/2 and at most 1, spelt as a fraction."""
    chosen = Path(load.__code__.co_filename).parents[1] / "contracts" / "cometapi" / "chat.toml"
    changed = chosen.read_text(encoding="utf-8").replace('majority = "2/3"', f'majority = "{given}"', 1)
    (tmp_path / "chat.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(UsageError, match="majority"):
        load(str(tmp_path / "chat.toml"))


def test_what_a_value_or_an_error_leads_to_is_no_matter_of_sampling() -> None:
    """No claim about acceptance, errors or lists states a majority."""
    words = ("wrong_type", "null", "below_minimum", "accepted", "unknown_value", "values", "envelope", "no_key")
    claims = contract().claims.values()
    assert not [each.id for each in claims if each.majority and each.id.rsplit(".", 1)[-1] in words]
    assert not [each.id for each in claims if each.majority and each.id.startswith(("chat.error.", "models."))]
    assert sum(each.majority is not None for each in claims) == 44
