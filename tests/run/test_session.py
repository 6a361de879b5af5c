"""A run in one process with a scripted endpoint: when invariants are judged, and over what."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.base.observation import Observation, Reason, honoured
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.session import Run
from conformance.run.settings import Settings
from conformance.trial import odds
from conformance.trial.judge import Verdict
from conformance.trial.odds import Looks
from conformance.trial.trial import Outcome
from tests.support.collecting import over
from tests.support.making import Answer, Script, as_stream, choice, completion, refusal, suite_functions

MODELS = ("openai=gpt-4.1-mini", "claude=claude-sonnet-4-5")
WAIT = 60.0  # seconds; only what hangs takes that long
INVARIANT, OF_STREAMS, ORDINARY = "chat.reply.object", "chat.stream.object", "chat.temperature.range"


def settings(*models: str) -> Settings:
    """Return those of a run against an endpoint that nobody calls."""
    return load_settings(Options(base_url="http://127.0.0.1:1/v1", models=models or MODELS[:1]), check_key=False)


def sound(body: dict[str, Any], *_: int) -> Any:
    """Answer without faults, plain and streamed."""
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    whole = completion(choice("ready"), object="chat.completion", created=1_700_000_000, usage=usage)
    return as_stream(whole) if body.get("stream") else whole


class Endpoint(Script):
    """A scripted endpoint that counts and can be closed; it hangs where it is told to."""

    def __init__(self, answer: Answer, hangs: Callable[[dict[str, Any]], bool] = lambda _: False) -> None:
        super().__init__(answer)
        self.requests = 0
        self.hangs = hangs
        self.reached = threading.Event()

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        self.requests += 1
        if self.hangs(request.json):
            self.reached.set()
            await asyncio.Event().wait()
        return await super().send(request, sample, attempt)

    async def close(self) -> None:
        """Nothing is open."""


@over("shard, apart, requests", [(None, 1, 60.0), ("2/3", 1, 20.0), (None, 4, 15.0), ("1/2", 3, 10.0)])
def test_what_shares_no_pace_keeps_to_a_part_of_the_rate(shard: str | None, apart: int, requests: float) -> None:
    """A shard, and a worker of several on other machines; tokens as well."""
    options = Options(
        base_url="http://127.0.0.1:1/v1",
        models=MODELS[:1],
        shard=shard,
        requests_per_minute=60.0,
        tokens_per_minute=6000.0,
    )
    run = Run(load_settings(options, check_key=False), print, apart=apart)
    pace = run._transport.pacer._first
    assert (pace.requests.rate, pace.tokens.rate) == pytest.approx((requests / 60, requests * 100 / 60))
    run.stop()


@contextmanager
def running(chosen: Settings, endpoint: Endpoint, recorded: list[Exchange] | None = None) -> Iterator[Run]:
    """Run cases against a scripted endpoint, to the end of the block."""
    run = Run(chosen, (recorded if recorded is not None else []).append)
    run.__dict__["_source"] = endpoint
    try:
        yield run
    finally:
        run.stop()


def cases(chosen: Settings, *claims: str) -> list[Case]:
    """Return the cases of claims, in the order in which the claims are given."""
    return [found for claim in claims for found in chosen.cases.values() if found.claim.id == claim]


def outcomes(chosen: Settings, endpoint: Endpoint, order: list[Case], **tests: Any) -> dict[str, Outcome]:
    """Return what became of these cases, queued and waited for in this order."""
    functions = {**suite_functions(), **tests}
    with running(chosen, endpoint) as run:
        run.start((found, functions[found.claim.id]) for found in order)
        return {found.id: run.wait(found) for found in order}


def only(found: dict[str, Outcome], claim: str) -> Outcome:
    """Return the outcome of the one case of a claim."""
    (outcome,) = [outcome for name, outcome in found.items() if name.startswith(f"{claim}@")]
    return outcome


@pytest.mark.parametrize("last", [True, False])
def test_an_invariant_is_judged_over_what_every_case_of_its_model_asked(last: bool) -> None:
    """Wherever it stands in the order, and however late its model's last exchange is."""
    chosen = settings()
    invariant, others = cases(chosen, INVARIANT), cases(chosen, ORDINARY, "chat.n.count")
    order = [*others, *invariant] if last else [*invariant, *others]
    endpoint = Endpoint(sound)
    found = outcomes(chosen, endpoint, order)
    bodies = {str(sorted(body.items(), key=str)) + f"{sample} {attempt}" for body, sample, attempt in endpoint.sent}
    outcome = only(found, INVARIANT)
    assert outcome.verdict is Verdict.CONFORMS
    assert outcome.looks is not None
    assert outcome.looks.count + outcome.looks.left_out == len(bodies) == endpoint.requests > 5
    assert outcome.detail == f"object is chat.completion: {outcome.looks.count} of {outcome.looks.count} answers"


