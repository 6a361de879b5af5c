"""Samples, majorities, and the odds in docs/verdicts.md, compared with the real code."""

import asyncio
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.observation import Observation, Reason, Seen, honoured, ignored, mishandled, unanswered
from conformance.contract.claims import Level, Says
from conformance.contract.loading import load
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.run.loading import LEAST_SHARE, load_settings
from conformance.run.options import Options
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import SAMPLES_PER_TURN, SECOND_LOOKS, Ask, sample_number
from conformance.trial.hearing import FIRST_TURN
from conformance.trial.judge import Verdict
from conformance.trial.odds import Looks, looks_for
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import DEVIATIONS_NEEDED, SIGHTINGS
from conformance.trial.trial import Outcome, Test, trial
from tests.support import odds
from tests.support.making import Script, case, choice, completion, contract, exchange, refusal

DOCUMENT = Path(__file__).parents[2] / "docs" / "verdicts.md"
SAMPLED = "chat.messages.system"  # a claim with the majority 2/3
YES, NO, SILENT = honoured("yes"), ignored("no"), unanswered("silent")


def of(says: str = "supported", claim_id: str = SAMPLED) -> ChatCase:
    """Return a case of a claim that depends on sampling."""
    return case(claim_id, says=Says(says), level=Level.MUST)


def showing(*observations: Observation) -> Test:
    """Return a test that sends its request and returns these observations one after the other."""
    left = list(observations)

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=1))
        return left.pop(0)

    return test


def tried(test: Test, samples: int, bound: ChatCase | None = None, answer: Any = None) -> tuple[Outcome, Script]:
    """Return the outcome of a case with this number of samples, and its script."""
    script = Script(answer or (lambda *_: completion(choice())))
    return asyncio.run(trial(test, bound or of(), RequestCache(script, lambda _: None), samples)), script


# ---------------------------------------------------------------- sample numbers


def test_each_sample_uses_different_sample_numbers() -> None:
    """This includes controls and the test's own samples; the first sample uses the same numbers as a run without samples."""

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask.control(bound.plain())
        await ask.samples(bound.request(n=1), 2)
        return YES

    _, script = tried(test, 3)
    probes = sorted((sample, attempt) for body, sample, attempt in script.sent if "n" in body)
    assert probes == [(0, 0), (1, 0), (10, 0), (11, 0), (20, 0), (21, 0)]
    assert sorted(sample for body, sample, _ in script.sent if "n" not in body) == [0, 10, 20]


def test_no_two_turns_share_a_sample_number() -> None:
    """The numbers of tests, of controls and of the preflight for the whole endpoint are all different."""
    ends = [*range(10), 1000, 1_000_999]
    of_cases = looks_for(LEAST_SHARE, SIGHTINGS)
    turns = [*range(of_cases), *range(SECOND_LOOKS, SECOND_LOOKS + of_cases), *range(FIRST_TURN, 2 * FIRST_TURN)]
    numbers = [sample_number(sample, turn) for turn in turns for sample in ends]
    assert len(set(numbers)) == len(numbers)
    assert max(number for number in numbers if number < 1000) < 999
    assert sample_number(0, 19) == 190  # the numbers of samples never change, so that old recordings can be replayed


def test_a_second_look_is_a_new_request_of_the_same_case() -> None:
    """Its exchange is evidence of the case like any other."""

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(n=1))
        await ask.again()(bound.request(n=1))
        return YES

    outcome, script = tried(test, 1)
    assert len(outcome.evidence) == 2
    assert len({sample for body, sample, _ in script.sent if "n" in body}) == 2


def test_each_refused_sample_has_its_own_control() -> None:
    """It is sent after the refusal."""

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        return (await ask(bound.request(temperature=1))).acceptance()

    outcome, script = tried(
        test, 3, answer=lambda body, *_: refusal() if "temperature" in body else completion(choice())
    )
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.endswith("(3 of 3 times)")
    controls = [(sample, attempt) for _, sample, attempt in script.sent if sample >= 1000]
    assert len(set(controls)) == 3
    assert {attempt for _, attempt in controls} == {0}


def test_a_claim_that_does_not_depend_on_sampling_is_sampled_once() -> None:
    """The number of samples of the run makes no difference."""
    outcome, script = tried(showing(YES), 20, of(claim_id="chat.temperature.range"))
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "yes")
    assert len(script.sent) == 2


# ---------------------------------------------------------------- majorities

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


@pytest.mark.parametrize(("observations", "verdict", "detail"), SETTLED)
def test_the_majority_of_the_votes_decides(observations: list[Observation], verdict: Verdict, detail: str) -> None:
    """Half of the samples must vote and the majority of the votes agree, for a deviation that of all; nothing is repeated."""
    outcome, script = tried(showing(*observations), len(observations))
    assert (outcome.verdict, outcome.detail) == (verdict, detail)
    assert {attempt for _, _, attempt in script.sent} == {0}


