"""Invariants: what a witness counts, what is left out, and when a violation becomes a verdict."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from conformance.base.observation import Observation, Reason, Seen, absent, mishandled, unanswered
from conformance.contract.claims import Level, Says
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import Ask
from conformance.trial.concluding import FIRST_REPEAT, REPEATS
from conformance.trial.hearing import FEWEST, close_hearing, open_hearing
from conformance.trial.invariants import SILENT, Compared, Finding, Invariant, Subject, invariant_of
from conformance.trial.judge import Verdict
from conformance.trial.odds import Looks
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import FURTHER_LOOKS
from conformance.trial.tallies import EXAMPLES, Elsewhere
from conformance.trial.trial import Interrupted, Outcome
from conformance.trial.witness import Witness
from tests.support.making import Answer, Script, as_stream, case, choice, completion, exchange, refusal, request

GOOD, BAD, ODD = (completion(choice(text)) for text in ("good", "bad", "odd"))


def look(reply: Any) -> Finding:
    """Find the text bad, say nothing about odd ones, and take a 500 for an accident."""
    if reply.exchange.status == 500:
        return mishandled("the server failed", suspect=True)
    return SILENT if reply.text == "odd" else "the text is bad" if reply.text == "bad" else None


def stated(subject: Subject = Subject.ANSWER, found: Callable[[Any], Finding] = look, **how: Any) -> Invariant:
    """Return an invariant about the text of replies."""
    return Invariant(subject, "the text is good", lambda _: found, **how)


def of(says: str = "supported", level: str = "must") -> ChatCase:
    """Return the case of an invariant for which the contract says this."""
    return case("chat.reply.role", says=Says(says), level=Level(level), why="so it is")


def asked(number: int, body: Any = GOOD, *, status: int = 200, **sent: Any) -> Exchange:
    """Return one exchange of a run; each number is another request."""
    told = request(model="m", number=number, **sent)
    if sent.get("stream"):
        return exchange(sent=told, **as_stream(body))
    return exchange(status, body, sent=told)


async def nothing(bound: ChatCase, ask: Ask[Any]) -> Observation:
    """Ask for nothing."""
    return unanswered("nothing was asked")


async def itself(bound: ChatCase, ask: Ask[Any]) -> Observation:
    """Ask the plain request, as it is and as a stream."""
    await ask(bound.plain())
    await ask(bound.vary(bound.plain(), stream=True))
    return unanswered("judged over all")


class Fresh:
    """An endpoint that answers what is asked again by turns, and every plain request with a text."""

    def __init__(self, *turns: Any, control: Any = GOOD) -> None:
        self._turns = list(turns)
        self._control = control
        self.attempts: list[int] = []

    def __call__(self, body: dict[str, Any], sample: int, attempt: int) -> Any:
        if sample >= 1000:
            return self._control
        self.attempts.append(attempt)
        return self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]


def judged(
    *exchanges: Exchange,
    of_it: Invariant | None = None,
    bound: ChatCase | None = None,
    fresh: Answer | None = None,
    test: Any = nothing,
    mistakes: tuple[Exchange, ...] = (),
    source: Any = None,
    share: float | None = None,
    known: bool = False,
) -> Outcome:
    """Return the outcome of an invariant over these exchanges; `fresh` answers whatever is asked again."""
    witness, bound = Witness(), bound or of()
    witness.enrol(bound, of_it or stated())
    for each in exchanges:
        witness.hear(each, mistake=False)
    for each in mistakes:
        witness.hear(each, mistake=True)
    cache = RequestCache(source or Script(fresh or Fresh(GOOD)), lambda _: None)
    return asyncio.run(close_hearing(test, witness, bound, cache, share=share, known=known))


# ---------------------------------------------------------------- what bears on it


def test_without_anything_that_bears_on_it_there_is_no_evidence() -> None:
    """Neither where nothing was heard, nor where all that was heard shows nothing."""
    for heard in ([], [asked(1, ODD), asked(2, ODD)], [asked(1, status=400, body=refusal()["body"])]):
        outcome = judged(*heard)
        assert (outcome.verdict, outcome.looks) == (Verdict.INCONCLUSIVE, Looks(0))
        assert outcome.detail == "none of the answers of this run shows anything about it"


def test_all_in_order_conforms_and_counts() -> None:
    """What shows nothing is not counted, and nothing is asked again."""
    fresh = Fresh(BAD)
    outcome = judged(asked(1), asked(2), asked(3, stream=True), asked(4, ODD), fresh=fresh)
    assert (outcome.verdict, outcome.detail) == (Verdict.CONFORMS, "the text is good: 3 of 3 answers")
    assert outcome.looks == Looks(3)
    assert fresh.attempts == []
    assert set(outcome.evidence) == {asked(1).id, asked(2).id, asked(3, stream=True).id}


def test_what_holds_by_absence_is_accepted_and_not_honoured() -> None:
    """It shows no use of its parameter."""
    outcome = judged(asked(1), asked(2), of_it=stated(absence=True))
    assert outcome.observation == absent("the text is good: 2 of 2 answers")
    assert outcome.verdict is Verdict.CONFORMS


REFUSED = refusal()["body"]
SUBJECTS = [
    (Subject.ANSWER, 2),
    (Subject.STREAM, 1),
    (Subject.REFUSAL, 2),
    (Subject.REPLY, 4),
    (Subject.EVENTS, 1),
]


@pytest.mark.parametrize(("subject", "count"), SUBJECTS)
def test_a_subject_says_which_replies_bear_on_it(subject: Subject, count: int) -> None:
    """Answers, streams, refusals or everything that came back with a status."""
    heard = [asked(1), asked(2, stream=True), asked(3, REFUSED, status=400), asked(4, REFUSED, status=500)]
    lost = exchange(sent=request(model="m", number=5), failure="timeout")
    outcome = judged(*heard, lost, of_it=stated(subject, lambda _: None))
    assert outcome.looks == Looks(count)
    assert outcome.detail == f"the text is good: {count} of {count} {subject}"


def test_the_same_exchange_is_heard_once() -> None:
    """However often it is handed on, as in a replay."""
    assert judged(asked(1), asked(1), asked(2)).looks == Looks(2)


def test_every_case_that_is_enrolled_has_a_tally_of_its_own() -> None:
    """One exchange is held against all of them, and a fault of one look is no fault of the others."""
    witness = Witness()
    cases = [of(), case("chat.reply.id"), case("chat.stream.id")]
    for bound, subject in zip(cases, (Subject.ANSWER, Subject.ANSWER, Subject.STREAM), strict=True):
        witness.enrol(bound, stated(subject))
    witness.hear(asked(1), mistake=False)
    assert [witness.tally(bound).total for bound in cases] == [(1, 0), (1, 0), (0, 0)]


# ---------------------------------------------------------------- what is left out


def test_the_answer_to_a_mistake_is_left_out_and_its_refusal_is_not() -> None:
    """Nobody says what the answer has to be; how many were left out is counted."""
    refused = asked(2, REFUSED, status=400)
    outcome = judged(asked(1), mistakes=(asked(3, BAD), refused))
    assert (outcome.verdict, outcome.looks) == (Verdict.CONFORMS, Looks(1, left_out=1))
    found = judged(mistakes=(asked(3, BAD), refused), of_it=stated(Subject.REFUSAL, lambda _: "bad refusal"))
    assert found.looks == Looks(1, 1, 1)
    assert found.observation is not None
    assert found.observation.seen is Seen.UNANSWERED  # it did not come again


def test_what_was_cut_for_its_size_is_left_out() -> None:
    """What is missing of it is our doing."""
    outcome = judged(asked(1), replace(asked(2, BAD), failure="too large"))
    assert (outcome.verdict, outcome.looks) == (Verdict.CONFORMS, Looks(1, left_out=1))


def test_what_lacks_a_secret_is_left_out_and_the_reason_says_so() -> None:
    """What stands in its place is not judged; the recorded run knows what it was, unless the rest is against already."""
    redacted = replace(asked(9, BAD), taken=("text",))
    outcome = judged(asked(1), asked(2), redacted)
    assert (outcome.verdict, outcome.reason) == (Verdict.CONFORMS, Reason.REDACTED)
    assert outcome.looks == Looks(2, left_out=1)
    against = judged(asked(1, BAD), asked(2, BAD), redacted)
    assert (against.verdict, against.reason) == (Verdict.DEVIATES, None)


def test_what_asks_for_itself_only_because_replies_lack_a_secret_is_not_judged() -> None:
    """The recording has no such request, since the run that was recorded needed none; the budget is another matter."""
    redacted = [replace(asked(number), taken=("text",)) for number in (1, 2)]
    outcome = judged(*redacted, test=itself, source=Ending(Fresh(GOOD), 0, Reason.NOT_RECORDED))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.REDACTED)
    assert outcome.detail == "not judged: a secret was removed from a reply that this depends on"
    spent = judged(*redacted, test=itself, source=Ending(Fresh(GOOD), 0))
    assert (spent.verdict, spent.reason) == (Verdict.BLOCKED, Reason.BUDGET)


def test_what_is_asked_again_is_not_counted_as_heard() -> None:
    """It is a look at one request, and the rate over all is that of the run."""
    outcome = judged(asked(1, BAD), asked(2), fresh=Fresh(BAD))
    assert outcome.looks == Looks(2, 1)


# ---------------------------------------------------------------- a violation


def test_a_violation_that_comes_again_both_times_is_a_verdict() -> None:
    """However many other exchanges are in order; it is asked afresh, as attempts that no other case uses."""
    fresh = Fresh(BAD)
    outcome = judged(*map(asked, range(1, 50)), asked(0, BAD), fresh=fresh)
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail == (
        "the text is bad (1 of 50 answers (2.0%, 95 % interval 0.4% to 10.5%); the same request again: 3 of 3 times)"
    )
    assert fresh.attempts == [FIRST_REPEAT, FIRST_REPEAT + 1]
    assert outcome.looks == Looks(50, 1)
    assert outcome.evidence[0] == asked(0, BAD).id
    assert len(outcome.evidence) == 1 + REPEATS
    assert outcome.seconds == pytest.approx(0.04)


@pytest.mark.parametrize(("level", "verdict"), [("must", Verdict.DEVIATES), ("should", Verdict.DIFFERS)])
def test_what_every_exchange_violates_needs_no_interval(level: str, verdict: Verdict) -> None:
    """The table of the judge says what it means."""
    outcome = judged(asked(1, BAD), asked(2, BAD), bound=of("supported", level), fresh=Fresh(BAD))
    assert outcome.verdict is verdict
    assert outcome.detail == "the text is bad (2 of 2 answers; the same request again: 3 of 3 times)"


def test_the_violation_with_the_smallest_id_is_asked_again() -> None:
    """In whatever order the replies came, so that a replay finds what was recorded."""
    heard = [asked(number, BAD) for number in range(8)]
    first = min(heard, key=lambda each: each.id)
    for order in (heard, heard[::-1]):
        script = Script(Fresh(BAD))
        outcome = judged(*order, source=script)
        assert {body["number"] for body, _, _ in script.sent} == {first.request.json["number"]}
        assert outcome.evidence[:EXAMPLES] == tuple(sorted(each.id for each in heard)[:EXAMPLES])


def test_the_sample_is_asked_again_as_well() -> None:
    """A fault of the second of two equal requests is asked for under its own number."""
    script = Script(Fresh(BAD))
    judged(replace(asked(1, BAD), sample=7), source=script)
    assert [(sample, attempt) for _, sample, attempt in script.sent] == [(7, FIRST_REPEAT), (7, FIRST_REPEAT + 1)]


COMES = [
    ([BAD, GOOD], 1, "1 of 2 answers (50.0%, 95 % interval 9.5% to 90.5%); the same request again: 2 of 3 times"),
    ([GOOD, BAD], 1, "1 of 2 answers (50.0%, 95 % interval 9.5% to 90.5%); the same request again: 2 of 3 times"),
    ([GOOD, GOOD, GOOD, BAD], 1, "; the same request again: 2 of 5 times (40.0%"),
    ([*[GOOD] * 11, BAD], 1, "; the same request again: 2 of 13 times (15.4%"),
    ([GOOD, GOOD], 2, "2 of 3 answers (66.7%, 95 % interval 20.8% to 93.9%); the same request again: 1 of 3 times"),
]


@pytest.mark.parametrize(("turns", "violating", "rate"), COMES)
def test_a_violation_that_comes_and_goes_is_one_at_the_second_sighting(
    turns: list[Any], violating: int, rate: str
) -> None:
    """In the run or at a fresh look; then nothing more is asked."""
    fresh = Fresh(*turns)
    outcome = judged(asked(0), *(asked(number, BAD) for number in range(1, violating + 1)), fresh=fresh)
    assert outcome.verdict is Verdict.DEVIATES
    assert rate in outcome.detail
    assert fresh.attempts == list(range(FIRST_REPEAT, FIRST_REPEAT + len(turns)))
    assert outcome.looks == Looks(violating + 1, violating)


def test_a_violation_that_was_seen_once_is_inconclusive() -> None:
    """After two fresh looks and ten more at its request; the detail says what was seen and how often it was asked."""
    fresh = Fresh(GOOD)
    outcome = judged(asked(0), asked(1, BAD), asked(2), fresh=fresh)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)
    assert outcome.detail == (
        "unstable: 1 of 3 answers (33.3%, 95 % interval 6.1% to 79.2%), and 0 of 12 times when that request was asked again; "
        "the text is bad"
    )
    assert fresh.attempts == list(range(FIRST_REPEAT, FIRST_REPEAT + REPEATS + FURTHER_LOOKS))
    assert len(outcome.evidence) == 1 + REPEATS + FURTHER_LOOKS


def test_a_fresh_look_that_shows_nothing_is_no_second_sighting() -> None:
    """Neither is one that is refused."""
    for given in (ODD, refusal(), refusal(429), {"failure": "timeout"}):
        assert judged(asked(0), asked(1, BAD), fresh=Fresh(given)).verdict is Verdict.INCONCLUSIVE


def test_every_second_further_look_is_at_a_request_that_the_server_has_not_seen() -> None:
    """A cache answers the known request in order; the first look is held against what comes as fresh as it was."""
    known = "Say something"

    def caching(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return GOOD if body["messages"][0]["content"] == known else BAD

    first = asked(1, BAD, messages=[{"role": "user", "content": known}])
    script = Script(caching)
    outcome = judged(asked(0), first, source=script)
    assert outcome.verdict is Verdict.DEVIATES
    assert "the same request again: 2 of 4 times" in outcome.detail
    assert [body["messages"][0]["content"].removeprefix(known) for body, _, _ in script.sent] == ["", "", " "]
    compared = stated(found=lambda reply: Compared("k", reply.text, lambda value, usual: "differs"), compares=True)
    script = Script(caching)
    heard = [asked(n, messages=[{"role": "user", "content": known}]) for n in (2, 3)]
    assert judged(first, *heard, of_it=compared, source=script).verdict is Verdict.INCONCLUSIVE
    assert {body["messages"][0]["content"] for body, _, _ in script.sent} == {known}


@pytest.mark.parametrize(("proves", "looks"), [(False, 46), (True, 29)])
def test_a_share_asks_for_what_is_lacking(proves: bool, looks: int) -> None:
    """Only for that, with numbers that no other case uses; one sighting needs fewer looks than two."""
    script = Script(lambda *_: GOOD)
    outcome = judged(*map(asked, range(20)), of_it=stated(proves=proves), test=itself, source=script, share=0.1)
    assert outcome.verdict is Verdict.CONFORMS
    assert outcome.looks is not None
    assert outcome.looks.noticed <= 0.1
    assert looks <= outcome.looks.count < looks + 2
    assert len(script.sent) == outcome.looks.count - 20
    assert len({(str(body), sample) for body, sample, _ in script.sent}) == len(script.sent)
    assert min(sample for _, sample, _ in script.sent) > 1_000_000
    heard = [*map(asked, range(looks))]
    script = Script(lambda *_: GOOD)
    assert judged(*heard, of_it=stated(proves=proves), test=itself, source=script, share=0.1).looks == Looks(
        looks, needed=1 if proves else 2
    )
    assert script.sent == []


def test_a_share_gives_up_where_its_own_requests_show_nothing() -> None:
    """One turn tells."""
    script = Script(lambda *_: ODD)
    outcome = judged(asked(0), asked(1), test=itself, source=script, share=0.1)
    assert (outcome.verdict, outcome.looks) == (Verdict.CONFORMS, Looks(2))
    assert len(script.sent) == 2


def test_what_is_known_from_an_earlier_run_is_not_asked_again() -> None:
    """One sighting shows that it is as it was; without a sighting it holds."""
    fresh = Fresh(GOOD)
    assert judged(asked(1, BAD), asked(2), fresh=fresh, known=True).verdict is Verdict.DEVIATES
    assert judged(asked(1), asked(2), fresh=fresh, known=True).verdict is Verdict.CONFORMS
    assert fresh.attempts == []


def test_what_proves_itself_is_believed_at_one_sighting() -> None:
    """And nothing is asked again."""
    fresh = Fresh(GOOD)
    outcome = judged(asked(1, BAD), asked(2), of_it=stated(proves=True), fresh=fresh)
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail == "the text is bad (1 of 2 answers (50.0%, 95 % interval 9.5% to 90.5%))"
    assert fresh.attempts == []
    assert outcome.looks == Looks(2, 1, needed=1)


def test_an_observation_may_be_proof_by_itself() -> None:
    """Though others of the same invariant have to come again."""

    def found(reply: Any) -> Finding:
        return mishandled("the text is bad", proof=True) if reply.text == "bad" else look(reply)

    fresh = Fresh(GOOD)
    outcome = judged(asked(1, BAD), asked(2), of_it=stated(found=found), fresh=fresh)
    assert (outcome.verdict, fresh.attempts) == (Verdict.DEVIATES, [])
    assert outcome.looks == Looks(2, 1, needed=2)


@pytest.mark.parametrize("says", ["unstated"])
def test_what_nobody_states_is_noted_without_asking_again(says: str) -> None:
    """It fails nothing, so it is worth no further request."""
    fresh = Fresh(GOOD)
    outcome = judged(asked(1, BAD), asked(2), bound=of(says, "unstated"), fresh=fresh)
    assert outcome.verdict is Verdict.NOTED
    assert outcome.detail == "the text is bad (1 of 2 answers (50.0%, 95 % interval 9.5% to 90.5%))"
    assert fresh.attempts == []


def test_rates_are_told_by_kind_of_request() -> None:
    """Where a kind violates it, and only if there are others; most violations first."""
    heard = [*map(asked, range(10)), asked(20, BAD), *(asked(n, BAD, stream=True) for n in (30, 31)),
             asked(40, tools=[1])]  # fmt: skip
    outcome = judged(*heard, fresh=Fresh(BAD))
    assert "3 of 14 answers (21.4%, " in outcome.detail
    assert ": streamed 2 of 2, plain 1 of 11; the same request again" in outcome.detail
    alone = judged(asked(1, BAD), asked(2), fresh=Fresh(BAD))
    assert "plain" not in alone.detail


def test_an_observation_of_the_look_is_kept() -> None:
    """With its word; one without evidence is silence."""
    ignored = stated(found=lambda _: Observation(Seen.IGNORED, "no effect", "1-4"))
    outcome = judged(asked(1), asked(2), of_it=ignored)
    assert outcome.observation is not None
    assert (outcome.observation.seen, outcome.observation.measured) == (Seen.IGNORED, "1-4")
    assert judged(asked(1), of_it=stated(found=lambda _: unanswered("nothing"))).looks == Looks(0)


def alike() -> Invariant:
    """Return an invariant whose answers must all have one text."""

    def compare(reply: Any) -> Finding:
        return Compared("text", reply.text, lambda got, usual: f"{got}, otherwise {usual}")

    return Invariant(Subject.ANSWER, "alike", lambda _: compare, compares=True)


def test_values_that_must_agree_are_compared_with_the_usual_one() -> None:
    """Whichever came first; a fresh look is compared with it too, and does not outvote it."""
    outcome = judged(asked(1, ODD), asked(2), asked(3), of_it=alike(), fresh=Fresh(ODD))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.startswith("odd, otherwise good (1 of 3 answers")
    assert "the same request again: 3 of 3 times" in outcome.detail


def test_values_that_agree_are_in_order() -> None:
    """All of them bear on the invariant."""
    outcome = judged(asked(1), asked(2), asked(3), of_it=alike())
    assert (outcome.verdict, outcome.looks) == (Verdict.CONFORMS, Looks(3))


def test_of_two_values_that_are_as_frequent_one_is_taken() -> None:
    """The same in whatever order they came, so that a replay finds the same."""
    details = {
        judged(*order, of_it=alike(), fresh=Fresh(ODD)).detail for order in permutations([asked(1), asked(2, ODD)])
    }
    assert len(details) == 1


def test_a_difference_that_is_in_order_is_no_violation() -> None:
    """The invariant says which values differ in a way that matters."""

    def near(reply: Any) -> Finding:
        return Compared("key", len(reply.text), lambda got, usual: "far apart" if abs(got - usual) > 1 else None)

    texts = ["aaa", "aaa", "aa", "a"]
    given = [asked(number, completion(choice(text))) for number, text in enumerate(texts)]
    outcome = judged(*given, of_it=stated(found=near, compares=True), fresh=Fresh(completion(choice("a"))))
    assert outcome.detail.startswith("far apart (1 of 4 answers")


def test_values_that_cannot_be_compared_show_nothing_wrong() -> None:
    """As those of a model that varies; the invariant decides from how often each came."""
    seen: list[Any] = []

    def never(key: str, numbers: Any) -> bool:
        seen.append((key, dict(numbers)))
        return False

    given = [asked(number, completion(choice(text))) for number, text in enumerate("aab")]
    found = lambda reply: Compared("key", reply.text, lambda got, usual: "it differs")  # noqa: E731
    assert judged(*given, of_it=stated(found=found, compares=True, comparable=never)).verdict is Verdict.CONFORMS
    assert seen == [("key", {"a": 2, "b": 1})]


def test_a_difference_that_may_be_chance_counts_if_it_comes_every_time() -> None:
    """Two of three are not enough."""
    found = lambda reply: Compared("key", reply.text, lambda got, usual: mishandled("it differs", suspect=True))  # noqa: E731
    given = [asked(1), asked(2), asked(3, BAD)]
    for turns, verdict in (([BAD], Verdict.DEVIATES), ([BAD, GOOD], Verdict.INCONCLUSIVE)):
        assert judged(*given, of_it=stated(found=found, compares=True), fresh=Fresh(*turns)).verdict is verdict


def test_a_reply_may_show_several_values() -> None:
    """It violates the invariant by any of them."""

    def letters(reply: Any) -> Finding:
        return tuple(Compared(letter, reply.exchange.id, lambda got, usual: "a letter twice") for letter in reply.text)

    given = [asked(number, completion(choice(text))) for number, text in enumerate(["abc", "def", "cgh"])]
    outcome = judged(*given, of_it=stated(found=letters, compares=True, proves=True))
    assert outcome.detail.startswith("a letter twice (1 of 3 answers")


def test_a_value_of_another_model_is_found() -> None:
    """Where values must differ over the whole run, in the model whose reply comes second."""
    found = lambda reply: Compared(reply.text, reply.exchange.id, lambda got, usual: "twice")  # noqa: E731
    invariant = stated(found=found, compares=True, proves=True, across_models=True)
    shared: Elsewhere = {}
    outcomes = []
    for model, texts in (("openai", "ab"), ("claude", "bc")):
        bound, witness = case("chat.reply.id_unique", model=model), Witness(shared)
        witness.enrol(bound, invariant)
        for number, text in enumerate(texts):
            told = replace(request(model=model, number=number), model=str(bound.case.model))
            witness.hear(exchange(body=completion(choice(text)), sent=told), mistake=False)
        cache = RequestCache(Script(Fresh(GOOD)), lambda _: None)
        outcomes.append(asyncio.run(close_hearing(nothing, witness, bound, cache)))
    assert outcomes[0].verdict is Verdict.CONFORMS
    assert outcomes[1].detail.startswith(f"twice, one of them of {case('chat.reply.id').case.model} (1 of 2 answers")


# ---------------------------------------------------------------- faults of a server

FAULT = refusal(500, "server_error")


def failed(number: int) -> Exchange:
    """Return a request of the run on which the server failed."""
    return asked(number, FAULT["body"], status=500)


def test_a_server_fault_is_noted_of_an_unstated_claim_only_if_it_comes_again() -> None:
    """As for any other claim; if it does not, what all the other replies show is what there is to note."""
    often, once = (
        judged(
            failed(1),
            asked(2),
            of_it=stated(Subject.REPLY),
            bound=of("unstated", "unstated"),
            source=Script(Fresh(answer)),
        )
        for answer in (FAULT, GOOD)
    )
    assert (often.verdict, often.observation and often.observation.seen) == (Verdict.NOTED, Seen.MISHANDLED)
    assert (once.verdict, once.observation and once.observation.seen) == (Verdict.NOTED, Seen.HONOURED)
    assert "apart from 1 of 2 replies" in once.detail
    assert "which did not come again" in once.detail


def test_a_server_fault_that_comes_every_time_is_a_verdict() -> None:
    """Each fresh one is followed by a plain request that succeeds."""
    script = Script(Fresh(FAULT))
    outcome = judged(failed(1), of_it=stated(Subject.REFUSAL), source=script)
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.observation is not None
    assert not outcome.observation.suspect
    assert [sample >= 1000 for _, sample, _ in script.sent] == [False, True, False, True]
    assert script.sent[1][0] == of().control_after(of().case.id).json


def test_a_server_fault_at_times_counts_if_other_requests_fail_more_rarely() -> None:
    """The same request fails three of thirteen times, and none of the others; not if the claim is about time, or compares."""
    turns = [GOOD, FAULT, GOOD, GOOD, FAULT, *[GOOD] * 7]
    given = [failed(0), *(asked(number) for number in range(1, 251))]
    outcome = judged(*given, of_it=stated(Subject.REPLY), source=Script(Fresh(*turns)))
    assert outcome.verdict is Verdict.DEVIATES
    assert outcome.detail.endswith("this request 3 of 13 times (23.1%, 95 % interval 8.2% to 50.3%), others 0 of 250)")
    quiet = of()
    quiet = replace(quiet, case=replace(quiet.case, claim=replace(quiet.case.claim, quiet=True)))
    for bound, heard in ((quiet, given), (of(), [*map(failed, range(26)), *given[26:]]), (of(), given[:20])):
        found = judged(*heard, of_it=stated(Subject.REPLY), source=Script(Fresh(*turns)), bound=bound)
        assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)


def test_a_server_that_fails_altogether_is_no_evidence() -> None:
    """Where the control fails as well, nothing is said about the request."""
    outcome = judged(failed(1), of_it=stated(Subject.REFUSAL), fresh=Fresh(FAULT, control=FAULT))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, Reason.UNSTABLE)


def test_an_outage_that_several_requests_met_is_no_evidence() -> None:
    """It passed: not one of them fails when it is asked again."""
    outcome = judged(failed(1), failed(2), failed(3), of_it=stated(Subject.REFUSAL), fresh=Fresh(refusal()))
    assert outcome.verdict is Verdict.INCONCLUSIVE


# ---------------------------------------------------------------- our own faults, and what is not sent


def test_what_a_look_breaks_with_is_raised_to_who_waits() -> None:
    """Not to whoever sent the request, and not for the other invariants."""
    broken, sound = of(), case("chat.reply.id")
    witness = Witness()
    witness.enrol(broken, stated(found=lambda reply: reply.no_such_thing))
    witness.enrol(sound, stated())
    for number in range(FEWEST):
        witness.hear(asked(number), mistake=False)
    cache = RequestCache(Script(Fresh(GOOD)), lambda _: None)
    assert asyncio.run(close_hearing(nothing, witness, sound, cache)).verdict is Verdict.CONFORMS
    with pytest.raises(AttributeError, match="no_such_thing"):
        asyncio.run(close_hearing(nothing, witness, broken, cache))


def test_a_look_that_broke_once_hides_behind_no_verdict() -> None:
    """What the others show may be right; that it broke is told."""

    def fragile(reply: Any) -> Finding:
        return None if reply.text == "good" else reply.no_such_thing  # type: ignore[no-any-return]

    with pytest.raises(AttributeError):
        judged(asked(1), asked(2, BAD), asked(3), of_it=stated(found=fragile))


class Ending(Script):
    """An endpoint that is asked only so often."""

    def __init__(self, answer: Answer, count: int, reason: Reason = Reason.BUDGET) -> None:
        super().__init__(answer)
        self._count, self._reason = count, reason

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        if len(self.sent) >= self._count:
            raise NotSent(self._reason, "budget: not asked")
        return await super().send(request, sample, attempt)


@pytest.mark.parametrize("count", range(REPEATS))
def test_a_violation_that_cannot_be_asked_again_is_blocked(count: int) -> None:
    """One sighting is no verdict; what was asked until then belongs to the case."""
    outcome = judged(asked(1, BAD), asked(2), source=Ending(Fresh(GOOD), count))
    assert (outcome.verdict, outcome.detail, outcome.reason) == (Verdict.BLOCKED, "budget: not asked", Reason.BUDGET)
    assert len(outcome.evidence) == count


def test_a_second_sighting_needs_no_third() -> None:
    """What cannot be asked once more does not take it back."""
    outcome = judged(asked(1, BAD), asked(2), source=Ending(Fresh(BAD), 1))
    assert outcome.verdict is Verdict.DEVIATES
    assert "the same request again: 2 of 2 times" in outcome.detail


@pytest.mark.parametrize("reason", [Reason.BUDGET, Reason.NOT_RECORDED])
def test_two_sightings_are_a_verdict_without_asking_again(reason: Reason) -> None:
    """As in the replay of a recording, which has no fresh look at them."""
    outcome = judged(asked(1, BAD), asked(2, BAD), source=Ending(Fresh(BAD), 0, reason))
    assert outcome.verdict is Verdict.DEVIATES


def test_what_is_in_order_needs_nothing_to_be_sent() -> None:
    """The run may be at its end."""
    assert judged(asked(1), asked(2), source=Ending(Fresh(BAD), 0)).verdict is Verdict.CONFORMS
    assert judged(asked(1), test=itself, source=Ending(Fresh(BAD), 0)).verdict is Verdict.CONFORMS
    assert judged(test=itself, source=Ending(Fresh(BAD), 0)).verdict is Verdict.BLOCKED


def test_a_hearing_that_is_cancelled_says_what_it_had_asked() -> None:
    """The outcome comes with the cancellation."""

    async def run() -> Outcome:
        witness = Witness()
        witness.enrol(of(), stated())
        witness.hear(asked(1, BAD), mistake=False)
        waiting = asyncio.Event()

        class Hanging(Script):
            async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
                if len(self.sent) == 1:
                    waiting.set()
                    await asyncio.Event().wait()
                return await super().send(request, sample, attempt)

        cache = RequestCache(Hanging(Fresh(BAD)), lambda _: None)
        task = asyncio.create_task(close_hearing(nothing, witness, of(), cache))
        await waiting.wait()
        task.cancel()
        with pytest.raises(Interrupted) as found:
            await task
        return found.value.outcome

    outcome = asyncio.run(run())
    assert (outcome.verdict, outcome.reason, len(outcome.evidence)) == (Verdict.BLOCKED, Reason.STOPPED, 1)


# ---------------------------------------------------------------- asked by itself


def test_an_invariant_on_which_little_bears_asks_for_itself() -> None:
    """Plain and streamed; what was heard is not counted twice, and what it asks is looked at like all else."""
    answer: Answer = lambda body, *_: as_stream(GOOD) if body.get("stream") else GOOD  # noqa: E731
    alone = judged(test=itself, fresh=answer)
    assert (alone.verdict, alone.detail) == (Verdict.CONFORMS, "the text is good: 2 of 2 answers")
    plain = exchange(body=GOOD, sent=of().plain())
    again = judged(plain, test=itself, fresh=answer)
    assert again.detail == "the text is good: 2 of 2 answers"
    bad: Answer = lambda body, *_: as_stream(BAD) if body.get("stream") else GOOD  # noqa: E731
    found = judged(plain, test=itself, fresh=bad)
    assert (found.verdict, "streamed 1 of 1" in found.detail) == (Verdict.DEVIATES, True)


def test_an_invariant_on_which_enough_bears_asks_for_nothing() -> None:
    """A run of everything pays nothing for it."""
    script = Script(Fresh(BAD))
    assert judged(*map(asked, range(FEWEST)), test=itself, source=script).verdict is Verdict.CONFORMS
    assert script.sent == []


def test_what_an_invariant_asks_and_is_refused_shows_nothing_or_is_noted() -> None:
    """Another claim says that it is refused; where the contract says nothing, that is what there is to note."""
    refused = judged(test=itself, fresh=lambda *_: refusal())
    assert (refused.verdict, refused.detail) == (
        Verdict.INCONCLUSIVE,
        "none of the answers of this run shows anything about it; its own request: 400 invalid_value: not that value",
    )
    assert len(refused.evidence) == 2
    noted = judged(test=itself, bound=of("unstated", "unstated"), fresh=lambda *_: refusal())
    assert (noted.verdict, noted.detail) == (Verdict.NOTED, "400 invalid_value: not that value")


# ---------------------------------------------------------------- the opening


def opened(bound: ChatCase, answer: Answer | None = None, source: Any = None) -> Outcome | None:
    """Return the outcome of an invariant before anything is heard, or None."""
    return asyncio.run(open_hearing(bound, RequestCache(source or Script(answer or Fresh(GOOD)), lambda _: None), {}))


def test_a_hearing_opens_where_the_model_answers() -> None:
    """One plain request, which all cases of the model share."""
    script = Script(Fresh(GOOD))
    assert opened(of(), source=script) is None
    assert [body for body, _, _ in script.sent] == [of().plain().json]


def test_nothing_is_sent_for_an_invariant_that_does_not_apply() -> None:
    """The reason is that of the contract."""
    script = Script(Fresh(GOOD))
    outcome = opened(of("not applicable"), source=script)
    assert outcome is not None
    assert (outcome.verdict, outcome.detail, script.sent) == (Verdict.NOT_APPLICABLE, "so it is", [])


def test_an_invariant_of_a_model_that_does_not_answer_is_blocked() -> None:
    """As every other case is."""
    outcome = opened(of(), lambda *_: refusal(401))
    assert outcome is not None
    assert (outcome.verdict, outcome.reason) == (Verdict.BLOCKED, Reason.PREFLIGHT)
    assert outcome.detail.startswith("preflight of openai:gpt-4.1-mini: the key was not accepted")
    assert len(outcome.evidence) == 1


def test_a_preflight_that_is_not_sent_blocks_unless_a_recording_lacks_it() -> None:
    """A recording may hold other exchanges of the model."""
    outcome = opened(of(), source=Ending(Fresh(GOOD), 0))
    assert outcome is not None
    assert (outcome.verdict, outcome.reason) == (Verdict.BLOCKED, Reason.BUDGET)
    assert opened(of(), source=Ending(Fresh(GOOD), 0, Reason.NOT_RECORDED)) is None


# ---------------------------------------------------------------- how the suite declares one


def test_a_declared_invariant_is_a_test_that_asks_for_the_least() -> None:
    """It keeps the name and the docstring of the look, and observes nothing by itself."""

    @invariant("chat.reply.role", about=Subject.STREAM, good="fine", asks=itself, proves=True, absence=True)
    def test_something(case: ChatCase, reply: Any) -> Finding:
        """Something holds."""
        return f"{case.model.id}: {reply.text}"

    declared = invariant_of(test_something)
    assert declared is not None
    assert (declared.subject, declared.good, declared.proves, declared.compares, declared.absence) == (
        Subject.STREAM, "fine", True, False, True,
    )  # fmt: skip
    assert (test_something.__name__, test_something.__doc__) == ("test_something", "Something holds.")
    bound, script = of(), Script(Fresh(GOOD))
    seen = asyncio.run(test_something(bound, Ask[Any](RequestCache(script, lambda _: None))))
    assert (seen.seen, len(script.sent)) == (Seen.UNANSWERED, 2)
    assert declared.start(bound)(bound_reply()) == "gpt-4.1-mini: good"


def bound_reply() -> Any:
    """Return a reply with the text good."""
    return type("Reply", (), {"text": "good"})()


def test_a_control_that_fails_leaves_a_declared_invariant_to_others() -> None:
    """What it could not ask hinders nothing."""

    async def demanding(case: ChatCase, ask: Ask[Any]) -> None:
        await ask.control(case.plain())

    @invariant("chat.reply.role", about=Subject.ANSWER, good="fine", asks=demanding)
    def test_something(case: ChatCase, reply: Any) -> Finding:
        """Something holds."""
        return None

    assert invariant_of(nothing) is None
    outcome = judged(asked(1), test=test_something, fresh=lambda *_: refusal())
    assert outcome.verdict is Verdict.CONFORMS