def test_a_fault_that_only_one_late_case_meets_is_found() -> None:
    """The invariant was queued first and has nothing to hold against its own requests."""
    chosen = settings()

    def lying(body: dict[str, Any], *numbers: int) -> Any:
        whole = sound(body, *numbers)
        return {**whole, "object": "text_completion"} if body.get("n") else whole

    found = outcomes(chosen, Endpoint(lying), cases(chosen, INVARIANT, ORDINARY, "chat.n.count"))
    outcome = only(found, INVARIANT)
    assert outcome.verdict is Verdict.DEVIATES
    assert "the same request again: 3 of 3 times" in outcome.detail
    assert "plain with several choices" in outcome.detail


@pytest.mark.parametrize(("broken_everywhere", "verdict"), [(False, Verdict.DEVIATES), (True, Verdict.INCONCLUSIVE)])
def test_failures_at_times_are_held_against_all_requests_of_the_model(
    broken_everywhere: bool, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the case is the first of the run, and the others come later."""
    monkeypatch.setattr(odds, "ALARMS", 1 / 5)  # since the scripted run is short
    chosen = settings()
    order = cases(
        chosen, ORDINARY, "chat.n.count", "chat.top_p.range", "chat.max_tokens.caps", "chat.stop.count", INVARIANT
    )

    def failing(body: dict[str, Any], sample: int, attempt: int) -> Any:
        here = body.get("temperature") == 0.1 and sample < 1000
        elsewhere = broken_everywhere and attempt == 0 and bool({"n", "top_p"} & body.keys())
        if elsewhere or (here and attempt in (0, 4, 6)):
            return refusal(500, "server_error")
        return sound(body)

    found = outcomes(chosen, Endpoint(failing), order)
    (outcome,) = [each for name, each in found.items() if name.startswith(ORDINARY) and name.endswith("=0.1")]
    assert outcome.verdict is verdict, outcome.detail
    assert ("other requests failed" in outcome.detail) != broken_everywhere


def test_models_are_judged_apart() -> None:
    """One that lies does not stain the other."""
    chosen = settings(*MODELS)

    def lying(body: dict[str, Any], *numbers: int) -> Any:
        return {**sound(body, *numbers), "object": "x"} if "claude" in body["model"] else sound(body, *numbers)

    found = outcomes(chosen, Endpoint(lying), cases(chosen, INVARIANT, ORDINARY))
    words = {name.split("@")[1]: outcome.verdict for name, outcome in found.items() if name.startswith(INVARIANT)}
    assert words == {"openai:gpt-4.1-mini": Verdict.CONFORMS, "claude:claude-sonnet-4-5": Verdict.DEVIATES}


def test_an_invariant_that_is_selected_alone_asks_plain_and_streamed() -> None:
    """So it has two answers to look at, the preflight among them."""
    chosen, endpoint = settings(), Endpoint(sound)
    outcome = only(outcomes(chosen, endpoint, cases(chosen, "chat.reply.usage_bounds")), "chat.reply.usage_bounds")
    assert outcome.detail == "counts fit the texts: 1 of 1 answers"  # a stream without usage shows nothing about counts
    assert [bool(body.get("stream")) for body, _, _ in endpoint.sent] == [False, True]
    echoing = Endpoint(lambda body, *numbers: sound(body, *numbers))
    ends = only(outcomes(chosen, echoing, cases(chosen, "chat.reply.calls_end")), "chat.reply.calls_end")
    assert (ends.verdict, ends.looks) == (Verdict.CONFORMS, Looks(2))
    assert ends.detail.endswith("2 of 2 answers")
    assert len(echoing.sent) == 2


def test_a_fault_of_streams_is_found_by_an_invariant_alone() -> None:
    """The preflight is in order, and the stream that it asks for is not."""
    chosen = settings()

    def lying(body: dict[str, Any], *_: int) -> Any:
        whole = completion(choice("ready", finish="tool_calls" if body.get("stream") else "stop"))
        return as_stream(whole) if body.get("stream") else whole

    outcome = only(outcomes(chosen, Endpoint(lying), cases(chosen, "chat.reply.calls_end")), "chat.reply.calls_end")
    assert (outcome.verdict, "streamed 1 of 1" in outcome.detail) == (Verdict.DEVIATES, True)


def test_a_run_that_is_stopped_judges_no_invariant() -> None:
    """Its model's last exchange is not in; what waits for it is told that the run ended."""
    chosen = settings()
    endpoint = Endpoint(sound, hangs=lambda body: "temperature" in body)
    order = cases(chosen, INVARIANT, ORDINARY)
    with running(chosen, endpoint) as run:
        run.start((found, suite_functions()[found.claim.id]) for found in order)
        assert endpoint.reached.wait(WAIT)
        run.stop()
        found = {each.id: run.wait(each) for each in order}
    assert {(each.verdict, each.reason) for each in found.values()} == {(Verdict.BLOCKED, Reason.STOPPED)}


def test_a_case_that_breaks_does_not_hold_up_the_invariants() -> None:
    """Its own fault is raised to whoever waits for it."""

    async def broken(bound: Any, ask: Any) -> Observation:
        await ask(bound.request(temperature=1))
        raise ZeroDivisionError

    chosen = settings()
    (invariant,), ordinary = cases(chosen, INVARIANT), cases(chosen, ORDINARY)
    with running(chosen, Endpoint(sound)) as run:
        run.start([(invariant, suite_functions()[INVARIANT]), *((found, broken) for found in ordinary)])
        assert run.wait(invariant).verdict is Verdict.CONFORMS
        with pytest.raises(ZeroDivisionError):
            run.wait(ordinary[0])


def test_what_is_not_sent_does_not_hold_up_the_invariants() -> None:
    """Nor does a model that does not answer: its invariants are blocked like all else."""
    chosen = settings()
    found = outcomes(chosen, Endpoint(lambda *_: refusal(401)), cases(chosen, INVARIANT, OF_STREAMS, ORDINARY))
    assert {(each.verdict, each.reason) for each in found.values()} == {(Verdict.BLOCKED, Reason.PREFLIGHT)}


def test_the_answer_to_a_case_about_a_mistake_is_left_out() -> None:
    """What the contract says is refused has no right answer."""
    chosen = settings()

    async def mistaken(bound: Any, ask: Any) -> Observation:
        await ask(bound.request(temperature=bound.value))
        return honoured("seen")

    (invariant,) = cases(chosen, INVARIANT)
    mistakes = [found for found in cases(chosen, "chat.temperature.wrong_type") if found.rule.says == "refused"]
    assert mistakes

    def lying(body: dict[str, Any], *numbers: int) -> Any:
        odd = isinstance(body.get("temperature"), str | list | dict)
        return {**sound(body, *numbers), "object": "x"} if odd else sound(body, *numbers)

    with running(chosen, Endpoint(lying)) as run:
        run.start([(invariant, suite_functions()[INVARIANT]), *((found, mistaken) for found in mistakes)])
        outcome = run.wait(invariant)
    assert outcome.verdict is Verdict.CONFORMS
    assert outcome.looks is not None
    assert outcome.looks.left_out > 0