@pytest.mark.parametrize(
    ("observations", "verdict", "detail"),
    [
        ([NO, NO, NO], Verdict.DEVIATES, "no (3 of 3 times)"),
        ([NO, NO, YES], Verdict.INCONCLUSIVE, "unstable: ignored 2, honoured 1 of 3 times; first: no"),
        ([NO, NO, SILENT], Verdict.INCONCLUSIVE, "unstable: ignored 2, unanswered 1 of 3 times; first: no"),
    ],
)
def test_a_deviation_is_repeated_until_it_was_observed_three_times(
    observations: list[Observation], verdict: Verdict, detail: str
) -> None:
    """After two samples that both deviate one repeat is needed."""
    outcome, script = tried(showing(*observations), 2)
    assert (outcome.verdict, outcome.detail) == (verdict, detail)
    assert sorted((sample, attempt) for body, sample, attempt in script.sent if "temperature" in body) == [
        (0, 0), (0, 1), (10, 0),
    ]  # fmt: skip


def test_what_a_server_enforces_does_not_depend_on_sampling() -> None:
    """Two sightings are enough of a refusal, of an answer where a refusal is promised, and of what no model could bring about."""
    refused, kept = Observation(Seen.REFUSED, "no such thing"), Observation(Seen.REFUSED, "as promised")
    twice = [refused, YES, YES, YES, refused]
    outcome, _ = tried(showing(*twice), 1)
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.startswith("no such thing (2 of 5 times (40.0%")
    outcome, _ = tried(showing(refused, YES, refused, YES, YES), 5)
    assert outcome.verdict is Verdict.DEVIATES
    outcome, _ = tried(showing(refused, *[YES] * 12), 1)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    broken = [mishandled("broken", enforced=True), YES, YES, mishandled("broken", enforced=True)]
    outcome, _ = tried(showing(*broken), 1)
    assert (outcome.verdict, outcome.detail[:24]) == (Verdict.DEVIATES, "broken (2 of 4 times (50")
    outcome, _ = tried(showing(YES, kept, kept, kept, YES), 1, of("refused"))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.startswith("yes (2 of 5 times (40.0%")


def test_what_no_sampling_explains_is_looked_at_again_among_samples() -> None:
    """One sighting among five samples gets ten more looks, and another one is a verdict; the majority decides of all else."""
    broken = mishandled("broken", enforced=True)
    outcome, _ = tried(showing(YES, broken, YES, YES, YES, YES, broken), 5)
    assert (outcome.verdict, outcome.detail[:24]) == (Verdict.DEVIATES, "broken (2 of 7 times (28")
    outcome, _ = tried(showing(YES, broken, *[YES] * 13), 5)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    outcome, _ = tried(showing(YES, NO, YES, YES, YES), 5)
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "yes (4 of 5, ignored 1)")


def test_failures_among_samples_leave_the_majority() -> None:
    """They are looked at again, since no sampling explains them; too few of them decide nothing."""
    failed = mishandled("500", suspect=True)
    outcome, _ = tried(showing(YES, failed, *[YES] * 13), 5)
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "yes (14 of 15, mishandled 1)")
    outcome, _ = tried(showing(YES, failed, *[YES] * 10, failed, failed, YES), 5)
    assert outcome.failures is not None
    assert (outcome.failures.count, outcome.failures.looks) == (3, 15)


def test_samples_of_an_unstated_claim_vote_for_their_words() -> None:
    """Their verdict would always be the same."""
    outcome, _ = tried(showing(YES, NO, YES), 3, of("unstated"))
    assert (outcome.verdict, outcome.detail) == (Verdict.NOTED, "yes (2 of 3, ignored 1)")
    outcome, _ = tried(showing(YES, NO, YES, NO), 4, of("unstated"))
    assert outcome.verdict is Verdict.INCONCLUSIVE


def test_the_measured_limit_is_that_of_most_winning_samples() -> None:
    """So is the detail."""
    observations = [honoured("at 5", "1-5"), honoured("at 4", "1-4"), honoured("at 4", "1-4")]
    outcome, _ = tried(showing(*observations), 3)
    assert outcome.observation
    assert (outcome.observation.measured, outcome.detail) == ("1-4", "at 4 (3 of 3)")


def test_hangs_in_all_samples_are_mishandled_where_a_refusal_is_due() -> None:
    """A client's mistake always times out while the plain request is answered."""
    hang = unanswered("timeout", suspect=True, reason=Reason.TIMED_OUT)
    outcome, _ = tried(showing(hang, hang, hang), 3, of("refused"))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.MISHANDLED


