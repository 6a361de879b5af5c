"""A trial: every precaution before an endpoint is blamed, tested against scripted answers."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.money import Usage
from conformance.base.observation import (
    Observation,
    Reason,
    Seen,
    accepted,
    honoured,
    ignored,
    mishandled,
    not_applicable,
    unanswered,
)
from conformance.contract.claims import Level, Says
from conformance.http.exchange import Exchange
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import UNKNOWN_PARAMETER
from conformance.trial.ask import Ask
from conformance.trial.concluding import FIRST_REPEAT
from conformance.trial.failing import Failing
from conformance.trial.judge import Verdict
from conformance.trial.odds import Looks
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import renewal
from conformance.trial.trial import Interrupted, Outcome, Preflight, compared, preflight, stopped, trial
from tests.support.making import Answer, Script, case, choice, completion, exchange, refusal, request

READY = completion(choice("ready"))
FAULT = refusal(500, "server_error")
HANG = {"failure": "timeout"}


def of(says: str, level: str = "must") -> ChatCase:
    """Return a case about temperature 3 for which the contract says this."""
    return case("chat.temperature.range", 3, says=Says(says), level=Level(level), why="so it is")


def probing(body: dict[str, Any]) -> bool:
    """Return whether a request is the one under test."""
    return "temperature" in body


async def look(bound: ChatCase, ask: Ask) -> Observation:
    """Observe whether the value is accepted or refused."""
    return (await ask(bound.request(temperature=bound.value))).acceptance()


def tried(bound: ChatCase, answer: Answer, test: Any = look, script: Script | None = None) -> tuple[Outcome, Script]:
    """Return the outcome of a case at an endpoint that answers like this, and its script."""
    endpoint = script or Script(answer)
    outcome = asyncio.run(trial(test, bound, RequestCache(endpoint, lambda _: None)))
    return outcome, endpoint


def answering(probe: Any, other: Any = READY, negative: Any = None) -> Answer:
    """Return the answers of an endpoint: one to the request under test, one to the negative control, one to all others."""

    def answer(body: dict[str, Any], sample: int, attempt: int) -> Any:
        chosen = probe if probing(body) else (negative or refusal()) if UNKNOWN_PARAMETER in body else other
        return chosen(body, sample, attempt) if callable(chosen) else chosen

    return answer


def test_what_an_endpoint_does_not_claim_to_have_does_not_apply() -> None:
    """Whether it does shows in a reply at times; what was asked is evidence all the same."""

    async def elsewhere(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.plain())
        return not_applicable("no such list")

    outcome, script = tried(of("supported"), lambda *_: READY, elsewhere)
    assert (outcome.verdict, outcome.detail, outcome.observation) == (Verdict.NOT_APPLICABLE, "no such list", None)
    assert (len(outcome.evidence), len(script.sent)) == (1, 1)


# ---------------------------------------------------------------- preflight

BLOCKED = [
    ({"failure": "connection"}, 4, "does not answer"),
    ({"failure": "timeout"}, 4, "does not answer"),
    (refusal(401, "invalid_api_key"), 3, "--api-key-env"),
    (refusal(403), 3, "--api-key-env"),
    (refusal(429), 5, "limits the rate"),
    (refusal(404, "model_not_found"), 3, "--model"),
    (refusal(400, "invalid_model"), 3, "--model"),
    (refusal(503, message="no channel for this model"), 4, "fails on a plain request"),
    (refusal(500, message="No deployments available for model group gpt-4.1"), 4, "fails on a plain request"),
    (refusal(502, "model_unavailable"), 4, "fails on a plain request"),
    (refusal(404, message="no such model group"), 3, "--model"),
    ({"status": 404, "text": "<html>"}, 3, "/v1"),
    (refusal(500), 4, "fails on a plain request"),
    ({"status": 502, "text": ""}, 4, "fails on a plain request"),
    (refusal(402), 3, "account"),
    (refusal(429, "insufficient_quota"), 3, "no credit or quota left"),
    ({"status": 200, "text": "<html>Welcome</html>"}, 3, "base URL"),
    ({"status": 301, "text": ""}, 3, "base URL"),
]


@pytest.mark.parametrize(("answer", "code", "next_step"), BLOCKED)
def test_a_failed_preflight_blocks_the_case(answer: dict[str, Any], code: int, next_step: str) -> None:
    """Only the plain request is sent; the detail names the next step, and the exit code says who has to act."""
    outcome, script = tried(of("supported"), lambda *_: answer)
    assert outcome.verdict is Verdict.BLOCKED
    assert outcome.detail.startswith("preflight of openai:gpt-4.1-mini: ")
    assert next_step in outcome.detail
    assert len(script.sent) == len(outcome.evidence) == 1
    before = asyncio.run(preflight(of("supported"), RequestCache(Script(lambda *_: answer), lambda _: None)))
    assert before.exit_code == code
    assert before.reason
    assert before.reason in outcome.detail


def test_a_preflight_keeps_the_name_of_the_model() -> None:
    """Strings in the plain reply are kept and made printable; other types are ignored."""
    script = Script(lambda *_: {**READY, "model": "m-2026", "system_fingerprint": 7})
    before = asyncio.run(preflight(of("supported"), RequestCache(script, lambda _: None)))
    assert (before.reason, before.exit_code) == (None, 0)
    assert (before.echoed_model, before.fingerprint) == ("m-2026", None)
    assert isinstance(before, Preflight)
    odd = Script(lambda *_: {**READY, "model": "m\ud83d\x1b"})
    echoed = asyncio.run(preflight(of("supported"), RequestCache(odd, lambda _: None))).echoed_model
    assert echoed == "m\\ud83d\\x1b"


# ---------------------------------------------------------------- observations that count at once


def test_an_outcome_counts_the_tokens_of_its_own_replies() -> None:
    """Those that report a usage, each once; the preflight belongs to all cases and to none."""
    metered = {**completion(choice("ready")), "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
    outcome, script = tried(of("supported"), answering(metered, negative=refusal()))
    assert len(script.sent) == 3
    assert outcome.tokens == Usage(1, 9, 2)
    assert tried(of("supported"), answering(READY))[0].tokens == Usage()


def test_nothing_is_sent_for_a_claim_that_does_not_apply() -> None:
    """Not even the preflight is sent; the detail is the contract's reason."""
    outcome, script = tried(of("not applicable"), lambda *_: READY)
    assert outcome == Outcome(Verdict.NOT_APPLICABLE, "so it is")
    assert script.sent == []


