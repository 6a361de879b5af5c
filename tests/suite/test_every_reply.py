"""What the suite says of every reply, answer or error: its status, its content type, and whether it belongs to its request."""

from typing import Any

from conformance.http.exchange import Exchange, Request
from conformance.surfaces.markers import marker
from tests.support.calls import call, calling
from tests.support.collecting import over
from tests.support.making import as_stream, choice, completion, events, exchange, hear, refusal, request

WHOLE = completion(choice("ready"))
ERROR = {"error": {"message": "upstream failed", "type": "server_error", "code": "overloaded", "param": None}}


def heard(claim_id: str, sent: Request | None = None, **given: Any) -> str:
    """Return the word for one reply."""
    return hear(claim_id, exchange(sent=sent, **given)).seen.value


def streamed(**given: Any) -> Exchange:
    """Return what came back for a streamed request."""
    return exchange(sent=request(model="m", stream=True), **given)


# ---------------------------------------------------------------- errors and null with status 200

BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({"body": WHOLE}, "honoured", "honoured"),
    ({"body": ERROR}, "mishandled", "unanswered"),
    ({"body": {**ERROR, "choices": None}}, "mishandled", "unanswered"),
    ({"body": {"id": "c", "choices": None}}, "unanswered", "mishandled"),
    ({"body": {"id": "c", "choices": []}}, "unanswered", "mishandled"),
    ({"body": {"id": "c"}}, "unanswered", "mishandled"),
    ({"body": completion({"index": 0, "message": None, "finish_reason": "stop"})}, "mishandled", "mishandled"),
    ({"body": None}, "mishandled", "unanswered"),
    ({"text": ""}, "mishandled", "unanswered"),
    ({"text": "<html>busy</html>"}, "mishandled", "unanswered"),
    ({"failure": "connection", "text": "{"}, "unanswered", "unanswered"),
    ({"status": 500, "body": ERROR}, "unanswered", "unanswered"),
    (refusal(), "unanswered", "unanswered"),
]


@over("given, error, null", BODIES)
def test_status_200_comes_with_an_answer(given: dict[str, Any], error: str, null: str) -> None:
    """Neither with an error nor with null in place of the choices."""
    assert heard("chat.reply.no_error", **given) == error
    assert heard("chat.reply.no_null", **given) == null


def test_what_asks_for_no_answer_need_not_get_one() -> None:
    """Another method, another path."""
    for sent in (
        Request("GET", "/chat/completions", None, "chat", "openai:m"),
        Request("POST", "/no", "{}", "chat", "openai:m"),
    ):
        assert heard("chat.reply.no_error", sent, text="a page") == "unanswered"
    unsure = request(model="m", stream="yes")  # it may be answered, or get a stream
    assert heard("chat.reply.no_error", unsure, text="data: {}") == "unanswered"


def test_null_choices_prove_themselves() -> None:
    """They are not asked for again; an error, which may be an outage, is."""
    found = hear("chat.reply.no_null", exchange(body={"choices": None}), exchange(body=WHOLE, sample=1))
    assert found.detail.startswith("a reply with status 200 must have choices, got null (1 of 2 replies")
    assert "again" not in found.detail
    assert "3 of 3 times" in hear("chat.reply.no_error", exchange(body=ERROR)).detail


PIECE = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}
STREAMS: list[tuple[dict[str, Any], str]] = [
    (events(PIECE), "honoured"),
    (events(ERROR), "mishandled"),
    (events(), "mishandled"),
    (events({"choices": []}), "mishandled"),
    (events("null"), "mishandled"),
    (events(PIECE, ERROR), "unanswered"),  # an outage after the answer began
    (events(done=False), "unanswered"),  # it breaks off, which is about its end
    ({"body": WHOLE}, "unanswered"),
    (refusal(), "unanswered"),
]


@over("given, seen", STREAMS)
def test_a_stream_has_an_answer(given: dict[str, Any], seen: str) -> None:
    """It is not an error or nothing."""
    assert hear("chat.stream.answered", streamed(**given)).seen == seen


# ---------------------------------------------------------------- content types