# ---------------------------------------------------------------- looks for a share


def looked(*observations: Observation, says: str = "supported") -> tuple[Outcome, Script]:
    """Return the outcome of a case that does not depend on sampling, with this many first looks, and its script."""
    script = Script(lambda *_: completion(choice()))
    first, bound = observations[:46], of(says, "chat.temperature.range")
    looks = trial(showing(*observations), bound, RequestCache(script, lambda _: None), looks=len(first))
    return asyncio.run(looks), script


def test_looks_for_a_share_are_independent_requests() -> None:
    """Each has a sample number of its own, and all are sent at once; one verdict rests on all of them."""
    outcome, script = looked(*[YES] * 46)
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "yes (46 of 46 times)")
    assert outcome.looks == Looks(46)
    sent = {(sample, attempt) for body, sample, attempt in script.sent if "temperature" in body}
    assert sent == {(10 * turn, 0) for turn in range(46)}


SHARES = [
    ([YES] * 44 + [NO, NO], Verdict.DEVIATES, 46, "no (2 of 46 times (4.3%, 95 % interval 1.2% to 14.5%))"),
    ([YES] * 45 + [NO] + [YES] * 4 + [NO], Verdict.DEVIATES, 51, "no (2 of 51 times (3.9%, "),
    ([YES] * 45 + [NO] + [YES] * 10, Verdict.INCONCLUSIVE, 56, "unstable: honoured 55, ignored 1 of 56 times; first: no"),
    ([YES] * 40 + [SILENT] * 6, Verdict.CONFORMS, 46, "yes (honoured 40, unanswered 6 of 46 times)"),
    ([YES] * 22 + [SILENT] * 24, Verdict.INCONCLUSIVE, 46, "too few answers: honoured 22, unanswered 24 of 46; needs half"),
    ([honoured("at 4")] * 45 + [YES], Verdict.CONFORMS, 46, "at 4 (46 of 46 times)"),
    ([mishandled("500", suspect=True)] + [YES] * 55, Verdict.INCONCLUSIVE, 56, "unstable: mishandled 1, honoured 55"),
]  # fmt: skip


@pytest.mark.parametrize(("observations", "verdict", "asked", "detail"), SHARES)
def test_two_sightings_among_all_looks_are_a_deviation(
    observations: list[Observation], verdict: Verdict, asked: int, detail: str
) -> None:
    """A single one gets ten more looks; none at all leaves what most looks show."""
    outcome, script = looked(*observations)
    assert outcome.verdict is verdict
    assert outcome.detail.startswith(detail)
    assert sum("temperature" in body for body, _, _ in script.sent) == asked


def test_a_claim_with_a_majority_gets_the_looks_for_a_share() -> None:
    """For what no sampling explains, such as a refusal; its majority decides of all else."""

    def of_looks(*observations: Observation) -> Outcome:
        cache = RequestCache(Script(lambda *_: completion(choice())), lambda _: None)
        return asyncio.run(trial(showing(*observations), of(), cache, samples=3, looks=22))

    refused = Observation(Seen.REFUSED, "no such thing")
    found = of_looks(*[YES] * 10, refused, *[YES] * 10, refused)
    assert (found.verdict, found.detail[:32]) == (Verdict.DEVIATES, "no such thing (2 of 22 times (9.")
    found = of_looks(*[YES] * 18, *[NO] * 4)
    assert (found.verdict, found.detail) == (Verdict.CONFORMS, "yes (18 of 22, ignored 4)")


def test_an_unstated_claim_notes_what_most_looks_show() -> None:
    """With the counts of all."""
    outcome, _ = looked(*[YES] * 5, *[NO] * 2, says="unstated")
    assert (outcome.verdict, outcome.detail) == (Verdict.NOTED, "yes (honoured 5, ignored 2 of 7 times)")


def test_looks_that_are_not_sent_leave_the_others() -> None:
    """A budget may end before the last; the cell says how many there were."""

    class Ending(Script):
        async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
            if sample > 100:
                raise NotSent(Reason.BUDGET, "budget: not asked")
            return await super().send(request, sample, attempt)

    looks = trial(
        showing(*[YES] * 46),
        of(claim_id="chat.temperature.range"),
        RequestCache(Ending(lambda *_: completion(choice())), lambda _: None),
        looks=46,
    )
    outcome = asyncio.run(looks)
    assert (outcome.verdict, outcome.looks) == (Verdict.CONFORMS, Looks(11))


@pytest.mark.parametrize("share", [0.0, 0.009, 1.5, -1.0])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    """The error is one sentence with the range."""
    with pytest.raises(UsageError, match=rf"--share must be a number from 0.01 to 1, got {share:g}"):
        load_settings(Options(share=share))


