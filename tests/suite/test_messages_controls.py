"""What the suite makes of Messages servers that lack a feature, or have one of their own, and break no promise by it."""

import asyncio
from typing import Any

from conformance.base.observation import Observation
from conformance.http.exchange import Request
from tests.support.collecting import over
from tests.support.erring import Endpoint, Wire
from tests.support.making import observe_source, suite_functions
from tests.support.messages import USAGE, case, message, text

READY = {"body": message(text("ready"))}
NO_PICTURES = {"status": 500, "body": {"error": {"message": "image input is not supported", "type": "server_error"}}}
PICTURES = [f"messages.image.{name}" for name in ("bad", "media_type", "url", "in_tool_result")]


def look(claim: str, wire: Wire) -> Observation:
    """Return what the suite observes for a claim about Messages."""
    return asyncio.run(observe_source(suite_functions()[claim], case(claim), Endpoint(wire)))


def shows_picture(request: Request) -> bool:
    """Return whether a request has a picture."""
    return '"type":"image"' in (request.body or "").replace(" ", "")


@over("claim", PICTURES)
def test_a_server_without_pictures_refuses_all_of_them(claim: str) -> None:
    """How it refuses one shows nothing about the picture."""
    assert look(claim, lambda request: NO_PICTURES if shows_picture(request) else READY).seen == "unanswered"


@over("claim", PICTURES)
def test_a_fault_is_held_against_a_server_that_takes_sound_pictures(claim: str) -> None:
    """The sound ones are those in a question about the first of them."""

    def wire(request: Request) -> dict[str, Any]:
        sound = "the first picture" in (request.body or "")
        return READY if sound or not shows_picture(request) else NO_PICTURES

    assert look(claim, wire).seen == "mishandled"


def test_a_cache_that_needs_no_mark_has_no_shortest_prefix() -> None:
    """Tokens that are counted as cached for a plain request as well are not due to the mark on the short one."""
    cached = {"body": message(text("ready"), usage={**USAGE, "output_tokens": 1, "cache_read_input_tokens": 8})}
    assert look("messages.cache.too_short", lambda _: cached).seen == "unanswered"
    marked = look("messages.cache.too_short", lambda sent: cached if "cache_control" in (sent.body or "") else READY)
    assert marked.seen == "mishandled"


@over("claim, seen", [("messages.tools.strict", "ignored"), ("messages.tools.input_fits", "mishandled")])
def test_the_arguments_of_a_call_may_be_cut(claim: str, seen: str) -> None:
    """Some servers send an empty object then; what is missing is not held against them."""
    block = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    assert look(claim, lambda _: {"body": message(block, stop_reason="tool_use")}).seen == seen
    assert look(claim, lambda _: {"body": message(block, stop_reason="max_tokens")}).seen == "unanswered"


@over("thought, tokens, seen", [(True, 7, "ignored"), (True, 0, "unanswered"), (False, 7, "unanswered")])
def test_effort_is_measured_in_tokens_of_a_model_that_thinks(thought: bool, tokens: int, seen: str) -> None:
    """How much a model writes that does not think is chance, and a count of nothing shows nothing."""
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmF0dXJl"}
    blocks = [*([thinking] if thought else []), text("ready")]
    answer = message(*blocks, usage={**USAGE, "output_tokens": tokens})
    assert look("messages.effort.effect", lambda _: {"body": answer}).seen == seen


@over(
    "low, most, seen",
    [
        ([(128, 215), (128, 182)], [(128, 179), (128, 199)], "ignored"),
        ([(17, 100), (17, 83)], [(801, 853), (801, 851)], "honoured"),
        ([(40, 100), (70, 100)], [(60, 100), (80, 100)], "unanswered"),
        ([(0, 215), (0, 182)], [(0, 179), (0, 199)], "unanswered"),
        ([(0, 20), (0, 22)], [(17, 179), (17, 199)], "honoured"),
    ],
)
def test_effort_is_seen_by_what_it_makes_a_model_think(low: list[Any], most: list[Any], seen: str) -> None:
    """Two answers with each effort are compared by their tokens of thinking; without those, by all, whose order may be chance."""
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmF0dXJl"}
    left = {"low": list(low), "max": list(most)}

    def wire(sent: Request) -> Any:
        thought, whole = left[sent.json["output_config"]["effort"]].pop()
        details = {"output_tokens_details": {"thinking_tokens": thought}} if thought else {}
        return {"body": message(thinking, text("ready"), usage={**USAGE, "output_tokens": whole, **details})}

    assert look("messages.effort.effect", wire).seen == seen
