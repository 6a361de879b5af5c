"""What the suite says of all answers of a model together: ids, and counts of the same prompt and text."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.http.exchange import Exchange
from conformance.suite.texts import is_spliced
from conformance.surfaces.markers import marker
from tests.support.calls import call, calling
from tests.support.collecting import over
from tests.support.making import (
    Script,
    as_stream,
    case,
    choice,
    completion,
    events,
    exchange,
    hear,
    refusal,
    request,
    see,
)

PROMPT = [{"role": "user", "content": "Count."}]
NAMES = ("chat.reply.id_unique", "chat.stream.id_unique", "chat.reply.prompt_tokens", "chat.stream.usage_completion")


def counts(prompt: Any = 9, answer: Any = 2) -> dict[str, Any]:
    """Return a usage."""
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": 11}


def answered(name: str = "c-1", text: str = "1 2", sample: int = 0, usage: Any = None, **sent: Any) -> Exchange:
    """Return an answer with this id, text and usage, as a stream where it was asked for as one."""
    whole = completion(choice(text), id=name, usage=usage or counts())
    body = {"model": "m", "messages": PROMPT, **sent}
    told = as_stream(whole, usage=True) if sent.get("stream") else {"body": whole}
    return exchange(sent=request(**body), sample=sample, **told)


def naming(name: Callable[[dict[str, Any], int], Any]) -> Callable[..., Any]:
    """Return an endpoint whose ids follow from body and sample."""

    def speak(body: dict[str, Any], sample: int, _: int) -> Any:
        whole = completion(choice("1 2 3"), id=name(body, sample), usage=counts())
        return as_stream(whole, usage="stream_options" in body) if body.get("stream") else whole

    return speak


DISTINCT = naming(lambda body, sample: f"{sorted(body)} {sample}")


@over("claim_id", NAMES)
def test_a_sound_endpoint_is_honoured_by_itself(claim_id: str) -> None:
    """Each claim asks for as many answers as it takes to compare some."""
    found = see(claim_id, DISTINCT)
    assert found.seen == "honoured"
    assert not found.detail.endswith("1 of 1 answers")
    assert see(claim_id, refusal()).seen == "unanswered"


# ---------------------------------------------------------------- ids


def test_an_id_that_comes_twice_is_found() -> None:
    """One pair proves it, so nothing is asked again."""
    found = see("chat.reply.id_unique", naming(lambda *_: "chatcmpl-same"))
    assert (found.seen, found.detail) == (
        "mishandled", "two answers share the id 'chatcmpl-same' (1 of 2 answers (50.0%, 95 % interval 9.5% to 90.5%))",
    )  # fmt: skip
    assert see("chat.stream.id_unique", naming(lambda *_: "c-1")).seen == "mishandled"


def test_ids_are_compared_over_the_whole_run() -> None:
    """A plain answer and a stream to another prompt, with others between."""
    others = [answered(f"c-{number}", sample=number) for number in range(2, 30)]
    last = answered("c-1", stream=True, n=1)
    found = hear("chat.reply.id_unique", answered("c-1"), *others, last)
    assert (found.seen, "1 of 30 answers" in found.detail) == ("mishandled", True)
    assert hear("chat.stream.id_unique", answered("c-1"), *others, last).seen == "honoured"  # there is one stream


def test_the_same_exchange_is_no_second_answer() -> None:
    """It may be heard twice, as in a replay."""
    one = answered("c-1")
    assert hear("chat.reply.id_unique", one, one).seen == "honoured"


@over("odd", ["", None, 7])
def test_what_is_no_id_is_judged_by_another_claim(odd: Any) -> None:
    """Two answers without one share none."""
    given = [exchange(body=completion(choice("a"), id=odd), sample=sample) for sample in (0, 1)]
    assert hear("chat.reply.id_unique", *given).seen == "unanswered"


def test_a_chunk_with_the_id_of_another_stream_is_found() -> None:
    """A piece of it, or its id, belongs there."""
    piece = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}
    names = [["c-1", "c-1"], ["c-2", "c-1", "c-2"], ["c-3"]]
    streams = [
        exchange(
            sent=request(model="m", stream=True), sample=sample, **events(*({**piece, "id": name} for name in chunks))
        )
        for sample, chunks in enumerate(names)
    ]
    found = hear("chat.stream.id_unique", *streams)
    assert found.detail.startswith("two streams share the id 'c-1' (1 of 3 streams")


def test_streams_whose_chunks_have_another_id_each_are_told_apart() -> None:
    """chat.stream.id judges that."""
    piece = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}
    streams = [
        exchange(sent=request(model="m", stream=True), sample=sample, **events({**piece, "id": f"c-{sample}"}, piece))
        for sample in (0, 1)
    ]
    assert hear("chat.stream.id_unique", *streams).seen == "honoured"


# ---------------------------------------------------------------- prompt tokens


def test_a_prompt_that_is_counted_differently_each_time_is_mishandled() -> None:
    """The same request must have the same prompt tokens."""

    def speak(body: dict[str, Any], sample: int, _: int) -> Any:
        whole = completion(choice("1 2 3"), usage=counts(9 + sample))
        return as_stream(whole, usage=True) if body.get("stream") else whole

    assert see("chat.reply.prompt_tokens", speak).seen == "mishandled"


def test_a_prompt_that_is_counted_differently_in_streams_is_mishandled() -> None:
    """Selected alone as well, the claim compares with a stream."""

    def speak(body: dict[str, Any], *_: int) -> Any:
        streamed = bool(body.get("stream"))
        whole = completion(choice("1 2 3"), usage=counts(10 if streamed else 9))
        return as_stream(whole, usage=True) if streamed else whole

    found = see("chat.reply.prompt_tokens", speak)
    assert found.seen == "mishandled"
    assert {"9", "10"} <= set(found.detail.replace(",", "").split())


SAMPLING = [
    *({name: value} for name, value in {"n": 2, "temperature": 0, "top_p": 0.1, "seed": 7, "stop": "3"}.items()),
    *({name: 9} for name in ("max_tokens", "max_completion_tokens", "top_logprobs", "presence_penalty")),
    {"stream": True, "stream_options": {"include_usage": True}},
    {"logprobs": True, "user": "u"},
]
PROMPTS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "Count!"}]},
    {"tools": [{"type": "function"}]},
    {"response_format": {"type": "json_object"}},
    {"reasoning_effort": "low"},
]


@over("sent", SAMPLING)
def test_sampling_changes_no_prompt(sent: dict[str, Any]) -> None:
    """Nor do n, caps, stop sequences and streaming."""
    assert hear("chat.reply.prompt_tokens", answered(), answered(usage=counts(10), **sent)).seen == "mishandled"
    assert hear("chat.reply.prompt_tokens", answered(), answered(usage=counts(9), **sent)).seen == "honoured"


@over("sent", PROMPTS)
def test_what_a_model_is_shown_is_another_prompt(sent: dict[str, Any]) -> None:
    """Tools, formats and efforts may cost tokens."""
    assert hear("chat.reply.prompt_tokens", answered(), answered(usage=counts(10), **sent)).seen == "honoured"


@over("odd", [None, "9", True, 9.5])
def test_what_is_no_count_is_judged_by_another_claim(odd: Any) -> None:
    """Nothing can be compared with it."""
    assert hear("chat.reply.prompt_tokens", answered(usage=counts(odd))).seen == "unanswered"


# ---------------------------------------------------------------- completion tokens


def test_a_text_that_is_counted_differently_in_streams_is_mishandled() -> None:
    """As by a gateway that counts chunks."""

    def speak(body: dict[str, Any], *_: int) -> Any:
        streamed = bool(body.get("stream"))
        whole = completion(choice("1 2 3"), usage=counts(answer=5 if streamed else 3))
        return as_stream(whole, usage=True) if streamed else whole

    found = see("chat.stream.usage_completion", speak)
    assert found.seen == "mishandled"
    assert {"3", "5"} <= set(found.detail.replace(",", "").split())


COMPARABLE = [
    ({"usage": counts(answer=3), "stream": True}, "mishandled"),
    ({"usage": counts(answer=3), "sample": 1}, "mishandled"),
    ({"usage": counts(answer=3), "max_tokens": 9}, "mishandled"),
    ({"usage": counts(answer=2), "stream": True}, "honoured"),
    ({"usage": counts(answer=3), "text": "1 2 3"}, "honoured"),
    ({"usage": counts(answer=3), "messages": [{"role": "user", "content": "Count!"}]}, "honoured"),
    ({"usage": {**counts(answer=3), "completion_tokens_details": {"reasoning_tokens": 1}}}, "honoured"),
    ({"usage": counts(answer=None)}, "honoured"),
]


@over("other, seen", COMPARABLE)
def test_the_same_text_is_counted_alike(other: dict[str, Any], seen: str) -> None:
    """In answer to the same prompt, unless the model thought of it in between."""
    assert hear("chat.stream.usage_completion", answered(), answered("c-2", **other)).seen == seen


def test_what_has_no_text_alone_is_not_compared() -> None:
    """Calls, several choices, an end for another reason, and models that think out of sight."""
    claim = "chat.stream.usage_completion"
    calls = [exchange(body={**calling(call()), "usage": counts(answer=n)}, sample=n) for n in (2, 3)]
    assert hear(claim, *calls).seen == "unanswered"
    several = completion(choice("a"), choice("a", 1), usage=counts())
    assert hear(claim, exchange(body=several)).seen == "unanswered"
    cut = completion(choice("1 2", finish="length"), usage=counts(answer=3))
    assert hear(claim, answered(), exchange(body=cut, sent=request(model="m", messages=PROMPT))).seen == "honoured"
    reasoning = case(claim, model="reasoning")
    pair = (answered(), answered(usage=counts(answer=3), sample=1))
    assert hear(claim, *pair, bound=reasoning).seen == "unanswered"


@pytest.mark.parametrize("claim_id", NAMES)
def test_a_refusal_is_no_answer(claim_id: str) -> None:
    """It has neither id nor counts."""
    assert hear(claim_id, exchange(**refusal())).seen == "unanswered"


# ---------------------------------------------------------------- streams and plain answers

WORD = marker("a request")
COUNTING = {"temperature": 0}
ASKING: dict[str, Any] = {"messages": [{"role": "user", "content": f"Reply with the single word: {WORD}"}]}


def both(plain: str, streamed: str, **sent: Any) -> str:
    """Return the word for a text that comes twice without streaming, and another that comes twice as a stream."""
    given = [answered(f"p-{sample}", plain, sample, **sent) for sample in (0, 1)]
    given += [answered(f"s-{sample}", streamed, sample, stream=True, **sent) for sample in (0, 1)]
    return hear("chat.stream.alike", *given).seen.value


ALIKE = [
    ("1 2 3 4 5 6", "1 2 3 4 5 6", COUNTING, "honoured"),
    ("1 2 3 4 5 6", "1 2 3 4 5", COUNTING, "mishandled"),
    ("1 2 3 4 5 6", "1 2 3 4 5 61 2 3 4 5 6", COUNTING, "mishandled"),
    ("1 2 3 4 5 6", "Gladly, here are the numbers.", COUNTING, "honoured"),  # another answer, which a model may give
    ("1 2 3 4 5 6", "1 2 3 4 5", {}, "unanswered"),
    (WORD, WORD, ASKING, "honoured"),
    (WORD, WORD[:4], ASKING, "mishandled"),
    (WORD, WORD + WORD, ASKING, "mishandled"),
    (WORD, "I would rather not.", ASKING, "honoured"),
    (
        "delta brook",
        "delta brook brook",
        ASKING,
        "honoured",
    ),  # a model that does not follow, and repeats a word by chance
    (WORD, WORD[:4], {**ASKING, "stop": "x"}, "unanswered"),
]


@over("plain, streamed, sent, seen", ALIKE)
def test_a_settled_answer_is_the_same_as_a_stream(plain: str, streamed: str, sent: dict[str, Any], seen: str) -> None:
    """At temperature 0, and where a word is asked for."""
    assert both(plain, streamed, **sent) == seen


def test_a_piece_of_another_text_is_no_chance() -> None:
    """Two such streams are enough; a text that lost a piece must lose it each time."""
    given = [answered(f"c-{sample}", "1 2 3 4 5 6", sample, temperature=0) for sample in (0, 1, 2)]
    for text, seen in (("1 2 3 blue 4 5 6", "mishandled"), ("1 2 3 5 6", "unanswered")):
        odd = [answered(f"s-{sample}", text, sample, temperature=0, stream=True) for sample in (0, 1)]
        again = Script(lambda *_: as_stream(completion(choice("1 2 3 4 5 6"), usage=counts()), usage=True))
        assert hear("chat.stream.alike", *given, *odd, again=again).seen == seen


SPLICED = [
    ("1 2 blue 3", "1 2 3", True),
    ("tifom4712", "tifom47", True),
    ("tifobluem47", "tifom47", True),
    ("tifom47.", "tifom47", False),
    ("tifom47 12", "tifom47", False),
    ("a tifom47", "tifom47", False),
    ("1, 2, 3", "1 2 3", False),
    ("tifom4", "tifom47", False),
    ("tifom47", "tifom47", False),
]


@over("text, whole, spliced", SPLICED)
def test_a_foreign_piece_is_one_that_no_model_adds(text: str, whole: str, spliced: bool) -> None:
    """It is in the middle, or follows without a mark or space."""
    assert is_spliced(text, whole) is spliced


def test_a_model_that_varies_at_temperature_0_shows_nothing() -> None:
    """Only one text that comes each time without streaming can be held against others."""
    texts = [("1 2 3 4 5 6", False), ("1 2 3 4 5", False), ("1 2 3 4 5 6 7", True)]
    given = [
        answered(f"c-{number}", text, number, temperature=0, **({"stream": True} if streamed else {}))
        for number, (text, streamed) in enumerate(texts)
    ]
    assert hear("chat.stream.alike", *given).seen == "honoured"


def test_the_second_choice_of_a_stream_is_compared_too() -> None:
    """With the word that was asked for."""
    damaged = completion(choice(WORD), choice(WORD[:4], 1), usage=counts())
    sent = request(model="m", n=2, stream=True, **ASKING)
    second = exchange(sent=sent, **as_stream(damaged))
    plain = [answered(f"p-{sample}", WORD, sample, **ASKING) for sample in (0, 1)]
    assert hear("chat.stream.alike", *plain, second).seen == "mishandled"


def test_choices_that_are_mixed_up_are_not_compared() -> None:
    """The claims about choices report them."""
    sent = request(model="m", n=2, stream=True, **ASKING)
    mixed = exchange(sent=sent, **as_stream(completion(choice(WORD + WORD), usage=counts())))
    plain = [answered(f"p-{sample}", WORD, sample, **ASKING) for sample in (0, 1)]
    assert hear("chat.stream.alike", *plain, mixed).seen == "honoured"


# ---------------------------------------------------------------- times and fingerprints


def at(seconds: int, sample: int, **more: Any) -> Exchange:
    """Return an answer that was created so many seconds after its request."""
    whole = completion(choice("a"), created=1_700_000_000 + seconds, usage=counts(), **more)
    return exchange(body=whole, sample=sample)


@over(
    "seconds, seen", [(0, "honoured"), (90, "honoured"), (-90, "honoured"), (3600, "mishandled"), (-3600, "mishandled")]
)
def test_created_moves_with_the_time(seconds: int, seen: str) -> None:
    """A clock that is an hour off is off for every answer."""
    assert hear("chat.reply.created_steady", at(0, 0), at(1, 1), at(seconds, 2)).seen == seen
    assert hear("chat.reply.created_steady", at(7200, 0), at(7201, 1), at(7200 + seconds, 2)).seen == seen


@over(
    "other, seen",
    [
        (refusal(), "mishandled"),
        (refusal(404, "model_not_found"), "mishandled"),
        (refusal(401, "invalid_api_key"), "honoured"),  # the key may have been withdrawn
        (refusal(429, "rate_limit_exceeded"), "honoured"),
        (refusal(400, "content_filter"), "honoured"),
        (refusal(503, ""), "honoured"),
    ],
)
def test_the_same_request_is_not_refused_at_times(other: dict[str, Any], seen: str) -> None:
    """An error that blames the request is wrong where the same request is answered another time."""
    good = [at(0, sample) for sample in range(3)]
    found = hear("chat.error.steady", *good, exchange(sample=3, **other))
    assert found.seen == seen
    if seen == "mishandled":
        assert found.detail.startswith(f"the same request is answered one time and refused another: {other['status']}")


def test_requests_that_are_always_refused_are_in_order() -> None:
    """The words of their errors may differ, and so may other requests."""
    refused = [exchange(sample=sample, **refusal(message=f"not that value ({sample})")) for sample in range(3)]
    assert hear("chat.error.steady", *refused, answered(temperature=1)).seen == "honoured"


def test_different_fingerprints_are_noted() -> None:
    """A gateway may have several servers; answers without one show nothing."""
    given = [at(0, sample, system_fingerprint=name) for sample, name in enumerate(["fp_1", "fp_1", "fp_2"])]
    found = hear("chat.reply.fingerprint", *given)
    assert found.detail.startswith("system_fingerprint is 'fp_2', otherwise 'fp_1' (1 of 3 answers")
    assert hear("chat.reply.fingerprint", at(0, 0, system_fingerprint=None)).seen == "unanswered"
