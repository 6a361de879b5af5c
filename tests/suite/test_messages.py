"""What the suite observes of roles, turns and parts: of endpoints that pass everything on, and of others."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.suite import results
from conformance.suite.conversing import MARKER, SLACK, WITH_EVERY_ROLE
from conformance.suite.probes.test_conversations import JOINS
from conformance.trial.ask import NoControl
from tests.support.making import choice, completion, observe_with_bodies, refusal, see

Messages = list[dict[str, Any]]
Count = Callable[[Messages], Any]

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
CALLING = completion(choice(message={"role": "assistant", "content": None, "tool_calls": [CALL]}, finish="tool_calls"))
MARKERS = {
    "chat.messages.system": MARKER,
    "chat.messages.developer": MARKER,
    "chat.messages.history": MARKER,
    "chat.messages.consecutive": MARKER,
    "chat.messages.tool_result": results.MARKER,
}


def text_of(messages: Messages) -> str:
    """Return the text of all messages, including the text of parts."""
    contents = [each.get("content") or "" for each in messages]
    return " ".join(
        each if isinstance(each, str) else " ".join(part.get("text", "") for part in each) for each in contents
    )


def whole(messages: Messages) -> int:
    """Return about as many tokens as the messages have."""
    return 4 * len(messages) + len(text_of(messages)) // 4


def last(messages: Messages) -> int:
    """Return the tokens of the last message; the content of a tool's message is lost."""
    return whole([{**messages[-1], "content": ""} if messages[-1].get("role") == "tool" else messages[-1]])


def endpoint(
    text: str = "I do not know.", count: Count | None = whole, refused: Callable[[Any], bool] | None = None
) -> Any:
    """Return an endpoint that calls a tool if it must, else answers with this text, and counts prompt tokens like this."""

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        if body.get("tool_choice") == "required":
            return CALLING
        if refused and refused(body):
            return refusal()
        usage = {} if count is None else {"usage": {"prompt_tokens": count(body.get("messages", []))}}
        return completion(choice(text), **usage)

    return answer


@pytest.mark.parametrize("claim_id", MARKERS)
def test_an_answer_with_the_marker_has_read_the_message(claim_id: str) -> None:
    """Upper and lower case do not matter, nor does the usage."""
    found, bodies = observe_with_bodies(claim_id, endpoint(f"It is {MARKERS[claim_id].upper()}.", None))
    assert found.seen is Seen.HONOURED
    assert MARKERS[claim_id] in json.dumps(bodies[-1]["messages"])


@pytest.mark.parametrize("claim_id", MARKERS)
@pytest.mark.parametrize(
    ("count", "seen"),
    [(whole, "unanswered"), (last, "ignored"), (lambda _: 9, "unanswered"), (lambda _: "9", "unanswered")],
    ids=["counted", "lost", "constant", "text"],
)
def test_without_the_marker_prompt_tokens_decide(claim_id: str, count: Count, seen: str) -> None:
    """A model that does not follow proves nothing; a prompt with no more tokens than without the message does, of any model."""
    found = see(claim_id, endpoint(count=count))
    assert (found.seen, found.enforced) == (seen, seen == "ignored")


@pytest.mark.parametrize("claim_id", MARKERS)
def test_without_the_marker_and_usage_there_is_no_evidence(claim_id: str) -> None:
    """Nothing else could show that the message was lost."""
    assert see(claim_id, endpoint(count=None)).seen is Seen.UNANSWERED


@pytest.mark.parametrize("claim_id", [*MARKERS, "chat.messages.parts", "chat.messages.tool_calls_alone"])
def test_a_conversation_that_is_refused_is_refused(claim_id: str) -> None:
    """For parts and calls without content it counts if the same conversation is answered with text or content."""

    def own(body: dict[str, Any]) -> bool:
        if claim_id == "chat.messages.parts":
            return isinstance(body["messages"][0]["content"], list)
        return len(body["messages"]) > 1 and not (claim_id.endswith("_alone") and "content" in body["messages"][1])

    assert see(claim_id, endpoint(refused=own)).seen is Seen.REFUSED


def parts(messages: Messages) -> bool:
    """Return whether the messages have parts."""
    return isinstance(messages[0].get("content"), list)


@pytest.mark.parametrize(
    ("more", "reached", "same"),
    [
        (0, "honoured", "honoured"),
        (16, "honoured", "honoured"),
        (17, "honoured", "mishandled"),
        (-8, "honoured", "honoured"),
        (-9, "ignored", "mishandled"),
    ],
)
def test_parts_cost_what_their_text_costs(more: int, reached: str, same: str) -> None:
    """A few tokens more or less do not matter; many more are brackets and keys, fewer are lost text."""
    answer = endpoint(count=lambda messages: whole(messages) + more * parts(messages))
    found = see("chat.messages.parts", answer)
    assert (found.seen, found.enforced) == (reached, reached == "ignored")
    assert see("chat.messages.parts_tokens", answer).seen == same


