"""What the suite observes of the errors of a model: of a conforming endpoint, and with one fault at a time."""

import re
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.contract.claims import STREAM
from conformance.run.loading import load_settings
from conformance.run.options import Options
from tests.support.erring import READY, WORDS, bound, error, honest, look, lying, sent_for, word
from tests.support.making import choice, completion, contract, events

MISTAKES = ("no_messages", "empty_messages", "text_as_messages", "number_as_content")


# ---------------------------------------------------------------- an honest endpoint


@pytest.mark.parametrize("name", ["status", "stream_refusal", "unknown_message_key"])
def test_a_conforming_endpoint_is_honoured(name: str) -> None:
    """Refusals as documented are honoured."""
    assert word(name, honest) == "honoured"


@pytest.mark.parametrize("value", MISTAKES)
def test_a_mistake_is_refused_or_answered(value: str) -> None:
    """A conforming endpoint refuses it; one that answers everything accepts it."""
    assert word("refused", honest, value) == "refused"
    assert word("refused", lambda _: READY, value) == "accepted"


@pytest.mark.parametrize("name", ["status", "stream_refusal"])
def test_without_an_error_there_is_nothing_to_look_at(name: str) -> None:
    """An endpoint that refuses nothing shows no errors."""
    assert word(name, lambda _: READY) == "unanswered"


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize("value", MISTAKES)
def test_a_mistake_is_one_change_of_the_plain_request(value: str) -> None:
    """Only the messages differ."""
    plain, (request,) = bound("refused").plain().json, sent_for("refused", value)
    assert {key for key in {*plain, *request.json} if plain.get(key) != request.json.get(key)} == {"messages"}


@pytest.mark.parametrize("value", ["no_messages", "number_as_content"])
def test_a_stream_is_asked_for_where_streams_are_looked_at(value: str) -> None:
    """The request has the same mistake, with stream true."""
    (request,), (plain,) = sent_for("stream_refusal", value), sent_for("refused", value)
    assert request.json == {**plain.json, "stream": True}


# ---------------------------------------------------------------- errors of a model


@pytest.mark.parametrize(
    ("status", "seen"),
    [(400, "honoured"), (422, "honoured"), (404, "mishandled"), (500, "mishandled"), (429, "unanswered")],
)
def test_a_mistake_has_a_status_that_blames_the_body(status: int, seen: str) -> None:
    """The status must be 400 or 422; a rate limit is no evidence."""
    assert word("status", lying(error(status))) == seen


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (error(), "honoured"),
        (events({"error": {"message": "no", "type": "t"}}), "mishandled"),
        ({"status": 200, "body": {"error": {"message": "no", "type": "t"}}}, "mishandled"),
        ({**events({"error": {"message": "no", "type": "t"}}), "status": 400}, "mishandled"),
        (error(500), "mishandled"),
        (error(429), "unanswered"),
    ],
)
def test_a_refusal_of_a_stream_comes_before_the_stream(given: dict[str, Any], seen: str) -> None:
    """It must be a 4xx with JSON, rather than a 200, an event or a 5xx."""
    assert word("stream_refusal", lying(given)) == seen


def test_the_claim_about_streams_is_asked_as_a_stream_only() -> None:
    """Its cases are streamed only."""
    assert bound("stream_refusal").case.mode == STREAM


@pytest.mark.parametrize(
    ("given", "seen"),
    [(READY, "honoured"), (error(), "honoured"), (error(500), "mishandled"), (error(429), "unanswered")],
)
def test_an_unknown_key_in_a_message_causes_no_server_fault(given: dict[str, Any], seen: str) -> None:
    """It is tolerated or refused, and the server does not fail."""
    assert word("unknown_message_key", lambda _: given) == seen


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (error(code="context_length_exceeded"), "refused"),
        (error(413), "refused"),
        ({"status": 413, "text": "<html>Too large</html>"}, "mishandled"),
        (error(200, code="context_length_exceeded"), "mishandled"),
        (error(500, code="context_length_exceeded"), "mishandled"),
        (error(429), "unanswered"),
        ({"status": 503, "text": "<html>Busy</html>"}, "mishandled"),
        (error(503, type="overloaded"), "unanswered"),
        ({"failure": "timeout"}, "unanswered"),
        ({"body": completion(choice("ready"), usage={"prompt_tokens": WORDS - 1})}, "clamped"),
        ({"body": completion(choice("ready"), usage={"prompt_tokens": WORDS + 9})}, "unanswered"),
        (READY, "unanswered"),
    ],
)
def test_a_prompt_beyond_the_context_is_refused_by_a_4xx(given: dict[str, Any], seen: str) -> None:
    """An answer billed for fewer tokens than words has lost words; otherwise the prompt was not long enough."""
    assert word("too_long", lambda _: given) == seen


def test_a_web_page_in_reply_to_a_long_prompt_counts_only_if_it_repeats() -> None:
    """It may be an outage, so it counts only if the plain request is answered after it."""
    assert look("too_long", lambda _: {"status": 503, "text": ""}).suspect


def test_a_long_prompt_has_as_many_words_as_the_run_says() -> None:
    """Each word is at least one token in any tokenizer."""
    (request,) = sent_for("too_long")
    assert len(re.findall(r"\b[a-h]\b", request.json["messages"][0]["content"])) == WORDS


def test_a_long_prompt_is_sent_only_with_its_option() -> None:
    """Without the option there is no case, with it one for each model, with its value."""
    models = [contract().classify(column, "any") for column in ("openai", "claude")]
    assert list(contract().cases(["chat.error.too_long"], models)) == []
    cases = list(contract().cases(["chat.error.too_long"], models, {"too_long": 9}))
    assert [(case.value, case.model) for case in cases] == [(9, model) for model in models]
    assert cases[0].id.endswith("=9")
    every = load_settings(Options(too_long=9)).cases
    assert load_settings().cases.keys() == {name for name, case in every.items() if case.claim.switch != "too_long"}


def test_no_words_at_all_are_a_usage_error() -> None:
    """The number must be at least 1."""
    with pytest.raises(UsageError, match="--too-long must be a number of words"):
        load_settings(Options(too_long=0))
