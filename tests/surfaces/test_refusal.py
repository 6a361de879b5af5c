"""What an error reply means: each row of the classification."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Reason, Seen
from conformance.surfaces.errors import Envelope, envelope, is_transient, read_refusal
from tests.support.making import exchange

CLIENTS = {"error": {"message": "n is too large", "type": "invalid_request_error", "code": None, "param": "n"}}
SERVERS = {"error": {"message": "overloaded", "type": "server_error", "code": None, "param": None}}


def error(**parts: Any) -> dict[str, Any]:
    """Return a body in OpenAI's envelope."""
    return {"error": {"message": "no", **parts}}


ROWS = [
    ("400 with an envelope", 400, CLIENTS, "refused", False),
    ("404 with an envelope", 404, error(code="model_not_found"), "refused", False),
    ("422 of FastAPI", 422, {"detail": [{"loc": ["body", "n"], "msg": "no", "type": "int"}]}, "refused", False),
    ("400 of FastAPI", 400, {"detail": "n must be an integer"}, "refused", False),
    ("400 in an array", 400, [CLIENTS], "refused", False),
    ("400 with a bare sentence", 400, {"error": "n is too large"}, "refused", False),
    ("400 with the message on top", 400, {"message": "n is too large", "code": 400}, "refused", False),
    ("400 without a message", 400, {"error": {"code": "invalid_value"}}, "mishandled", False),
    ("400 with HTML", 400, "<html>Bad Request</html>", "mishandled", False),
    ("400 with nothing", 400, "", "mishandled", False),
    ("400 with null", 400, None, "mishandled", False),
    ("400 of an exhausted quota", 400, error(code="insufficient_quota"), "unanswered", False),
    ("400 of a content filter", 400, error(code="content_filter"), "unanswered", False),
    ("400 of a full context", 400, error(code="context_length_exceeded"), "unanswered", False),
    ("400 of a small context", 400, error(type="exceed_context_size_error"), "unanswered", False),
    ("400 of a context in words", 400, error(message="The maximum context length is 4096 tokens."), "unanswered", False),
    ("400 of a long prompt in words", 400, error(message="prompt is too long: 9000 tokens > 8000 maximum"), "unanswered", False),
    ("400 of a filter in words", 400, error(message="The prompt was stopped by the content filter."), "unanswered", False),
    ("400 of a cap", 400, error(message="max_tokens is too large: the context length is 4096."), "refused", False),
    ("400 of a long list", 400, error(message="Invalid 'stop': array too long."), "refused", False),
    ("401", 401, CLIENTS, "unanswered", False),
    ("402", 402, error(), "unanswered", False),
    ("403", 403, "<html>Forbidden</html>", "unanswered", False),
    ("408", 408, error(), "unanswered", False),
    ("409", 409, error(), "unanswered", False),
    ("429", 429, error(code="rate_limit_exceeded"), "unanswered", False),
    ("502", 502, "<html>Bad Gateway</html>", "unanswered", True),
    ("503 without a client's code", 503, SERVERS, "unanswered", True),
    ("503 with a client's code", 503, CLIENTS, "mishandled", True),
    ("504 with nothing", 504, "", "unanswered", True),
    ("529", 529, SERVERS, "unanswered", True),
    ("500", 500, SERVERS, "mishandled", True),
    ("500 with a client's code", 500, CLIENTS, "mishandled", True),
    ("500 with HTML", 500, "<html>Oops</html>", "mishandled", True),
    ("501", 501, "", "mishandled", True),
    ("200 with an error", 200, CLIENTS, "mishandled", True),
    ("200 with an error in an array", 200, [CLIENTS], "mishandled", True),
    ("200 with HTML", 200, "<html>Welcome</html>", "mishandled", False),
    ("200 with nothing", 200, "", "mishandled", False),
    ("204", 204, "", "mishandled", False),
    ("307", 307, "", "mishandled", False),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "seen", "suspect"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_reply_shows_what_the_classification_says(status: int, body: Any, seen: str, suspect: bool) -> None:
    """Only status and body decide; what may be an accident of the server is suspect until it repeats."""
    text = body if isinstance(body, str) else json.dumps(body)
    found = read_refusal(exchange(status, text=text))
    assert (found.seen, found.suspect) == (seen, suspect)
    assert str(status) in found.detail


FAILURES = [("timeout", True), ("connection", True), ("protocol", True), ("too large", False)]


@pytest.mark.parametrize(("failure", "suspect"), FAILURES)
def test_no_reply_is_no_evidence(failure: str, suspect: bool) -> None:
    """All but one that is too large are suspect, since the server may fail on this request; a timeout has its own reason."""
    found = read_refusal(exchange(failure=failure))
    assert (found.seen, found.suspect) == (Seen.UNANSWERED, suspect)
    assert (found.reason is Reason.TIMED_OUT) is (failure == "timeout")
    assert found.detail.startswith(f"{failure}: ")


TRANSIENT = {
    "200 with an answer": (200, {"choices": []}, False),
    "400": (400, CLIENTS, False),
    "401": (401, error(), False),
    "408": (408, error(), False),
    "429": (429, CLIENTS, True),
    "429 of an empty account": (429, error(code="insufficient_quota"), False),
    "500": (500, SERVERS, False),
    "502": (502, None, True),
    "503": (503, SERVERS, True),
    "503 with a client's code": (503, CLIENTS, False),
    "504": (504, None, True),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_only_transient_errors_are_sent_again(name: str) -> None:
    """A rate limit and an overload are sent again; a refusal and a server fault are not."""
    status, body, transient = TRANSIENT[name]
    assert is_transient(exchange(status, body)) is transient


def test_of_all_failures_only_a_lost_connection_is_sent_again() -> None:
    """A timeout is not, since it already took long."""
    assert [failure for failure, _ in FAILURES if is_transient(exchange(failure=failure))] == ["connection"]


def test_an_envelope_keeps_the_parts_of_an_error() -> None:
    """Parts that are not text are converted, missing parts are empty."""
    assert envelope(CLIENTS) == Envelope("n is too large", "invalid_request_error", "", "n")
    assert envelope({"error": {"message": "no", "code": 1210}}) == Envelope("no", code="1210")
    assert envelope({"detail": "no"}) == Envelope("no")
    assert envelope({"choices": []}) is None
    assert envelope([]) is envelope("no") is envelope(None) is envelope({"error": ""}) is None


def test_a_detail_is_one_short_line() -> None:
    """A page of HTML is shortened, and a redirect names its location."""
    found = read_refusal(exchange(400, text="<html>\n" + "long\n" * 500))
    assert "\n" not in found.detail
    assert len(found.detail) < 300
    moved = exchange(302, text="", headers={"Location": "https://elsewhere.example/"})
    assert "https://elsewhere.example/" in read_refusal(moved).detail


def test_the_code_and_the_parameter_of_an_error_are_told() -> None:
    """The detail has what a client can act on."""
    detail = read_refusal(exchange(400, error(code="invalid_value", param="n", message="1 to 8"))).detail
    assert detail == "400 invalid_value n: 1 to 8"


@pytest.mark.parametrize("depth", [900, 5_000, 100_000])
def test_an_error_nested_without_end_is_read(depth: int) -> None:
    """A body of many nested arrays is not a refusal and causes no error."""
    assert read_refusal(exchange(400, text="[" * depth + "]" * depth)).seen is Seen.MISHANDLED


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "detail", "message", "msg", "code", "type", "param"]), each)
    ),
    max_leaves=6,
)


@given(st.integers(100, 599), BODIES)
def test_no_error_body_raises(status: int, body: Any) -> None:
    """Anything that an endpoint sends in place of an error is classified."""
    sent = exchange(status, body)
    found = read_refusal(sent)
    assert found.detail
    assert not (found.seen is Seen.REFUSED and envelope(body) is None)
    assert is_transient(sent) in {True, False}