def test_an_answer_that_knows_one_part_has_not_read_every_part() -> None:
    """Another part may be lost; only where no tokens are counted the answer shows what there is to see."""
    answer = endpoint(f"{MARKER.title()}!", lambda messages: whole(messages) - 9 * parts(messages))
    assert see("chat.messages.parts", answer).seen is Seen.IGNORED
    assert see("chat.messages.parts", endpoint(f"{MARKER.title()}!", None)).seen is Seen.HONOURED


def test_every_part_has_more_tokens_than_counts_may_differ() -> None:
    """Each of them is noticed if it is lost, whatever its role; no text has a single part."""
    texts = [WITH_EVERY_ROLE.system, *(turn.text for turn in WITH_EVERY_ROLE.turns)]
    lines = [text.splitlines() for text in texts]
    assert {len(each) for each in lines} == {2}
    assert len(lines) == JOINS
    assert all(len(line.split()) > SLACK + JOINS for each in lines for line in each)


@pytest.mark.parametrize("count", [None, lambda _: 9], ids=["none", "constant"])
def test_parts_are_not_judged_by_tokens_that_are_not_counted(count: Count | None) -> None:
    """No usage, or the same for every prompt, is no evidence."""
    for claim_id in ("chat.messages.parts", "chat.messages.parts_tokens"):
        assert see(claim_id, endpoint(count=count)).seen is Seen.UNANSWERED


def test_parts_that_are_refused_have_no_cost() -> None:
    """Another claim is about the refusal."""
    answer = endpoint(refused=lambda body: parts(body["messages"]))
    assert see("chat.messages.parts_tokens", answer).seen is Seen.UNANSWERED


def test_a_result_answers_a_call_of_the_suite() -> None:
    """The call has content null, each result names its call, and no request waits for a model to call."""
    found, bodies = observe_with_bodies("chat.messages.tool_result", endpoint(f"{results.MARKER} degrees"))
    assert found.seen is Seen.HONOURED
    assert not any("tool_choice" in body for body in bodies)
    _, calling, result = bodies[-1]["messages"]
    made = results.call("Paris")
    call = {"id": made.id, "type": "function", "function": {"name": made.name, "arguments": made.arguments}}
    assert calling == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert (result["role"], result["tool_call_id"]) == ("tool", made.id)


def foreign(body: dict[str, Any]) -> bool:
    """Return whether the messages have a call that the endpoint did not make."""
    return any(call != CALL for each in body.get("messages", []) for call in each.get("tool_calls", []))


def test_a_model_that_takes_only_its_own_calls_gets_them_back() -> None:
    """The result of a call that it made itself reaches it; signed calls are the reason."""
    answer = endpoint(f"{results.MARKER} degrees", refused=foreign)
    found, bodies = observe_with_bodies("chat.messages.tool_result", answer)
    assert found.seen is Seen.HONOURED
    assert bodies[-1]["messages"][1]["tool_calls"] == [CALL]


@pytest.mark.parametrize("call", [{**CALL, "id": None}, {**CALL, "function": {"name": "x", "arguments": {}}}])
def test_a_call_that_cannot_be_sent_back_shows_nothing(call: dict[str, Any]) -> None:
    """Other claims are about missing ids and arguments that are not strings."""
    message = {"role": "assistant", "content": None, "tool_calls": [call]}

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        return refusal() if len(body["messages"]) > 1 else completion(choice(message=message, finish="tool_calls"))

    with pytest.raises(NoControl):
        see("chat.messages.tool_result", answer)


def test_calls_alone_are_accepted_without_the_key() -> None:
    """An answer with the result is honoured, any other accepted."""
    assert see("chat.messages.tool_calls_alone", endpoint()).seen is Seen.ACCEPTED
    found, bodies = observe_with_bodies("chat.messages.tool_calls_alone", endpoint(f"{results.MARKER} degrees"))
    assert found.seen is Seen.HONOURED
    assert "content" not in bodies[-1]["messages"][1]


@pytest.mark.parametrize("claim_id", ["chat.messages.tool_without_id", "chat.messages.tool_unknown_id"])
def test_a_result_of_no_call_is_accepted_or_refused(claim_id: str) -> None:
    """A refusal counts if a result with the right id is answered."""

    def own(body: dict[str, Any]) -> bool:
        return body["messages"][-1].get("tool_call_id") != results.call("Paris").id

    assert see(claim_id, endpoint()).seen is Seen.ACCEPTED
    found, bodies = observe_with_bodies(claim_id, endpoint(refused=own))
    assert found.seen is Seen.REFUSED
    wrong = next(body["messages"][-1] for body in bodies if own(body))
    assert ("tool_call_id" in wrong) == claim_id.endswith("unknown_id")


PLACES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "missing": lambda body: "messages" not in body,
    "empty": lambda body: body["messages"] == [],
    "wrong_type": lambda body: isinstance(body["messages"], str),
    "content_wrong_type": lambda body: body["messages"][0]["content"] == 7,
    "unknown_role": lambda body: body["messages"][0]["role"] == "conformance",
    "missing_role": lambda body: "role" not in body["messages"][0],
    "unknown_part": lambda body: body["messages"][0]["content"][1]["type"] == "conformance",
    "empty_content": lambda body: body["messages"][0]["content"] == "",
}
VALUES = {"content_wrong_type": 7, "unknown_role": "conformance", "unknown_part": "conformance"}


