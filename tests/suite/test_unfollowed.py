"""A model that follows nothing, on each API: only a prompt without the tokens of a text shows that the text was dropped."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from conformance import suite
from conformance.base.observation import Observation, Seen
from conformance.contract.claims import Case
from conformance.suite.conversing import SLACK
from conformance.suite.responses.baselines import CODE_WORD
from conformance.suite.responses.test_state import QUESTION
from conformance.surfaces.dialogue import COUNTING
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.responses.request import ResponsesCase
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.collecting import over
from tests.support.making import Script, contract, surface_context

Json = dict[str, Any]
Count = Callable[[Json], int]

TEXT = "Hello there, this is the same answer to every question that anybody asks."
CALL = {"name": "get_weather", "args": {"city": "Paris", "unit": "celsius"}}
SURFACES = {
    "messages": ("claude", "claude-haiku-4-5", MessagesCase),
    "gemini": ("gemini", "gemini-2.5-flash", GeminiCase),
    "responses": ("openai", "gpt-4.1-mini", ResponsesCase),
}
CACHED = 12  # tokens of what a response goes on from
READ = [
    *("messages.system.blocks", "messages.messages.blocks", "messages.document.text", "messages.document.pdf"),
    *("gemini.system.snake", "gemini.system.parts", "gemini.case.inline_data"),
    *("responses.state.previous", "responses.state.previous_chain3"),
]


def message(body: Json, count: Count) -> Json:
    """The answer of the Messages API."""
    usage = {"input_tokens": count(body), "output_tokens": count(body) and 16}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**head, "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "usage": usage}


def content(body: Json, count: Count) -> Json:
    """The answer of the Gemini API, a call if there are tools."""
    part = {"functionCall": CALL} if "tools" in body else {"text": TEXT}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": count(body), "candidatesTokenCount": 16, "totalTokenCount": count(body) + 16}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}


def response(body: Json, count: Count) -> Json:
    """The answer of the Responses API."""
    part = {"type": "output_text", "text": TEXT, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    usage = {"input_tokens": count(body), "output_tokens": 16, "total_tokens": count(body) + 16}
    usage["input_tokens_details"] = {"cached_tokens": CACHED * ("previous_response_id" in body)}
    return {"id": "resp_1", "object": "response", "status": "completed", "output": [item], "usage": usage}


ANSWERS = {"messages": message, "gemini": content, "responses": response}


def seen(claim_id: str, count: Count) -> list[Observation]:
    """What is seen of each case of a claim on a model that answers the same text and counts prompts like this."""
    surface = claim_id.partition(".")[0]
    column, name, kind = SURFACES[surface]
    model = contract().classify(column, name)
    source = Script(lambda body, *_: {"body": ANSWERS[surface](body or {}, count)})
    function = suite.tests(contract())[claim_id]

    async def look(row: Case) -> Observation:
        return await function(kind(row, surface_context(surface)), Ask[Any](RequestCache(source, lambda _: None)))

    return [asyncio.run(look(row)) for row in contract().cases([claim_id], [model])]


def size(body: Json) -> int:
    """About as many tokens as a body has, with what came before it."""
    return len(json.dumps(body)) // 4 + 400 * ("previous_response_id" in body)


def without_text(body: Json) -> int:
    """The same tokens for every question that a test asks, and more for the long one of a control."""
    return 99 if COUNTING in json.dumps(body) else 9


@over("claim_id", READ)
def test_a_text_that_is_not_repeated_is_lost_only_if_its_tokens_are_missing(claim_id: str) -> None:
    """A prompt with the tokens of the text has reached the model, and an endpoint that counts nothing shows nothing."""
    if "previous" not in claim_id:
        assert {each.seen for each in seen(claim_id, size)} == {Seen.UNANSWERED}
    assert {each.seen for each in seen(claim_id, lambda body: 0)} == {Seen.UNANSWERED}
    assert {each.seen for each in seen(claim_id, without_text)} == {Seen.IGNORED}


@over("claim_id", ["gemini.tools.many_declarations", "gemini.tools.several_entries"])
def test_a_model_that_calls_one_tool_in_any_order_shows_nothing_of_the_other(claim_id: str) -> None:
    """The second declaration is lost only if the tool is called where it is the first."""
    assert {each.seen for each in seen(claim_id, size)} == {Seen.UNANSWERED}


@over("left, wanted", [(SLACK + 6, Seen.IGNORED), (len(CODE_WORD) // 4, Seen.UNANSWERED)])
def test_an_earlier_output_alone_is_no_earlier_turn(left: int, wanted: Seen) -> None:
    """A prompt that goes on from a response has more tokens than that response's own, or else its question was dropped."""
    found = seen("responses.state.previous", lambda body: question(body) + left * ("previous_response_id" in body))
    assert {each.seen for each in found} == {wanted}


def test_what_is_cached_is_not_taken_for_dropped() -> None:
    """A server may leave cached tokens out of the prompt, if it reports them."""
    left = (len(CODE_WORD) - len(QUESTION)) // 4 - CACHED // 2
    found = seen("responses.state.previous", lambda body: question(body) + left * ("previous_response_id" in body))
    assert {each.seen for each in found} == {Seen.UNANSWERED}


def question(body: Json) -> int:
    """About as many tokens as the input of a body has."""
    return len(json.dumps(body["input"])) // 4