TYPES = [
    ("application/json", "honoured", "accepted"),
    ("application/json; charset=utf-8", "honoured", "accepted"),
    ('Application/JSON; Charset="UTF-8"', "honoured", "accepted"),
    ("application/problem+json", "honoured", "accepted"),
    ("text/plain; charset=utf-8", "mishandled", "accepted"),
    ("", "mishandled", "accepted"),
    ("application/json; charset=iso-8859-1", "honoured", "mishandled"),
]


@over("kind, json, charset", TYPES)
def test_an_answer_says_that_it_is_json_in_utf_8(kind: str, json: str, charset: str) -> None:
    """As official clients read it by its content type."""
    assert heard("chat.reply.content_type", body=WHOLE, headers={"content-type": kind}) == json
    assert heard("chat.reply.charset", body=WHOLE, headers={"content-type": kind}) == charset


def test_the_charset_of_an_error_counts_too() -> None:
    """That of one in UTF-8 shows nothing that other replies do not show."""
    kind = {"content-type": "application/json; charset=latin-1"}
    assert heard("chat.reply.charset", **refusal(), headers=kind) == "mishandled"
    assert heard("chat.reply.charset", **refusal()) == "unanswered"


MEDIA: list[tuple[dict[str, Any], str]] = [
    (events(PIECE), "honoured"),
    ({"body": WHOLE}, "mishandled"),
    ({**events(PIECE), "headers": {"content-type": "application/json"}}, "mishandled"),
    ({"body": ERROR}, "unanswered"),
    (refusal(), "unanswered"),
]


@over("given, seen", MEDIA)
def test_a_stream_is_one(given: dict[str, Any], seen: str) -> None:
    """Each, whatever else was asked for; an error is judged by other claims."""
    assert hear("chat.stream.media_type", streamed(**given)).seen == seen


# ---------------------------------------------------------------- words of other prompts

OWN, OTHER = marker("one request"), marker("another request")
WORDS = [
    (completion(choice(OWN)), "honoured"),
    (completion(choice("I cannot say that.")), "honoured"),
    (completion(choice(f"{OWN[:-1]}{(int(OWN[-1]) + 1) % 10}")), "honoured"),  # its own, repeated wrongly
    (completion(choice(OTHER)), "mishandled"),
    (completion(choice(f"I am {OTHER.upper()}!")), "mishandled"),
    (completion(choice(f"{OWN} {OTHER}")), "mishandled"),
    (completion(choice(OWN), choice(OTHER, 1)), "mishandled"),
    (calling(call("look_up", arguments=f'{{"city": "{OTHER}"}}')), "mishandled"),
]


@over("given, seen", WORDS)
def test_no_answer_holds_a_word_of_another_prompt(given: dict[str, Any], seen: str) -> None:
    """In its text, in any choice, or in the arguments of a call."""
    prompt = [{"role": "user", "content": f"Reply with the single word: {OWN}"}]
    assert _both(given, messages=prompt, n=len(given["choices"])) == seen


FLOWERS_ASKED = "The flower of this message is marigold, that of the last is camellia. List every flower."
LISTS = [
    (FLOWERS_ASKED, "marigold, camellia", "honoured"),
    (FLOWERS_ASKED, "foxglove, gardenia", "mishandled"),
    (FLOWERS_ASKED, "marigold, foxglove, gardenia", "honoured"),  # it read its own prompt, and adds to it
    (FLOWERS_ASKED, "foxglove", "honoured"),
    ("List every flower that was named.", "foxglove, gardenia", "honoured"),  # a model that finds none makes some up
    ("Count to two.", "foxglove, gardenia", "mishandled"),
    ("Count to two.", "foxglove", "honoured"),
]


@over("prompt, said, seen", LISTS)
def test_no_answer_lists_the_flowers_of_another_prompt(prompt: str, said: str, seen: str) -> None:
    """Two of them are no chance, unless the model was asked for flowers and had none to read."""
    assert _both(completion(choice(said)), messages=[{"role": "user", "content": prompt}]) == seen


