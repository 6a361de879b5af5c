"""What the suite says of errors: one honest endpoint, and the same with one thing wrong."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from making import MODELS, choice, completion, contract, events, exchange, suite_functions

from conformance.asking import Ask, Asking
from conformance.chat import ChatCase
from conformance.contract import STREAM
from conformance.exchange import WRONG_KEY, Exchange, Request
from conformance.observation import Observation

READY = {"body": completion(choice("ready"))}
PER_MODEL = ("envelope", "envelope_keys", "envelope_code", "no_html", "no_leak")
KEYS = {"no_key": "none", "wrong_key": "wrong", "wrong_scheme": "basic"}
BODIES = ("malformed_json", "empty_body", "array_body", "missing_model", "unknown_model")
MISTAKES = ("no_messages", "empty_messages", "text_as_messages", "number_as_content")

Wire = Callable[[Request], dict[str, Any]]


def error(status: int = 400, message: str = "That is wrong.", **changed: Any) -> dict[str, Any]:
    """An error in the documented envelope, with other values or further keys."""
    said = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return {"status": status, "body": {"error": said | changed}}


def sound(request: Request) -> bool:
    """Whether there is nothing wrong with a request."""
    body = request.json
    messages = body.get("messages") if isinstance(body, dict) else None
    well_put = isinstance(messages, list) and bool(messages) and isinstance(messages[0]["content"], str)
    named = isinstance(body, dict) and body.get("model") in MODELS.values()
    return well_put and named and request.auth == "key" and request.path == "/chat/completions"


def honest(request: Request) -> dict[str, Any]:
    """An endpoint that answers what is right and refuses what is not."""
    if sound(request):
        return READY
    if request.auth != "key":
        return error(401, "No such key.", code="invalid_api_key")
    body = request.json
    if isinstance(body, dict) and body.get("model", "gpt-") not in MODELS.values():
        return error(404, "No such model.", code="model_not_found")
    return error()


def lying(refused: Any) -> Wire:
    """The honest endpoint, but for what it says where it refuses: that, or what a function makes of the request."""

    def answer(request: Request) -> dict[str, Any]:
        if sound(request):
            return READY
        given: dict[str, Any] = refused(request) if callable(refused) else refused
        return given

    return answer


class Endpoint:
    """A source of exchanges that looks at the whole request, not at its body alone."""

    dead = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.sent: list[Request] = []

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        self.sent.append(request)
        return exchange(sent=request, sample=sample, attempt=attempt, **self._wire(request))


def bound(name: str, value: Any = None, *, keyed: bool = True, host: str = "") -> ChatCase:
    """The case of a claim about errors, for the first model or for the endpoint as a whole."""
    cases = contract().cases([f"chat.error.{name}"], [contract().place("openai", MODELS["openai"])])
    found = next(each for each in cases if value in (None, each.value))
    return ChatCase(found, contract().paths["chat"], keyed=keyed, host=host)


def look(name: str, wire: Wire, value: Any = None, **how: Any) -> Observation:
    """What the suite says of an endpoint."""
    case = bound(name, value, **how)

    async def run() -> Observation:
        return await suite_functions()[case.case.claim.id](case, Ask(Asking(Endpoint(wire), lambda _: None)))

    return asyncio.run(run())


def word(name: str, wire: Wire, value: Any = None, **how: Any) -> str:
    """The word for it."""
    return look(name, wire, value, **how).seen.value


# ---------------------------------------------------------------- an honest endpoint


@pytest.mark.parametrize(
    "name", [*PER_MODEL, "status", "stream_refusal", "unknown_message_key", "key_not_shown", "no_leak_before_model"]
)
def test_an_honest_endpoint_is_honoured(name: str) -> None:
    """Refusals as documented show the behaviour that is claimed."""
    assert word(name, honest) == "honoured"


@pytest.mark.parametrize("name", ["refused", *KEYS, *BODIES, "unknown_path", "wrong_method"])
def test_an_honest_endpoint_refuses(name: str) -> None:
    """What is refused in the documented way reads as refused."""
    assert word(name, honest) == "refused"


def test_json_under_another_name_is_told_as_it_is_taken() -> None:
    """Answered it is accepted, refused it is refused."""
    assert word("content_type", honest) == "accepted"
    assert word("content_type", lambda request: READY if request.content_type == "application/json" else error()) == (
        "refused"
    )


@pytest.mark.parametrize("name", ["refused", *KEYS, *BODIES])
def test_an_endpoint_that_answers_anything_accepts(name: str) -> None:
    """Where nothing is refused, every mistake reads as accepted."""
    assert word(name, lambda _: READY) == "accepted"


@pytest.mark.parametrize("name", [*PER_MODEL, "status", "stream_refusal", "no_leak_before_model", "request_id"])
def test_without_an_error_there_is_nothing_to_look_at(name: str) -> None:
    """How errors look cannot be told of an endpoint that refuses nothing."""
    assert word(name, lambda _: READY) == "unanswered"


# ---------------------------------------------------------------- what is sent


def sent_for(name: str, value: Any = None) -> list[Request]:
    """The requests of a claim."""
    case, endpoint = bound(name, value), Endpoint(honest)
    asyncio.run(suite_functions()[case.case.claim.id](case, Ask(Asking(endpoint, lambda _: None))))
    return endpoint.sent


@pytest.mark.parametrize("value", MISTAKES)
def test_a_mistake_is_one_change_of_the_plain_request(value: str) -> None:
    """Nothing but the messages differs."""
    plain, (request,) = bound("refused").plain().json, sent_for("refused", value)
    assert {key for key in {*plain, *request.json} if plain.get(key) != request.json.get(key)} == {"messages"}


def test_claims_about_errors_share_their_requests() -> None:
    """Whatever is looked at, the same mistakes are sent, and no others."""
    wanted = {sent_for("refused", value)[0].key for value in MISTAKES}
    assert all({request.key for request in sent_for(name)} == wanted for name in PER_MODEL)


@pytest.mark.parametrize("value", ["no_messages", "number_as_content"])
def test_a_stream_is_asked_for_where_streams_are_looked_at(value: str) -> None:
    """The mistake is the same, with stream true."""
    (request,), (plain,) = sent_for("stream_refusal", value), sent_for("refused", value)
    assert request.json == {**plain.json, "stream": True}


@pytest.mark.parametrize(("name", "auth"), KEYS.items())
def test_a_key_is_left_out_or_replaced(name: str, auth: str) -> None:
    """The body is the plain request's, so that nothing but the key can be refused."""
    (request,) = sent_for(name)
    assert (request.auth, request.body) == (auth, bound(name).plain().body)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("unknown_path", {"path": "/conformance-no-such-path"}),
        ("wrong_method", {"method": "GET", "body": None}),
        ("content_type", {"content_type": "text/plain"}),
    ],
)
def test_one_thing_is_wrong_with_the_request_around_the_body(name: str, how: dict[str, Any]) -> None:
    """Path, method and content type are changed alone."""
    (request,) = sent_for(name)
    assert request == replace(bound(name).plain(), **how)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("name", [*KEYS, "key_not_shown"])