def test_a_share_decides_the_number_of_looks() -> None:
    """Two sightings are needed, so a tenth takes 46; without a share there is one."""
    assert [load_settings(Options(share=share)).looks for share in (None, 0.1, 0.05, 0.01)] == [1, 46, 93, 473]


# ---------------------------------------------------------------- the odds


class Decided:
    """An endpoint of which it is decided for each observation whether it follows: first the samples, then the repeats."""

    def __init__(self, follows: tuple[bool, ...]) -> None:
        self._follows = follows
        self.dead = False

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        return GOOD if self._follows[attempt or sample // SAMPLES_PER_TURN] else BAD


GOOD, BAD = (exchange(body=completion(choice(text))) for text in ("followed", "not"))


async def look(bound: ChatCase, ask: Ask) -> Observation:
    """Observe honoured if the server followed the contract, else ignored."""
    return YES if (await ask(bound.request())).text == "followed" else NO


def sampled(majority: Fraction) -> ChatCase:
    """Return a case whose claim states this majority."""
    bound = of()
    return replace(bound, case=replace(bound.case, claim=replace(bound.claim, majority=majority)))


@pytest.mark.parametrize(("samples", "majority"), odds.RULES)
def test_verdicts_are_as_frequent_as_the_odds_say(samples: int, majority: Fraction) -> None:
    """Every combination of observations is tried and weighted with its probability, so the result is exact."""
    bound = sampled(majority)

    async def verdicts() -> dict[tuple[bool, ...], Verdict]:
        ways = product((False, True), repeat=max(samples, DEVIATIONS_NEEDED))
        caches = {follows: RequestCache(Decided(follows), lambda _: None) for follows in ways}
        return {follows: (await trial(look, bound, cache, samples)).verdict for follows, cache in caches.items()}

    outcomes = asyncio.run(verdicts())
    for good in (Fraction(1, 5), Fraction(1, 2), Fraction(4, 5)):
        probabilities: Counter[Verdict] = Counter()
        for follows, verdict in outcomes.items():
            probabilities[verdict] += good ** follows.count(True) * (1 - good) ** follows.count(False)
        expected = odds.odds(1 - good, good, samples, majority)
        assert (probabilities[Verdict.DEVIATES], probabilities[Verdict.CONFORMS]) == expected, good


def test_the_documents_state_the_odds() -> None:
    """The tables in docs/verdicts.md contain exactly the computed rows."""
    lines = DOCUMENT.read_text(encoding="utf-8").partition("## Chance")[2].splitlines()
    wanted = [*odds.rows(), *odds.effect_rows()]
    assert [row for row in wanted if row not in lines] == []
    tables = [line for line in lines if line.endswith(" % |")]
    assert tables == wanted


def test_without_samples_the_odds_are_those_of_three_in_three() -> None:
    """This can be checked by hand: 0.2 to the power of 3."""
    assert odds.blame("0.8", 1, Fraction(1)) == Fraction(1, 125)
    assert odds.praise("0.8", 1, Fraction(1)) == Fraction(1, 5)


# ---------------------------------------------------------------- options and contracts


@pytest.mark.parametrize("samples", [0, -1, 21])
def test_a_number_of_samples_out_of_range_is_refused(samples: int) -> None:
    """The error is one sentence with the range."""
    with pytest.raises(UsageError, match=rf"--samples must be a number from 1 to 20, got {samples}"):
        load_settings(Options(samples=samples))


@pytest.mark.parametrize("majority", ["1/2", "1/3", "3/2", "0", "2/0", "0.9"])
def test_an_invalid_majority_is_refused(majority: str, tmp_path: Path) -> None:
    """It must be a fraction above 1/2 and at most 1."""
    chosen = Path(load.__code__.co_filename).parents[1] / "contracts" / "openai" / "chat.toml"
    changed = chosen.read_text(encoding="utf-8").replace('majority = "2/3"', f'majority = "{majority}"', 1)
    (tmp_path / "chat.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(UsageError, match="majority"):
        load(str(tmp_path / "chat.toml"))


def test_no_claim_about_acceptance_or_errors_depends_on_sampling() -> None:
    """Claims about acceptance, errors and lists state no majority."""
    words = ("wrong_type", "null", "below_minimum", "accepted", "unknown_value", "values", "envelope", "no_key")
    claims = contract().claims.values()
    assert not [claim.id for claim in claims if claim.majority and claim.id.rsplit(".", 1)[-1] in words]
    assert not [claim.id for claim in claims if claim.majority and claim.id.startswith(("chat.error.", "models."))]
    assert sum(claim.majority is not None for claim in claims) > 40
