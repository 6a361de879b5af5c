"""What the suite says of every error: one in the documented envelope, and the same with one thing wrong."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from conformance.http.exchange import Exchange, Request
from tests.support.collecting import over
from tests.support.erring import READY, bound, error, honest, look, lying, sent_for, word
from tests.support.making import exchange, hear, request

NAMES = ("envelope", "envelope_keys", "envelope_code", "message_sentence", "no_html", "no_leak")
MISTAKES = ("no_messages", "empty_messages", "text_as_messages", "number_as_content")
PAGE = {"status": 400, "text": "no", "headers": {"content-type": "text/html; charset=utf-8"}}


def refused(given: dict[str, Any], **sent: Any) -> Exchange:
    """Return an error that some request met."""
    return exchange(sent=request(model="m", **sent), **given)


@over("name", NAMES)
def test_a_conforming_endpoint_is_honoured(name: str) -> None:
    """Errors as documented are honoured, and the detail counts them."""
    found = look(name, honest)
    assert (found.seen, found.detail.rpartition(": ")[2][:6]) == ("honoured", "4 of 4")


@over("name", NAMES)
def test_without_an_error_there_is_nothing_to_look_at(name: str) -> None:
    """An endpoint that refuses nothing shows no errors."""
    assert word(name, lambda _: READY) == "unanswered"


@over("name", NAMES)
def test_all_claims_about_errors_send_the_same_mistakes(name: str) -> None:
    """One of each kind, so that no claim costs requests of its own."""
    wanted = {sent_for("refused", value)[0].key for value in MISTAKES}
    assert {request.key for request in sent_for(name)} == wanted


WRONG: list[tuple[str, dict[str, Any]]] = [
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
    ("envelope_code", error(code="400")),
    ("envelope_code", error(code=["x"])),
    ("no_html", PAGE),
    ("no_html", {"status": 400, "text": "\n<!DOCTYPE HTML><p>no", "headers": {}}),
    ("no_leak", error(message='Traceback (most recent call last):\n  File "/srv/a.py", line 3, in f')),
    *(
        ("message_sentence", error(message=dump))
        for dump in (
            "{'type': 'missing', 'loc': ('body', 'messages')}",
            "[{'loc': ['body'], 'msg': 'Field required'}]",
            "No call fits. Received message={'content': 'It is warm.', 'role': 'tool', 'tool_call_id': 'call_1'}",
            "Bad request: [object Object]",
            "<class 'fastapi.exceptions.RequestValidationError'>",
            "map[loc:messages msg:required]",
            "&{0xc000123 400}",
            "ValueError('messages must not be empty')",
            "litellm.BadRequestError(status_code=400)",
            "2 validation errors for ChatCompletionRequest\nmessages\n  Field required",
        )
    ),
]


@over("name, given", WRONG)
def test_an_error_in_another_form_is_mishandled(name: str, given: dict[str, Any]) -> None:
    """Each claim finds the one thing that is wrong, whichever request met it."""
    assert word(name, lying(given)) == "mishandled"
    assert hear(f"chat.error.{name}", refused(given, tools=[])).seen == "mishandled"


SENTENCES = [
    "Invalid type for 'messages[0].content': expected a string, but got an integer instead.",
    "1 validation error: messages must not be empty",
    "litellm.BadRequestError: OpenAIException - 'int' object is not iterable",
    'Unknown parameter: {"role": "user"} has no content',
    "[] is too short - 'messages'",
    "The object is not known; use a map of strings.",
    "Use messages=[{role, content}] instead.",
    "不正なリクエストです。",
    "At least one message is needed. Set modify_params to add the message {'role': 'user', 'content': 'Go on.'} by itself.",
]


@over("message", SENTENCES)
def test_a_sentence_may_quote_what_is_wrong(message: str) -> None:
    """Values in JSON, names of types and of parameters are no dump."""
    assert word("message_sentence", lying(error(message=message))) == "honoured"


@over("given", [{"status": 400, "body": {"error": {"message": None}}}, {"status": 400, "body": {"error": "{'a': 1}"}}])
def test_a_message_that_is_no_text_is_judged_by_the_envelope(given: dict[str, Any]) -> None:
    """It is one fault and not two."""
    assert word("message_sentence", lying(given)) == "unanswered"
    assert word("envelope", lying(given)) == "mishandled"


@pytest.mark.parametrize("name", ["envelope_keys", "envelope_code", "message_sentence"])
@pytest.mark.parametrize("given", [{"status": 400, "body": {"detail": "no"}}, {"status": 400, "text": "no"}])
def test_an_error_without_envelope_is_reported_by_one_claim(name: str, given: dict[str, Any]) -> None:
    """The claims about its parts have no evidence."""
    assert word(name, lying(given)) == "unanswered"


def test_one_error_among_several_is_enough() -> None:
    """It came again when it was asked for again, and the detail says how many others are in order."""

    def answer(request: Request) -> dict[str, Any]:
        return error(code=400) if request.json.get("messages") == [] else error()

    found = look("envelope_code", lying(answer))
    assert found.seen == "mishandled"
    assert "1 of 4 refusals" in found.detail
    assert "the same request again: 3 of 3 times" in found.detail


def test_a_mistake_that_is_answered_does_not_hide_the_others() -> None:
    """An endpoint that accepts empty messages is judged by its other refusals."""
    answer = lying(lambda request: READY if request.json.get("messages") == [] else error())
    assert look("envelope", answer).detail.endswith("3 of 3 refusals")


@over("name, status", itertools.product(NAMES, [401, 402, 403, 408, 409, 429, 502, 503, 504]))
def test_an_outage_is_no_error_to_look_at(name: str, status: int) -> None:
    """What keys, money, rates and overload lead to comes from others than the API, such as a proxy before it."""
    assert word(name, lying({**PAGE, "status": status})) == "unanswered"


@over("name", NAMES)
def test_a_request_that_is_not_answered_met_no_error(name: str) -> None:
    """There is nothing of it to look at."""
    assert word(name, lying({"failure": "timeout"})) == "unanswered"


def test_a_form_that_a_failing_server_breaks_has_to_come_every_time() -> None:
    """A 500 without the envelope counts where it comes again, each time followed by a control that succeeds."""
    failing: dict[str, Any] = {"status": 500, "text": "no"}
    found = look("envelope", lying(failing))
    assert (found.seen, found.suspect) == ("mishandled", False)
    assert "3 of 3 times" in found.detail
    sent: list[Request] = []

    def recovers(request: Request) -> dict[str, Any]:
        sent.append(request)
        return failing if len(sent) < 2 else honest(request)

    assert look("envelope", recovers).seen == "unanswered"


def test_every_error_of_a_run_is_looked_at() -> None:
    """Also of a request that is no mistake, of a stream, and of a path that is not known."""
    strange = error(404, code=404)
    for sent in ({"tools": []}, {"stream": True}, {"temperature": 9}):
        found = hear("chat.error.envelope_code", refused(error()), refused(strange, **sent))
        assert (found.seen, "1 of 2 refusals" in found.detail) == ("mishandled", True)


@over(
    "given, seen",
    [
        ({**error(), "headers": {"content-type": "application/json", "X-Request-Id": "7"}}, "honoured"),
        ({**error(), "headers": {"content-type": "application/json", "request-id": "7"}}, "honoured"),
        (error(message="That is wrong (request id: 7)."), "honoured"),
        (error(), "mishandled"),
        ({**error(), "headers": {"content-type": "application/json", "X-Request-Id": ""}}, "mishandled"),
    ],
)
def test_the_id_of_a_request_is_looked_for_in_headers_and_message(given: dict[str, Any], seen: str) -> None:
    """One of the two is enough."""
    assert word("request_id", lying(given)) == seen


def test_the_host_of_the_endpoint_is_no_leak() -> None:
    """Its own address may be shown, another one of its network may not."""
    shown = error(message="See http://gateway.internal:8080/docs")
    assert word("no_leak", lying(shown), host="gateway.internal") == "honoured"
    assert word("no_leak", lying(shown)) == "mishandled"
    assert bound("no_leak", host="gateway.internal").host == "gateway.internal"


def about(name: str, param: Any, message: str = "That is wrong.", **sent: Any) -> str:
    """Return the word for an error with this param, to a request that is about this parameter."""
    asked = replace(request(model="m", messages=[], max_tokens=16, **sent), about=name)
    return hear("chat.error.param", exchange(sent=asked, **error(param=param, message=message))).seen.value


@over(
    "param, message, seen",
    [
        ("n", "", "honoured"),
        ("body.n", "", "honoured"),
        ("model", "Invalid type for 'n'.", "mishandled"),
        ("choices", "", "mishandled"),
        ("input_tokens", "The maximum context length is 4096 tokens.", "unanswered"),
        ("max_tokens", "max_tokens is too small.", "unanswered"),
        ("max_tokens", "Together with n, max_tokens is too large.", "unanswered"),
        (None, "", "unanswered"),
        ("None", "", "unanswered"),
        ("", "", "unanswered"),
    ],
)
def test_the_param_is_the_parameter_that_is_refused(param: Any, message: str, seen: str) -> None:
    """Another one may have been refused in its place, unless the message says otherwise."""
    assert about("n", param, message, n="x") == seen


def test_the_two_caps_are_one_parameter() -> None:
    """A server may name one by the other; a request without the parameter shows nothing."""
    assert about("max_tokens", "max_completion_tokens") == "honoured"
    assert about("tools", "function.name", tools=[{"type": "function"}]) == "unanswered", "it may name any key inside"
    assert about("n", "choices") == "unanswered"


@over("hinted, seen", [((), "accepted"), ((True, True), "accepted"), ((True, False), "mishandled")])
def test_a_rate_limit_says_how_long_to_wait(hinted: tuple[bool, ...], seen: str) -> None:
    """Whatever came of the request in the end."""
    given = replace(exchange(**READY), hinted=hinted)
    assert hear("chat.error.retry_after", given).seen == seen


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_request_that_makes_the_server_fail_each_time_is_held_against_it(status: int) -> None:
    """Whatever asked it; a failure that passes is an outage, and 501 is the answer to a method that nobody knows."""
    failing: dict[str, Any] = {"status": status, "text": "no"}
    found = look("no_server_error", lying(failing))
    assert (found.seen, found.suspect) == ("mishandled", False)
    assert "the same request again: 3 of 3 times" in found.detail
    sent: list[Request] = []

    def recovers(request: Request) -> dict[str, Any]:
        sent.append(request)
        return failing if len(sent) < 2 else honest(request)

    assert look("no_server_error", recovers).seen == "unanswered"
    assert word("no_server_error", lying(error())) == "honoured"
    assert word("no_server_error", lying({"status": 501, "text": "no"})) == "honoured"
