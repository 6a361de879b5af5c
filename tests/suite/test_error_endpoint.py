"""What the suite observes of the errors of an endpoint as a whole: of a conforming one, and with one fault at a time."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.observation import Reason
from conformance.http.exchange import WRONG_KEY
from tests.support import messages
from tests.support.erring import READY, Endpoint, bound, error, honest, look, lying, sent_for, word
from tests.support.making import observe_source, suite_functions

KEYS = {"no_key": "none", "wrong_key": "wrong", "wrong_scheme": "basic"}
BODIES = ("malformed_json", "empty_body", "array_body", "missing_model", "unknown_model")

# ---------------------------------------------------------------- an honest endpoint


@pytest.mark.parametrize("name", [*KEYS, *BODIES, "unknown_path", "wrong_method"])
def test_a_conforming_endpoint_refuses(name: str) -> None:
    """Refusals in the documented form are read as refused."""
    assert word(name, honest) == "refused"


@pytest.mark.parametrize("name", ["key_not_shown", "no_leak_before_model"])
def test_a_conforming_endpoint_shows_no_fault(name: str) -> None:
    """Refusals as documented are honoured."""
    assert word(name, honest) == "honoured"


@pytest.mark.parametrize("name", [*KEYS, *BODIES])
def test_an_endpoint_that_answers_anything_accepts(name: str) -> None:
    """If nothing is refused, every mistake is read as accepted."""
    assert word(name, lambda _: READY) == "accepted"


def test_without_an_error_there_is_nothing_to_look_at() -> None:
    """An endpoint that refuses nothing, or limits the rate, shows no errors."""
    assert word("no_leak_before_model", lambda _: READY) == "unanswered"
    assert word("no_leak_before_model", lying(error(429))) == "unanswered"
    assert word("no_leak_before_model", lambda _: {"text": "<html>Welcome</html>"}) == "unanswered"


def test_json_sent_as_text_is_accepted_or_refused() -> None:
    """An answer is accepted, a refusal refused."""
    assert word("content_type", honest) == "accepted"
    strict = word("content_type", lambda request: READY if request.content_type == "application/json" else error())
    assert strict == "refused"


def test_one_leak_among_several_errors_is_enough() -> None:
    """The detail names the mistake whose error shows the path of a source file; a path of the API is not a leak."""
    found = look(
        "no_leak_before_model",
        lying(lambda request: error(message="at /usr/src/app/routes/chat.js") if request.body == "[]" else error()),
    )
    assert found.seen == "mishandled"
    assert "array body" in found.detail


def test_the_host_of_the_endpoint_is_no_leak() -> None:
    """An endpoint in a private network may name its own host, but no other."""
    wire = lying(error(message="No route at http://10.1.2.3:4000/v1/conformance-no-such-path."))
    assert word("no_leak_before_model", wire, host="10.1.2.3") == "honoured"
    assert word("no_leak_before_model", wire, host="10.1.2.4") == "mishandled"


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize(("name", "auth"), KEYS.items())
def test_a_key_is_left_out_or_replaced(name: str, auth: str) -> None:
    """The body is that of the plain request, so only the key can be refused."""
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
def test_path_method_and_content_type_are_changed_one_at_a_time(name: str, how: dict[str, Any]) -> None:
    """Path, method or content type is changed, and nothing else."""
    (request,) = sent_for(name)
    assert request == replace(bound(name).plain(), **how)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("name", [*KEYS, "key_not_shown"])
def test_without_a_key_of_its_own_a_target_shows_nothing_about_keys(name: str) -> None:
    """Nothing is sent, the claim does not apply, and the detail says that the target has no key."""
    found = look(name, honest, keyed=False)
    assert (found.seen, found.reason) == ("unanswered", Reason.NOT_APPLICABLE)
    assert "the target has no key" in found.detail


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
    """Another status or body is mishandled; a rate limit or an outage is no evidence."""
    assert word(name, lying(given)) == seen


def test_a_wrong_status_for_a_key_counts_only_with_a_control() -> None:
    """It may be an accident, so a control must succeed after it."""
    assert look("wrong_key", lying(error(500))).suspect


@pytest.mark.parametrize("text", [WRONG_KEY, hashlib.sha256(WRONG_KEY.encode()).hexdigest()])
def test_a_refusal_that_shows_the_key_is_mishandled(text: str) -> None:
    """The key itself, or an unsalted hash of it."""
    assert word("key_not_shown", lying(error(401, f"Key {text} is unknown."))) == "mishandled"
    assert word("key_not_shown", lying(error(401, "Key sk-c***-key is unknown."))) == "honoured"


@pytest.mark.parametrize("given", [READY, error(429), error(503, type="overloaded"), {"failure": "connection"}])
def test_without_a_refusal_no_key_can_be_shown(given: dict[str, Any]) -> None:
    """An answer or an outage is not a refusal of a key."""
    assert word("key_not_shown", lying(given)) == "unanswered"


# ---------------------------------------------------------------- bodies, models, paths


@pytest.mark.parametrize("name", BODIES)
def test_a_server_that_breaks_is_suspect(name: str) -> None:
    """A 500 for a mistake is mishandled if it repeats."""
    found = look(name, lying(error(500, type="server_error")))
    assert (found.seen, found.suspect) == ("mishandled", True)


@pytest.mark.parametrize(
    ("status", "seen"),
    [(400, "refused"), (404, "refused"), (422, "refused"), (403, "unanswered"), (410, "mishandled")],
)
def test_an_unknown_model_has_a_status_of_its_own(status: int, seen: str) -> None:
    """404, 400 and 422 are refusals; whether the account may use a model is not tested."""
    assert word("unknown_model", lying(error(status))) == seen


def test_an_unknown_model_that_looks_like_an_outage_is_mishandled() -> None:
    """A 503 with a code for a client's mistake is a fault; without one it is an outage."""
    assert word("unknown_model", lying(error(503, code="model_not_found"))) == "mishandled"
    assert word("unknown_model", lying(error(503, type="overloaded"))) == "unanswered"


@pytest.mark.parametrize("claim", ["messages.auth.none", "messages.auth.bad"])
def test_a_key_is_refused_in_whatever_form_where_the_api_promises_none(claim: str) -> None:
    """On Messages the form of an error is a claim of its own, and one that binds less; the status still has to be right."""
    bodies = [
        {"error": {"message": "No key.", "type": "invalid_key"}},
        {"type": "error", "error": {"message": "No key."}},
    ]
    for status, seen in ((401, "refused"), (403, "refused"), (400, "mishandled"), (200, "accepted")):
        for body in bodies if status != 200 else [messages.message(messages.text("ready"))]:
            endpoint = Endpoint(lambda _, status=status, body=body: {"status": status, "body": body})
            observed = asyncio.run(observe_source(suite_functions()[claim], messages.case(claim), endpoint))
            assert observed.seen == seen, (status, body)