def test_without_a_key_of_its_own_a_target_shows_nothing_about_keys(name: str) -> None:
    """Nothing is sent, and the reason says that it lies with the target."""
    found = look(name, honest, keyed=False)
    assert found.seen == "unanswered"
    assert "names no key" in found.detail


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (error(400), "mishandled"),
        (error(403), "mishandled"),
        (error(500), "mishandled"),
        ({"status": 401, "body": {"detail": "no"}}, "mishandled"),
        ({"status": 401, "text": "no"}, "mishandled"),
        (error(401), "refused"),
        (error(429), "unanswered"),
        (error(402), "unanswered"),
        (error(503, type="overloaded"), "unanswered"),
        ({"failure": "timeout"}, "unanswered"),
    ],
)
def test_only_a_401_in_the_envelope_refuses_a_key(name: str, given: dict[str, Any], seen: str) -> None:
    """Another status, or another body, is mishandled; a limit or an outage shows nothing."""
    assert word(name, lying(given)) == seen


def test_a_wrong_status_for_a_key_counts_only_with_a_control() -> None:
    """It could be an accident, so that a control has to succeed beside it."""
    assert look("wrong_key", lying(error(500))).suspect


@pytest.mark.parametrize("text", [WRONG_KEY, hashlib.sha256(WRONG_KEY.encode()).hexdigest()])
def test_a_refusal_that_shows_the_key_is_mishandled(text: str) -> None:
    """The key itself, or a plain hash of it."""
    assert word("key_not_shown", lying(error(401, f"Key {text} is unknown."))) == "mishandled"
    assert word("key_not_shown", lying(error(401, "Key sk-c***-key is unknown."))) == "honoured"


@pytest.mark.parametrize("given", [READY, error(429), error(503, type="overloaded"), {"failure": "connection"}])
def test_where_no_key_is_refused_none_can_be_shown(given: dict[str, Any]) -> None:
    """An answer and an outage are no refusals of a key."""
    assert word("key_not_shown", lying(given)) == "unanswered"


# ---------------------------------------------------------------- bodies, models, paths


@pytest.mark.parametrize("name", BODIES)
def test_a_server_that_breaks_is_suspect(name: str) -> None:
    """A 500 for a mistake is mishandled, and has to come again."""
    found = look(name, lying(error(500, type="server_error")))
    assert (found.seen, found.suspect) == ("mishandled", True)


@pytest.mark.parametrize(
    ("status", "seen"),
    [(400, "refused"), (404, "refused"), (422, "refused"), (403, "unanswered"), (410, "mishandled")],
)
def test_an_unknown_model_has_a_status_of_its_own(status: int, seen: str) -> None:
    """404, 400 and 422 are known refusals; whether the account may use a model is another question."""
    assert word("unknown_model", lying(error(status))) == seen