def test_a_conforming_case_is_observed_once() -> None:
    """Three requests are sent: the preflight, the request under test, and the negative control."""
    outcome, script = tried(of("supported"), answering(READY))
    assert outcome.verdict is Verdict.CONFORMS
    assert outcome.observation == accepted("answered 'ready'")
    assert len(script.sent) == 3
    assert outcome.seconds == pytest.approx(0.04)


def test_acceptance_is_weak_evidence_if_an_unknown_parameter_is_accepted() -> None:
    """The detail says so; the verdict stays."""
    outcome, _ = tried(of("supported"), answering(READY, negative=READY))
    assert outcome.verdict is Verdict.CONFORMS
    assert outcome.detail == "answered 'ready'; weak evidence: an unknown parameter is accepted as well"


def test_an_observed_effect_needs_no_negative_control() -> None:
    """Only bare acceptance does."""

    async def effect(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=3))
        return honoured("seen")

    outcome, script = tried(of("supported"), answering(READY, negative=READY), effect)
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "seen")
    assert len(script.sent) == 2


def test_the_claim_about_unknown_parameters_gets_no_note() -> None:
    """Its own request is the negative control."""

    async def negative(bound: ChatCase, ask: Ask) -> Observation:
        return (await ask(bound.negative())).acceptance()

    outcome, _ = tried(of("unstated"), answering(READY, negative=READY), negative)
    assert (outcome.verdict, outcome.detail) == (Verdict.NOTED, "answered 'ready'")


def test_a_refusal_needs_a_control_that_succeeds() -> None:
    """The plain request is sent after it with a word and a sample number of its own."""
    outcome, script = tried(of("refused"), answering(refusal()))
    assert outcome.verdict is Verdict.CONFORMS
    assert len(script.sent) == 3
    plain, control = of("refused").plain().json, script.sent[2][0]
    assert control["messages"] != plain["messages"]
    assert {**control, "messages": plain["messages"]} == plain
    assert script.sent[2][1] >= 1000


