"""What the suite says of requests that are sent in unusual ways: what is sent, and what the replies to it show."""

import asyncio
from typing import Any

import pytest

from conformance.base.observation import Observation, Reason
from conformance.trial.ask import NoControl
from tests.support.collecting import over
from tests.support.erring import READY, Endpoint, bound, error, honest, look, sent_for, word
from tests.support.making import as_mode, as_stream, choice, completion, observe_source, suite_functions

MANNERS = ("chunked_body", "expect_continue", "client_headers", "gzip")
PAGE = {"status": 404, "text": "<html>", "headers": {"content-type": "text/html"}}
CHARSET = "application/json; charset=utf-8"


@over("name, value", [*((name, None) for name in MANNERS), ("content_type", CHARSET), ("big_body", None)])
def test_an_answer_is_honoured(name: str, value: Any) -> None:
    """However a request is sent, an answer is what counts."""
    assert word(f"http.{name}", honest, value) == "honoured"


@over("name, value", [*((name, None) for name in MANNERS), ("content_type", CHARSET), ("trailing_slash", None)])
def test_a_refusal_is_refused(name: str, value: Any) -> None:
    """The contract says what that means."""
    assert word(f"http.{name}", lambda _: error(415), value) == "refused"


@over(
    "name, value, how",
    [
        ("chunked_body", None, {"headers": (("Transfer-Encoding", "chunked"),)}),
        ("expect_continue", None, {"headers": (("Expect", "100-continue"),)}),
        ("gzip", None, {"headers": (("Accept-Encoding", "gzip"),)}),
        ("content_type", CHARSET, {"content_type": CHARSET}),
        ("big_body", None, {"padding": 1_200_000}),
        ("trailing_slash", None, {"path": "/chat/completions/"}),
        ("options", None, {"method": "OPTIONS", "body": None}),
        ("head", None, {"method": "HEAD", "body": None}),
    ],
)
def test_only_the_way_of_sending_differs_from_the_plain_request(name: str, value: Any, how: dict[str, Any]) -> None:
    """Otherwise the refusal could have another cause."""
    (sent,), plain = sent_for(f"http.{name}", value), bound(f"http.{name}", value).plain()
    for part in ("method", "path", "body", "auth", "content_type", "headers", "padding", "first"):
        assert getattr(sent, part) == how.get(part, getattr(plain, part)), part


@over("value, path, auth", [("unknown_path", "/conformance-no-such-path", "key"), ("wrong_key", None, "wrong")])
def test_the_plain_request_follows_a_refused_one(value: str, path: str | None, auth: str) -> None:
    """The refused one has a body, which a server may leave unread."""
    (sent,), plain = sent_for("http.after_refusal", value), bound("http.after_refusal", value).plain()
    assert (sent.body, sent.path, sent.auth) == (plain.body, plain.path, "key")
    assert sent.first is not None
    assert (sent.first.path, sent.first.auth) == (path or plain.path, auth)
    assert sent.first.body == plain.body


def test_a_server_may_ask_for_the_length_of_a_body() -> None:
    """HTTP allows 411 for a body in pieces."""
    assert word("http.chunked_body", lambda _: error(411)) == "honoured"


def test_a_stream_that_never_comes_says_nothing_of_the_way_of_sending() -> None:
    """Only one that comes when it is sent as usual was refused for it."""

    def observed(usual: dict[str, Any]) -> Observation:
        test = suite_functions()["chat.http.gzip"]
        endpoint = Endpoint(lambda request: error() if request.headers else usual)
        return asyncio.run(observe_source(test, as_mode(bound("http.gzip"), test), endpoint))

    assert observed(as_stream(completion(choice("ready")))).seen == "refused"
    with pytest.raises(NoControl, match="the control failed"):
        observed(error(500))


def test_without_a_key_no_key_is_wrong() -> None:
    """That case is not applicable; the other one is."""
    assert look("http.after_refusal", honest, "wrong_key", keyed=False).reason is Reason.NOT_APPLICABLE
    assert look("http.after_refusal", honest, "unknown_path", keyed=False).seen == "honoured"


@over(
    "given, seen",
    [
        (error(413), "honoured"),
        (error(400), "honoured"),
        ({"status": 413, "text": "<html>"}, "mishandled"),
        (error(404), "mishandled"),
        (PAGE, "mishandled"),
        (error(500), "mishandled"),
        (error(429), "unanswered"),
        ({"failure": "connection"}, "unanswered"),
    ],
)
def test_a_big_body_is_refused_as_too_large_or_not_at_all(given: dict[str, Any], seen: str) -> None:
    """A 404, a web page and a server fault tell a client nothing; the last of them may be an accident."""
    found = look("http.big_body", lambda _: given)
    assert found.seen == seen, found.detail
    assert found.suspect or given.get("status") != 500


def test_an_answer_in_gzip_must_be_whole() -> None:
    """A body that cannot be decoded is a fault only with the encoding that was asked for."""
    broken = {"text": "", "failure": "protocol"}
    assert word("http.gzip", lambda _: broken) == "mishandled"
    assert word("http.chunked_body", lambda _: broken) == "unanswered"
    packed = {"body": completion(*READY["body"]["choices"]), "headers": {"content-encoding": "gzip"}}
    assert "content-encoding gzip" in look("http.gzip", lambda _: packed).detail


@over("name", ["options", "head"])
def test_a_method_may_be_refused_but_not_break_the_server(name: str) -> None:
    """501 is how HTTP says that a server does not know a method."""
    words = {
        status: word(f"http.{name}", lambda _, status=status: error(status)) for status in (200, 204, 401, 404, 405)
    }
    assert set(words.values()) == {"honoured"}
    assert word(f"http.{name}", lambda _: error(501)) == "honoured"
    assert word(f"http.{name}", lambda _: error(500)) == "mishandled"
    assert word(f"http.{name}", lambda _: error(429)) == "unanswered"