@pytest.mark.parametrize("statement", PLACES)
def test_a_mistake_is_sent_and_accepted_or_refused(statement: str) -> None:
    """The request differs from the plain one in one thing, and nothing more can be observed."""
    claim_id, value = f"chat.messages.{statement}", VALUES.get(statement)
    found, [body] = observe_with_bodies(claim_id, lambda *_: completion(choice()), value)
    assert found.seen is Seen.ACCEPTED
    assert PLACES[statement](body)
    assert see(claim_id, refusal(), value).seen is Seen.REFUSED
    assert see(claim_id, refusal(500, "server_error"), value).seen is Seen.MISHANDLED


def test_text_that_looks_like_parts_is_text() -> None:
    """Answered and counted as text it is honoured; only answered it is accepted; read as parts it is refused."""
    claim_id = "chat.messages.json_looking_content"
    assert see(claim_id, endpoint()).seen is Seen.HONOURED
    assert see(claim_id, endpoint(count=lambda _: 14)).seen is Seen.ACCEPTED
    assert see(claim_id, refusal()).seen is Seen.REFUSED
    _, [body] = observe_with_bodies(claim_id, endpoint())
    assert isinstance(json.loads(body["messages"][0]["content"]), list)


def test_parts_are_sent_in_every_role() -> None:
    """A system message has parts too, so that an endpoint that fails on those is found."""

    def chokes(body: dict[str, Any]) -> bool:
        return any(each["role"] == "system" and isinstance(each["content"], list) for each in body["messages"])

    assert see("chat.messages.parts", endpoint(refused=chokes)).seen is Seen.REFUSED


def test_a_message_of_the_endpoint_goes_back_as_it_came() -> None:
    """With keys that no document names, too: text after the plain request, calls with a result for each."""
    whole = {**CALLING["choices"][0]["message"], "reasoning_content": "Hm.", "refusal": None}
    said = {"role": "assistant", "content": "ready", "annotations": [], "x": 1}

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        return completion(choice(message=whole if "tool_choice" in body else said))

    for value, message in (("text", said), ("call", whole)):
        found, bodies = observe_with_bodies("chat.messages.sent_back", answer, value)
        assert found.seen is Seen.ACCEPTED
        assert bodies[-1]["messages"][1] == message
        refused = endpoint(refused=lambda body: len(body["messages"]) > 1)
        assert see("chat.messages.sent_back", refused, value).seen is Seen.REFUSED
    assert see("chat.messages.sent_back", completion(choice("")), "text").seen is Seen.UNANSWERED


def test_a_server_that_fails_on_a_call_of_the_suite_is_told_from_one_that_refuses_it() -> None:
    """Only a model that then calls by itself shows whether results arrive where such calls are refused."""

    def failing(status: int) -> Any:
        return lambda body, *_: refusal(status) if len(body["messages"]) > 1 else completion(choice("It is mild."))

    assert see("chat.messages.tool_result", failing(500)).seen is Seen.MISHANDLED
    with pytest.raises(NoControl, match="the model made no call"):
        see("chat.messages.tool_result", failing(400))


def test_half_a_call_is_not_sent_back() -> None:
    """Its arguments are no JSON, and a server may refuse them."""
    half = {**CALL, "function": {"name": "get_weather", "arguments": '{"ci'}}
    cut = completion(choice(message={"role": "assistant", "content": None, "tool_calls": [half]}, finish="length"))
    with pytest.raises(NoControl, match="cut at the cap"):
        see("chat.messages.sent_back", cut, "call")


def test_a_picture_in_a_result_is_seen_dropped_or_refused() -> None:
    """The call is the suite's own, and the question stands behind the result."""
    claim_id = "chat.messages.tool_image"
    found, [body] = observe_with_bodies(claim_id, endpoint("Orange.", count=None))
    assert found.seen is Seen.HONOURED
    *_, result, asked = body["messages"]
    assert [part["type"] for part in result["content"]] == ["text", "image_url"]
    assert (asked["role"], "colour" in asked["content"]) == ("user", True)
    assert see(claim_id, endpoint("Blue.", count=whole)).seen is Seen.IGNORED  # counts the texts alone
    assert see(claim_id, endpoint("Blue.", count=lambda sent: whole(sent) + 85 * ("image_url" in str(sent)))).seen is (
        Seen.UNANSWERED
    )


def test_a_refusal_of_a_picture_in_a_result_is_held_against_controls() -> None:
    """The same result without its picture is answered, and so is a picture that the user sends."""
    claim_id = "chat.messages.tool_image"

    def answer(*refused: str) -> Any:
        return lambda body, *_: refusal() if all(word in str(body) for word in refused) else completion(choice("ready"))

    assert see(claim_id, answer("'tool'", "image_url")).seen is Seen.REFUSED
    assert see(claim_id, answer("image_url")).seen is Seen.UNANSWERED
    with pytest.raises(NoControl):
        see(claim_id, answer("'tool'"))