@pytest.mark.parametrize(
    ("param", "verdict"),
    [
        ("max_tokens", Verdict.INCONCLUSIVE),
        ("max_tokens.value", Verdict.INCONCLUSIVE),
        ("max_completion_tokens", Verdict.DEVIATES),
        ("temperature", Verdict.DEVIATES),
        (None, Verdict.DEVIATES),
    ],
)
def test_a_refusal_of_another_parameter_is_no_evidence(param: str | None, verdict: Verdict) -> None:
    """The error names the cap that was sent too, and not the parameter under test."""
    refused = refusal()
    refused["body"]["error"]["param"] = param
    outcome, _ = tried(of("supported"), answering(refused))
    assert outcome.verdict is verdict


def test_a_refusal_in_an_outage_is_no_evidence() -> None:
    """If the control after it fails, the endpoint may have refused any request."""
    outcome, _ = tried(of("refused"), answering(refusal(), lambda _, sample, __: READY if sample == 0 else FAULT))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert outcome.detail.startswith("the control failed: ")


def test_a_failed_control_of_the_test_is_no_evidence() -> None:
    """The case is inconclusive, and the exchange is its evidence."""

    async def controlled(bound: ChatCase, ask: Ask) -> Observation:
        await ask.control(bound.request(temperature=3))
        return honoured("seen")

    outcome, _ = tried(of("supported"), answering(refusal()), controlled)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert outcome.observation
    assert outcome.observation.seen is Seen.UNANSWERED
    assert len(outcome.evidence) == 1


@pytest.mark.parametrize("answer", [refusal(429), HANG, refusal(401), {"failure": "too large"}])
@pytest.mark.parametrize("says", ["supported", "without effect", "unstated"])
def test_what_the_request_does_not_cause_is_never_a_deviation(says: str, answer: dict[str, Any]) -> None:
    """The case is inconclusive, whatever the claim says, however often it comes."""
    outcome, _ = tried(of(says), answering(answer))
    assert outcome.verdict is Verdict.INCONCLUSIVE


FAILURES = [
    ("bad gateway", {"status": 502, "text": "<html>Bad Gateway</html>"}),
    ("overloaded", refusal(503, "overloaded")),
    ("gateway timeout", {"status": 504, "text": ""}),
    ("closed without a reply", {"failure": "connection"}),
    ("undecodable", {"failure": "protocol", "status": 400, "text": ""}),
    ("server error", FAULT),
]


@pytest.mark.parametrize("answer", [row[1] for row in FAILURES], ids=[row[0] for row in FAILURES])
@pytest.mark.parametrize("says", ["supported", "refused", "without effect"])
def test_a_failure_of_any_kind_is_mishandled_if_it_comes_every_time(says: str, answer: dict[str, Any]) -> None:
    """It comes three times for this request, each followed by a control that succeeds."""
    outcome, script = tried(of(says), answering(answer))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.MISHANDLED
    assert "3 of 3 times" in outcome.detail
    assert outcome.looks == Looks(3, 3)
    assert sum(sample >= 1000 for _, sample, _ in script.sent) == 3


