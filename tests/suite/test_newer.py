"""What the suite says of newer parameters: sent together, and one by one where that is refused."""

from typing import Any

from tests.support.collecting import over
from tests.support.making import choice, completion, observe_with_bodies, refusal

READY = completion(choice())
COMMON = {"model", "messages", "max_tokens"}


@over("name", ["prompt_cache_key", "metadata", "modalities"])
def test_one_request_is_enough_for_a_server_that_knows_them(name: str) -> None:
    """All claims send the same one."""
    found, bodies = observe_with_bodies(f"chat.newer.{name}", lambda *_: READY)
    (body,) = bodies
    assert found.seen == "accepted"
    assert body.keys() - COMMON == {
        "prompt_cache_key", "safety_identifier", "verbosity", "store", "metadata", "modalities",
    }  # fmt: skip


@over("name, seen", [("verbosity", "refused"), ("prompt_cache_key", "accepted"), ("metadata", "accepted")])
def test_a_server_that_refuses_one_of_them_is_asked_one_by_one(name: str, seen: str) -> None:
    """So only the one that it refuses is reported."""

    def answer(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return refusal() if "verbosity" in body else READY

    found, bodies = observe_with_bodies(f"chat.newer.{name}", answer)
    assert found.seen == seen
    assert len(bodies) == 2
    assert bodies[1].keys() - COMMON == ({"metadata", "store"} if name == "metadata" else {name})


@over("name", ["prompt_cache_retention", "prediction", "web_search_options"])
def test_what_only_some_models_take_is_sent_alone(name: str) -> None:
    """It would have the others refused."""
    found, bodies = observe_with_bodies(f"chat.newer.{name}", lambda *_: refusal())
    (body,) = bodies
    assert found.seen == "refused"
    assert body.keys() - COMMON == {name}