def test_a_word_of_another_prompt_proves_itself() -> None:
    """Nothing is asked again, and the detail names the word."""
    found = hear("chat.reply.own_words", exchange(body=completion(choice(OTHER))), exchange(body=WHOLE, sample=1))
    assert found.detail.startswith(f"the answer holds {OTHER!r}, which another request asked for (1 of 2 replies")
    assert "again" not in found.detail


def _both(given: dict[str, Any], **sent: Any) -> str:
    """Return the word for an answer that is heard alone; plain and streamed have to come to the same."""
    plain = hear("chat.reply.own_words", exchange(body=given, sent=request(model="m", **sent)))
    told = exchange(sent=request(model="m", stream=True, **sent), **as_stream(given))
    assert hear("chat.reply.own_words", told).seen == plain.seen
    return plain.seen.value


def test_a_word_that_comes_in_pieces_is_found() -> None:
    """In a text, in reasoning and in a call, each joined by itself."""

    def piece(**delta: Any) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    for name in ("content", "reasoning_content"):
        pieces = [piece(**{name: OTHER[:4]}), piece(**{name: OTHER[4:]})]
        assert hear("chat.reply.own_words", streamed(**events(*pieces))).seen == "mishandled"
    apart = [piece(content=OTHER[:4]), piece(reasoning_content=OTHER[4:])]
    assert hear("chat.reply.own_words", streamed(**events(*apart))).seen == "honoured"


def test_a_word_of_another_prompt_in_an_error_is_found() -> None:
    """A mistake need not be JSON for its own words to be known."""
    assert heard("chat.reply.own_words", **refusal(message=f"no answer to {OTHER}")) == "mishandled"
    own = Request("POST", "/chat/completions", f'{{"messages": "{OTHER}"', "chat", "openai:m")
    assert heard("chat.reply.own_words", own, **refusal(message=f"cannot read {OTHER}")) == "unanswered"
    assert heard("chat.reply.own_words", text=f"<p>{OTHER}</p>", status=500) == "mishandled"


def test_other_words_of_the_suite_are_known_too() -> None:
    """Keys of its schemas, its tools, a long count: where the request does not hold them, they belong to another."""
    count = " ".join(map(str, range(1, 20)))
    asking = {"messages": [{"role": "user", "content": "Count from 1 to 20."}]}
    for given, sent, seen in (
        (completion(choice('{"fruit_q7": "fig"}')), {}, "mishandled"),
        (completion(choice('{"fruit_q7": "fig"}')), {"response_format": {"fruit_q7": {}}}, "honoured"),
        (completion(choice(f"Sure: {count}")), {}, "mishandled"),
        (completion(choice(count)), asking, "honoured"),
        (calling(call("get_weather")), {}, "mishandled"),
        (calling(call("get_weather")), {"tools": [{"function": {"name": "get_weather"}}]}, "honoured"),
        (calling(call("look_up")), {}, "honoured"),
        (
            completion(choice("Marigold.")),
            {"messages": [{"role": "user", "content": f"Reply with {OWN}"}]},
            "mishandled",
        ),
        (completion(choice("Marigold, camellia")), {}, "mishandled"),
        (completion(choice("A marigold.")), {}, "honoured"),
        (completion(choice("Zinnia, begonia")), {"messages": [{"role": "user", "content": "Flowers?"}]}, "honoured"),
        (completion(choice("It is 41.7 degrees.")), {}, "mishandled"),
        (completion(choice("It is 41.7 degrees.")), {"messages": [{"role": "tool", "content": "41.7"}]}, "honoured"),
        (completion(choice("A marigold.")), {"messages": [{"role": "user", "content": f"Say {OWN}"}]}, "honoured"),
        (completion(choice("Marigold.")), {"messages": [{"role": "user", "content": "Say something."}]}, "honoured"),
    ):
        assert _both(given, **sent) == seen, given


def test_what_nobody_chose_is_not_said() -> None:
    """An alternative among log probabilities may be any word."""
    entry = {"token": "ready", "logprob": -0.1, "top_logprobs": [{"token": OTHER, "logprob": -3.0}]}
    whole = completion(choice("ready", logprobs={"content": [entry]}))
    assert _both(whole) == "honoured"