def test_an_unknown_model_that_looks_like_an_outage_is_mishandled() -> None:
    """503 with a client's code is a fault, 503 without one is an outage."""
    assert word("unknown_model", lying(error(503, code="model_not_found"))) == "mishandled"
    assert word("unknown_model", lying(error(503, type="overloaded"))) == "unanswered"


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({**error(), "headers": {"content-type": "application/json", "X-Request-Id": "7"}}, "honoured"),
        ({**error(), "headers": {"content-type": "application/json", "request-id": "7"}}, "honoured"),
        (error(message="That is wrong (request id: 7)."), "honoured"),
        (error(), "ignored"),
    ],
)
def test_the_id_of_a_request_is_looked_for_in_headers_and_message(given: dict[str, Any], seen: str) -> None:
    """Either place will do."""
    assert word("request_id", lying(given)) == seen


# ---------------------------------------------------------------- errors of a model


@pytest.mark.parametrize(
    ("status", "seen"),
    [(400, "honoured"), (422, "honoured"), (404, "mishandled"), (500, "mishandled"), (429, "unanswered")],
)
def test_a_mistake_has_a_status_that_blames_the_body(status: int, seen: str) -> None:
    """400 or 422; a limit shows nothing."""
    assert word("status", lying(error(status))) == seen


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("envelope", {"status": 400, "body": {"detail": "no"}}),
        ("envelope", {"status": 400, "body": {"object": "error", "message": "no", "type": "t"}}),
        ("envelope", {"status": 400, "body": [{"error": {"message": "no", "type": "t"}}]}),
        ("envelope", {"status": 400, "body": {"error": "no"}}),
        ("envelope", {"status": 400, "text": "no"}),
        ("envelope", error(message="")),
        ("envelope", error(type=None)),
        ("envelope_keys", {"status": 400, "body": {"error": {"message": "no", "type": "t", "code": ""}}}),
        ("envelope_keys", {"status": 400, "body": {"error": {"message": "no", "type": "t", "param": ""}}}),
        ("envelope_code", error(code=400)),
        ("no_html", {"status": 400, "text": "no", "headers": {"content-type": "text/html; charset=utf-8"}}),
        ("no_html", {"status": 400, "text": "\n<!DOCTYPE HTML><p>no", "headers": {}}),
        ("no_leak", error(message='Traceback (most recent call last):\n  File "/srv/a.py", line 3, in f')),
        ("no_leak_before_model", error(message="at /usr/src/app/routes/chat.js")),
    ],
)
def test_an_error_in_another_form_is_mishandled(name: str, given: dict[str, Any]) -> None:
    """Each claim about the form of errors sees the one thing that is wrong."""
    assert word(name, lying(given)) == "mishandled"


@pytest.mark.parametrize("name", ["envelope_keys", "envelope_code"])
@pytest.mark.parametrize("given", [{"status": 400, "body": {"detail": "no"}}, {"status": 400, "text": "no"}])
def test_an_error_without_envelope_is_blamed_once(name: str, given: dict[str, Any]) -> None:
    """Its keys and its code are nothing to look at."""
    assert word(name, lying(given)) == "honoured"


def test_one_mistake_among_several_is_enough() -> None:
    """The form is looked at in every refusal, and the detail names the one that broke it."""

    def answer(request: Request) -> dict[str, Any]:
        return error(code=400) if request.json.get("messages") == [] else error()

    found = look("envelope_code", lying(answer))
    assert found.seen == "mishandled"
    assert "empty messages" in found.detail


def test_a_mistake_that_is_answered_does_not_hide_the_others() -> None:
    """An endpoint that takes empty messages is judged by its other refusals."""
    answer = lying(lambda request: READY if request.json.get("messages") == [] else error())
    assert look("envelope", answer).detail.startswith("3 errors")


@pytest.mark.parametrize("name", [*PER_MODEL, "no_leak_before_model"])
def test_a_limit_is_no_error_to_look_at(name: str) -> None:
    """Where every mistake meets the rate limit, nothing is known of how mistakes are refused."""
    assert word(name, lying(error(429))) == "unanswered"


def test_a_form_that_a_failing_server_breaks_is_suspect() -> None:
    """A 500 without the envelope has to come again before it counts."""
    assert look("envelope", lying({"status": 500, "text": "no"})).suspect
    assert not look("envelope", lying({"status": 400, "text": "no"})).suspect


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
    """A 4xx with JSON; not a 200, not an event, not a fault of the server."""
    assert word("stream_refusal", lying(given)) == seen


def test_the_claim_about_streams_is_asked_as_a_stream_only() -> None:
    """Its cases have no other mode."""
    assert bound("stream_refusal").case.mode == STREAM


@pytest.mark.parametrize(
    ("given", "seen"),
    [(READY, "honoured"), (error(), "honoured"), (error(500), "mishandled"), (error(429), "unanswered")],
)
def test_an_unknown_key_in_a_message_breaks_nothing(given: dict[str, Any], seen: str) -> None:
    """Swallowed or refused, but no fault of the server."""
    assert word("unknown_message_key", lambda _: given) == seen