@pytest.mark.parametrize("answer", [row[1] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_a_failure_that_passes_is_an_outage(answer: dict[str, Any]) -> None:
    """Whatever kind it is of: once is an accident, and so is what the plain request meets as well."""
    outcome, _ = tried(of("supported"), answering(lambda _, __, attempt: READY if attempt else answer))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    outcome, script = tried(of("refused"), answering(answer, lambda _, sample, __: READY if sample == 0 else answer))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert sum(probing(body) for body, _, _ in script.sent) == 1


# ---------------------------------------------------------------- repeats


def seeing(*observations: Observation) -> Callable[[ChatCase, Ask], Any]:
    """Return a test that sends its request and returns these observations one after the other."""
    left = list(observations)

    async def test(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=3))
        return left.pop(0)

    return test


@pytest.mark.parametrize(("level", "verdict"), [("must", Verdict.DEVIATES), ("should", Verdict.DIFFERS)])
def test_a_deviation_is_repeated_twice(level: str, verdict: Verdict) -> None:
    """It counts if it is observed every time; the exchanges of all three attempts are its evidence."""
    outcome, script = tried(of("supported", level), answering(READY), seeing(*[ignored("no effect")] * 3))
    assert (outcome.verdict, outcome.detail) == (verdict, "no effect (3 of 3 times)")
    assert [attempt for body, _, attempt in script.sent if probing(body)] == [0, 1, 2]
    assert len(outcome.evidence) == 3


YES, NO, SILENT = honoured("yes"), ignored("no"), unanswered("429")
SIGHTINGS = [
    ([NO, YES, NO], "no (2 of 3 times (66.7%, 95 % interval 20.8% to 93.9%))"),
    ([NO, NO, SILENT], "no (2 of 3 times (66.7%, 95 % interval 20.8% to 93.9%))"),
    ([NO, YES, mishandled("odd")], "no (2 of 3 times (66.7%, 95 % interval 20.8% to 93.9%))"),
    ([NO, YES, YES, NO], "no (2 of 4 times (50.0%, 95 % interval 15.0% to 85.0%))"),
    ([NO, *[YES] * 11, NO], "no (2 of 13 times (15.4%, 95 % interval 4.3% to 42.2%))"),
]


@pytest.mark.parametrize(("observations", "detail"), SIGHTINGS)
def test_a_deviation_that_was_seen_twice_is_one_with_its_rate(observations: list[Observation], detail: str) -> None:
    """The second sighting ends the looks, which are the three that each deviation gets and at most ten more."""
    outcome, script = tried(of("supported"), answering(READY), seeing(*observations))
    assert (outcome.verdict, outcome.detail) == (Verdict.DEVIATES, detail)
    assert [attempt for body, _, attempt in script.sent if probing(body)] == list(range(len(observations)))
    answered = sum(each is not SILENT for each in observations)
    assert outcome.looks == Looks(answered, 2)


@pytest.mark.parametrize(
    ("first", "others", "counts"),
    [
        (NO, YES, "ignored 1, honoured 12"),
        (NO, SILENT, "ignored 1, unanswered 12"),
        (mishandled("bad"), accepted("yes"), "mishandled 1, accepted 12"),
    ],
)
def test_a_deviation_that_does_not_repeat_is_inconclusive(first: Observation, others: Observation, counts: str) -> None:
    """It is reported as unstable, with the counts and the first detail, and with what that many looks would have noticed."""
    outcome, script = tried(of("supported"), answering(READY), seeing(first, *[others] * 12))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    assert outcome.detail == f"unstable: {counts} of 13 times; first: {first.detail}"
    assert outcome.looks == Looks(1 if others is SILENT else 13, 1)
    attempts = [attempt for body, _, attempt in script.sent if probing(body)]
    assert attempts == list(
        range(FIRST_REPEAT)
    )  # repeats of invariants begin behind them, so none is read from the cache


def test_a_deviation_of_a_first_look_is_held_against_looks_that_are_as_fresh() -> None:
    """A server that remembers a request answers it in another way; with a space more it is a new one, controls included."""

    def remembering(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return refusal() if probing(body) and (body["messages"][0]["content"].endswith(" ") or not attempt) else READY

    outcome, script = tried(of("supported"), remembering)
    assert outcome.verdict is Verdict.DEVIATES
    assert "(2 of 4 times (50.0%, " in outcome.detail
    prompts = [body["messages"][0]["content"] for body, _, attempt in script.sent if attempt == 3]
    assert len(prompts) == 2
    assert all(prompt.endswith(" ") for prompt in prompts)


def test_a_new_request_is_looked_at_twice() -> None:
    """So that what a server does from the second time on comes again as well as what it does at the first."""
    assert [renewal(repeat) for repeat in range(13)] == [0, 0, 0, 1, 0, 1, 0, 2, 0, 2, 0, 3, 0]


def test_a_deviation_that_depends_on_sampling_gets_no_further_looks() -> None:
    """Its model may answer in another way each time; with samples a majority decides."""
    bound = case("chat.messages.system", says=Says.SUPPORTED, level=Level.MUST)
    outcome, _ = tried(bound, answering(READY), seeing(NO, YES, NO))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    assert outcome.detail == "unstable: ignored 2, honoured 1 of 3 times; first: no"


def failing_at(*attempts: int) -> Outcome:
    """Return the outcome of a case on whose requests the server fails at these attempts."""
    outcome, script = tried(of("supported"), answering(lambda _, __, attempt: FAULT if attempt in attempts else READY))
    assert [attempt for body, _, attempt in script.sent if probing(body)] == list(range(13))
    return outcome


def others(failed: int, total: int) -> Failing:
    """Return what is known of so many other requests, some of which failed."""
    known = Failing()
    for number in range(total):
        answer = FAULT if number < failed else {"body": READY}
        told = exchange(sent=request(model="m", number=number), **answer)
        known.add(told, surfaces.for_request(told.request).read(told))
    return known


@pytest.mark.parametrize("attempts", [(0,), (0, 1), (0, 1, 3, 12)])
def test_server_faults_that_do_not_come_every_time_are_no_sightings(attempts: tuple[int, ...]) -> None:
    """They may be an outage, so by themselves they say nothing; all of the further looks are made."""
    outcome = failing_at(*attempts)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    assert outcome.looks == Looks(13, 0)


def test_server_faults_at_times_count_if_other_requests_fail_more_rarely() -> None:
    """Three of thirteen are a deviation with its rate where no other request failed."""
    bound = of("supported")
    found = compared(failing_at(0, 4, 9), bound, others(0, 250))
    assert (found.verdict, found.reason, found.failures) == (Verdict.DEVIATES, None, None)
    assert "the server failed on this request: 500 server_error" in found.detail
    assert found.detail.endswith("(3 of 13 times (23.1%, 95 % interval 8.2% to 50.3%)); 0 of 250 other requests failed")
    assert found.looks == Looks(13, 3)


def test_server_faults_at_times_are_not_held_against_a_server_that_fails_as_often_otherwise() -> None:
    """Nor where hardly any other request is known, nor where the request failed less than three times."""
    bound, outcome = of("supported"), failing_at(0, 4, 9)
    for known in (others(25, 250), others(3, 250), others(0, 20)):
        assert compared(outcome, bound, known).verdict is Verdict.INCONCLUSIVE
    assert failing_at(0, 4).failures is None
    assert compared(failing_at(0, 4), bound, others(0, 250)).verdict is Verdict.INCONCLUSIVE


def test_only_the_first_of_each_request_counts_among_the_others() -> None:
    """What is sent again because it failed would fail more often; its own requests are no others."""
    known, told = others(1, 3), exchange(sent=request(model="m", number=0), **FAULT)
    again = replace(told, attempt=1)
    known.add(again, surfaces.for_request(again.request).read(again))
    assert (known.without(()), known.without([told.id])) == ((1, 3), (0, 2))


def test_what_is_about_time_counts_only_if_it_comes_each_time() -> None:
    """However rarely other requests fail."""
    bound = of("supported")
    bound = replace(bound, case=replace(bound.case, claim=replace(bound.case.claim, quiet=True)))
    outcome, _ = tried(bound, answering(lambda _, __, attempt: FAULT if attempt in (0, 4, 9) else READY))
    assert outcome.failures is None


@pytest.mark.parametrize(("number", "verdict"), [(3, Verdict.BLOCKED), (4, Verdict.BLOCKED), (5, Verdict.INCONCLUSIVE)])
def test_looks_that_are_not_sent_leave_what_was_seen(number: int, verdict: Verdict) -> None:
    """Three looks are enough to say that a deviation came once; fewer are not."""
    endpoint = Ending(answering(READY), number)
    outcome, _ = tried(of("supported"), READY, seeing(NO, YES, YES), script=endpoint)
    assert outcome.verdict is verdict
    if verdict is Verdict.INCONCLUSIVE:
        assert outcome.detail == "unstable: ignored 1, honoured 2 of 3 times; first: no"


def test_different_deviations_are_reported_with_their_counts() -> None:
    """All three are against the contract, though not in the same way."""
    observations = (ignored("none"), ignored("none"), mishandled("broken"))
    outcome, _ = tried(of("supported"), answering(READY), seeing(*observations))
    assert (outcome.verdict, outcome.detail) == (Verdict.DEVIATES, "none (ignored 2, mishandled 1 of 3 times)")


def test_an_acceptance_where_a_refusal_is_due_is_repeated() -> None:
    """Each attempt sends the request again, without a negative control, which would prove nothing here."""
    outcome, script = tried(of("refused"), answering(READY, negative=READY))
    assert outcome.verdict is Verdict.DEVIATES
    assert [attempt for body, _, attempt in script.sent if probing(body)] == [0, 1, 2]
    assert not any(UNKNOWN_PARAMETER in body for body, _, _ in script.sent)


def test_a_refusal_where_support_is_due_is_repeated_with_its_control() -> None:
    """There are three refusals and three controls."""
    outcome, script = tried(of("supported"), answering(refusal()))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.REFUSED
    assert len({(sample, attempt) for body, sample, attempt in script.sent if sample >= 1000}) == 3


@pytest.mark.parametrize("says", ["supported", "refused", "without effect"])
def test_a_server_fault_that_repeats_is_mishandled(says: str) -> None:
    """It occurs three times for this request, each time followed by a control that succeeds."""
    outcome, script = tried(of(says), answering(FAULT))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.MISHANDLED
    assert "(3 of 3 times)" in outcome.detail
    controls = [index for index, (_, sample, _) in enumerate(script.sent) if sample >= 1000]
    assert len(controls) == 3
    assert all(probing(script.sent[index - 1][0]) for index in controls)


def test_a_server_fault_of_an_unstated_claim_is_noted_once_it_repeats() -> None:
    """It is repeated like any other, but is never a deviation."""
    outcome, script = tried(of("unstated"), answering(FAULT))
    assert outcome.verdict is Verdict.NOTED
    assert sum(probing(body) for body, _, _ in script.sent) == 3


def test_a_server_fault_in_an_outage_is_no_evidence() -> None:
    """If the plain request fails too, the fault is not caused by the request under test."""
    outcome, _ = tried(of("supported"), answering(FAULT, lambda _, sample, __: READY if sample == 0 else FAULT))
    assert outcome.verdict is Verdict.INCONCLUSIVE


def test_a_server_fault_that_passes_is_no_evidence() -> None:
    """If the second attempt succeeds, the fault was an accident."""
    outcome, _ = tried(of("supported"), answering(lambda _, __, attempt: READY if attempt else FAULT))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "unstable: mishandled 1, accepted 12 of 13 times" in outcome.detail


def test_a_hang_where_a_refusal_is_due_is_mishandled() -> None:
    """Three timeouts for a client's mistake, while the plain request is answered, are a deviation."""
    outcome, _ = tried(of("refused"), answering(HANG))
    assert outcome.verdict is Verdict.DEVIATES
    assert "hangs 3 of 3 times" in outcome.detail


def test_hangs_and_faults_together_are_mishandled() -> None:
    """Timeouts and server faults for a client's mistake add up to a deviation, whichever came first."""
    outcome, _ = tried(of("refused"), answering(lambda _, __, attempt: FAULT if attempt else HANG))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation
    assert outcome.observation.seen is Seen.MISHANDLED


def test_a_hang_where_an_answer_is_due_is_no_evidence() -> None:
    """A slow model looks the same as a server that hangs."""
    outcome, script = tried(of("supported"), answering(HANG))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert sum(probing(body) for body, _, _ in script.sent) == 1


# ---------------------------------------------------------------- dead endpoints


def test_a_dead_endpoint_blocks_the_case() -> None:
    """Nothing is sent, not even the preflight."""
    script = Script(lambda *_: READY)
    script.dead = True
    outcome, _ = tried(of("supported"), READY, script=script)
    assert (outcome.verdict, outcome.evidence) == (Verdict.BLOCKED, ())
    assert outcome.detail.startswith("stopped: ")
    assert script.sent == []


def test_an_endpoint_that_dies_during_a_case_blocks_it() -> None:
    """A deviation that could not be repeated is not reported."""
    script = Script(answering(READY))

    async def dying(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=3))
        script.dead = True
        return ignored("no effect")

    outcome, _ = tried(of("supported"), READY, dying, script)
    assert outcome.verdict is Verdict.BLOCKED
    assert len(outcome.evidence) == 1
    assert stopped().detail.startswith("stopped: ")


def test_trials_of_one_model_share_preflight_and_controls() -> None:
    """Two cases of one parameter send one preflight, and one control after their refusals."""
    script = Script(answering(refusal()))
    recorded: list[Exchange] = []

    async def run() -> None:
        cache = RequestCache(script, recorded.append)
        one, other = of("refused"), case("chat.temperature.range", 4, says=Says.REFUSED)
        await asyncio.gather(trial(look, one, cache), trial(look, other, cache))

    asyncio.run(run())
    plain = [body for body, _, _ in script.sent if not probing(body)]
    assert len(plain) == 2
    assert plain[0] == of("refused").plain().json
    assert len(recorded) == 4


# ---------------------------------------------------------------- cases that end early


class Ending(Script):
    """An endpoint to which the request with this number, and all later ones, are not sent."""

    def __init__(self, answer: Answer, number: int) -> None:
        super().__init__(answer)
        self._number = number

    async def send(self, request: Any, sample: int, attempt: int) -> Exchange:
        if len(self.sent) + 1 >= self._number:
            raise NotSent(Reason.BUDGET, "budget: not asked")
        return await super().send(request, sample, attempt)


async def look_thrice(bound: ChatCase, ask: Ask) -> Observation:
    """Send three samples at once, then two requests at once, then one."""
    await ask.samples(bound.request(temperature=bound.value), 3)
    await asyncio.gather(ask(bound.request("one")), ask(bound.request("two")))
    return (await ask(bound.request("three"))).acceptance()


@pytest.mark.parametrize("number", range(2, 8))
def test_a_case_that_ends_early_keeps_its_evidence(number: int) -> None:
    """Whichever request is not sent, all exchanges before it except the preflight are evidence of the case."""
    recorded: list[str] = []
    endpoint = Ending(lambda *_: READY, number)
    cache = RequestCache(endpoint, lambda exchange: recorded.append(exchange.id))
    outcome = asyncio.run(trial(look_thrice, of("unstated"), cache))
    assert (outcome.verdict, outcome.reason) == (Verdict.BLOCKED, Reason.BUDGET)
    assert len(recorded) == number - 1
    assert set(outcome.evidence) == set(recorded[1:])


def test_a_case_whose_repeat_is_not_sent_keeps_its_evidence() -> None:
    """The case is blocked, with the exchanges of the first attempt."""
    endpoint = Ending(answering(refusal()), 4)
    recorded: list[str] = []
    outcome = asyncio.run(
        trial(look, of("supported"), RequestCache(endpoint, lambda exchange: recorded.append(exchange.id)))
    )
    assert outcome.verdict is Verdict.BLOCKED
    assert set(outcome.evidence) == set(recorded[1:]) != set()


async def look_once(bound: ChatCase, ask: Ask) -> Observation:
    """Send one request."""
    return (await ask(bound.request("once"))).acceptance()


def test_a_case_of_which_a_sample_is_not_sent_keeps_its_evidence() -> None:
    """The exchanges of the other samples are evidence of the case."""
    sampled = case("chat.messages.system", says=Says.UNSTATED)  # a claim with a majority
    recorded: list[str] = []

    async def run() -> Outcome:
        cache = RequestCache(Ending(lambda *_: READY, 4), lambda exchange: recorded.append(exchange.id))
        return await trial(look_once, sampled, cache, samples=5)

    outcome = asyncio.run(run())
    assert outcome.verdict is Verdict.BLOCKED
    assert set(outcome.evidence) == set(recorded[1:])
    assert len(recorded) == 3


def test_a_cancelled_trial_returns_its_evidence() -> None:
    """After Ctrl-C the cancellation carries the outcome."""
    recorded: list[str] = []

    async def hang(bound: ChatCase, ask: Ask) -> Observation:
        await ask(bound.request(temperature=bound.value))
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> Outcome:
        cache = RequestCache(Script(lambda *_: READY), lambda exchange: recorded.append(exchange.id))
        task = asyncio.create_task(trial(hang, of("supported"), cache))
        while len(recorded) < 2 and not task.done():
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(Interrupted) as raised:
            await task
        return raised.value.outcome

    outcome = asyncio.run(run())
    assert (outcome.verdict, outcome.reason) == (Verdict.BLOCKED, Reason.STOPPED)
    assert outcome.evidence == tuple(recorded[1:])


# ---------------------------------------------------------------- redacted replies


class Redacted(Script):
    """A recording in which a secret was removed from the replies to some requests."""

    def __init__(self, answer: Answer, lacks: Callable[[dict[str, Any]], bool]) -> None:
        super().__init__(answer)
        self._lacks = lacks

    async def send(self, request: Any, sample: int, attempt: int) -> Exchange:
        exchange = await super().send(request, sample, attempt)
        return replace(exchange, taken=("text",)) if self._lacks(request.json) else exchange


@pytest.mark.parametrize("lacks", [probing, lambda body: not probing(body), lambda _: True])
@pytest.mark.parametrize("answer", [READY, refusal(), {"text": "<html>"}, refusal(500)], ids=range(4))
def test_a_redacted_reply_is_not_judged(answer: Any, lacks: Callable[[dict[str, Any]], bool]) -> None:
    """The case is inconclusive, whether it is the reply under test, a control, or the preflight."""
    outcome, script = tried(of("supported"), answering(answer), script=Redacted(answering(answer), lacks))
    if any(lacks(body) for body, _, _ in script.sent):
        assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.REDACTED)
        assert "a secret was removed" in outcome.detail
        assert outcome.evidence
