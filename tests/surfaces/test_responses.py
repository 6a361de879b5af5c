"""How replies of Responses are read, streamed and not, and how prompts are spelt for it."""

import json
from typing import Any

from conformance import suite
from conformance.http.exchange import Exchange, Request
from conformance.suite.responses import grammar
from conformance.surfaces.prompt import Prompt, Result, Tool, assistant, returned, user
from conformance.surfaces.reply import Call, End
from conformance.surfaces.responses import SURFACE
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase, spelling
from conformance.trial.invariants import invariant_of
from tests.support.collecting import over
from tests.support.making import contract, exchange, surface_context

PART = {"type": "output_text", "text": "Hi there", "annotations": [], "logprobs": []}
MESSAGE = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [PART]}
USAGE = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
RESPONSE: dict[str, Any] = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "usage": USAGE}
PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
STREAM: list[dict[str, Any]] = [
    {"type": "response.created", "response": {**RESPONSE, "status": "in_progress", "output": [], "usage": None}},
    {"type": "response.in_progress", "response": {**RESPONSE, "status": "in_progress", "output": [], "usage": None}},
    {"type": "response.output_item.added", "output_index": 0, "item": {**MESSAGE, "content": []}},
    {"type": "response.content_part.added", **PLACE, "part": {**PART, "text": ""}},
    {"type": "response.output_text.delta", **PLACE, "delta": "Hi"},
    {"type": "response.output_text.delta", **PLACE, "delta": " there"},
    {"type": "response.output_text.done", **PLACE, "text": "Hi there"},
    {"type": "response.content_part.done", **PLACE, "part": PART},
    {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
    {"type": "response.completed", "response": {**RESPONSE, "output": [MESSAGE]}},
]
CHECKS = [
    *(grammar.starts_with_created, grammar.names_match, grammar.numbers_follow, grammar.items_announced),
    *(grammar.parts_announced, grammar.indexes_count, grammar.same_item_ids, grammar.same_response_id),
    *(grammar.texts_agree, grammar.closed_once, grammar.one_ending, grammar.ending_has_output),
    *(grammar.ending_has_usage, grammar.ending_has_its_status),
]


def sent(**body: Any) -> Request:
    """A request with this body."""
    return Request.post("/responses", {"model": "m", "input": "Hello.", **body}, surface="responses", model="openai:m")


def bound(claim_id: str) -> ResponsesCase:
    """The first case of a claim."""
    row = next(iter(contract().cases([claim_id], [contract().classify("openai", "gpt-4.1-mini")])))
    return ResponsesCase(row, surface_context("responses"))


def plain(body: dict[str, Any]) -> ResponsesReply:
    """The reading of a plain body."""
    return ResponsesReply(exchange(body=body, sent=sent()))


def streamed(events: list[dict[str, Any]]) -> ResponsesReply:
    """The reading of a stream of these events, which are numbered."""
    return ResponsesReply(streaming(events))


def streaming(events: list[dict[str, Any]]) -> Exchange:
    """A stream of these events, which are numbered."""
    numbered = ({**event, "sequence_number": number} for number, event in enumerate(events))
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in numbered)
    return exchange(text=text, headers={"content-type": "text/event-stream"}, sent=sent(stream=True))


def test_a_stream_reads_as_the_plain_response() -> None:
    """Text, end, counts and items are the same."""
    whole, joined = plain({**RESPONSE, "output": [MESSAGE]}), streamed(STREAM)
    for reply in (whole, joined):
        assert reply.ok
        assert (reply.text, reply.end, reply.counts.total, reply.response_id) == ("Hi there", End.STOP, 8, "resp_1")
    assert joined.output == whole.output
    assert joined.pieces == ["Hi", " there"]


def test_a_sound_stream_has_no_fault() -> None:
    """Every check of the grammar passes."""
    assert [check(streamed(STREAM)) for check in CHECKS] == [None] * len(CHECKS)


def changed(number: int, **values: Any) -> list[dict[str, Any]]:
    """The stream with other values in one event."""
    return [{**event, **values} if place == number else event for place, event in enumerate(STREAM)]


@over(
    "check, events",
    [
        (grammar.starts_with_created, STREAM[1:]),
        (grammar.items_announced, [*STREAM[:2], *STREAM[3:]]),
        (grammar.items_announced, [*STREAM[:3], *STREAM[2:]]),
        (grammar.parts_announced, [*STREAM[:3], *STREAM[4:]]),
        (grammar.indexes_count, changed(3, content_index=1)),
        (grammar.indexes_count, changed(2, output_index=None)),
        (grammar.same_item_ids, changed(8, item={**MESSAGE, "id": "msg_2"})),
        (grammar.same_item_ids, changed(4, item_id=None)),
        (grammar.same_response_id, changed(9, response={**RESPONSE, "id": "resp_2", "output": [MESSAGE]})),
        (grammar.texts_agree, changed(6, text="Hi")),
        (grammar.closed_once, [*STREAM[:7], *STREAM[8:]]),
        (grammar.one_ending, [*STREAM, STREAM[-1]]),
        (grammar.ending_has_output, changed(9, response={**RESPONSE, "output": []})),
        (grammar.ending_has_usage, changed(9, response={**RESPONSE, "usage": None, "output": [MESSAGE]})),
        (grammar.ending_has_its_status, changed(9, type="response.incomplete")),
    ],
)
def test_a_fault_of_a_stream_is_named(check: Any, events: list[dict[str, Any]]) -> None:
    """The check that it breaks says what is wrong."""
    assert check(streamed(events))


def test_a_stream_without_an_end_breaks_off() -> None:
    """It shows nothing about its content."""
    assert streamed(STREAM[:-1]).broken_off
    assert not streamed(STREAM[:-1]).ok


def test_the_surface_knows_the_last_event() -> None:
    """Only an event that ends a stream, and is closed, is one after which nothing comes."""
    text = streaming(STREAM).text.encode()
    assert SURFACE.ends(text)
    assert not SURFACE.ends(text.rstrip())
    assert not SURFACE.ends(streaming(STREAM[:-1]).text.encode())


def test_a_conversation_is_spelt_as_items() -> None:
    """A single question is a text; a call and its result are items that name each other."""
    assert spelling(Prompt.of("Hello."))["input"] == "Hello."
    call = Call(
        "get_time", "{}", "call_1", {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "get_time"}
    )
    turns = (user("Now?"), assistant(calls=(call,)), returned(Result(call, "noon")))
    body = spelling(Prompt(turns, system="Be brief.", tools=(Tool("get_time"),)))
    assert [item["type"] for item in body["input"]] == ["message", "function_call", "function_call_output"]
    assert "id" not in body["input"][1]
    assert body["instructions"] == "Be brief."
    assert body["tools"] == [{"type": "function", "name": "get_time", "parameters": None, "strict": False}]


def test_a_stream_may_end_with_done() -> None:
    """The marker of Chat Completions behind the last event is nothing that a client cannot read; another text is."""
    grammar_of_stream = invariant_of(suite.tests(contract())["responses.stream.grammar"])
    assert grammar_of_stream is not None
    judge = grammar_of_stream.start(bound("responses.stream.grammar"))
    for end, fault in (("", False), ("data: [DONE]\n\n", False), ("data: the end\n\n", True)):
        headers = {"content-type": "text/event-stream"}
        text = streaming(STREAM).text + end
        assert (
            isinstance(judge(ResponsesReply(exchange(text=text, headers=headers, sent=sent(stream=True)))), str)
            is fault
        )
