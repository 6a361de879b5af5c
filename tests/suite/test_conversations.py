"""What the suite observes of conversations: messages that are dropped, cut or refused, and models that forget to name one."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.suite.chat.test_conversations import ALL_KEYS, KEYS, ROLES
from conformance.suite.probes import test_conversations as probes
from conformance.suite.probes.test_conversations import TOKENS_PER_SENTENCE
from conformance.suite.recalling import ENDS, FLOWERS, REQUEST, Place, long_text
from conformance.surfaces.chat.request import spelling
from tests.support.making import choice, completion, observe_with_bodies, refusal, see

Messages = list[dict[str, Any]]
Change = Callable[[Messages], Messages]


def texts_of(message: dict[str, Any]) -> list[str]:
    """Return the texts of a message, one for each part."""
    content = message.get("content") or ""
    return [content] if isinstance(content, str) else [part["text"] for part in content]


def endpoint(
    change: Change = list, *, names: bool = True, counts: bool = True, refuses: Callable[[Messages], bool] = bool
) -> Any:
    """Return an endpoint that drops what `change` drops, names the flowers that are left, and counts words."""

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        if refuses is not bool and refuses(body["messages"]):
            return refusal()
        said = " ".join(text for each in change(body["messages"]) for text in texts_of(each))
        usage = {"usage": {"prompt_tokens": len(said.split())}} if counts else {}
        return completion(choice(", ".join(name for name in FLOWERS if name in said) if names else "None."), **usage)

    return answer


def without_flower(messages: Messages) -> Messages:
    """Return the messages without those before the last one that name a flower."""
    return [each for each in messages[:-1] if not any("flower" in text for text in texts_of(each))] + messages[-1:]


# The conversation of each claim, and the one that is asked first where several claims share it.
SHARED: dict[str, tuple[Place, Place]] = {
    **{name: (place, ALL_KEYS) for name, place in KEYS.items()},
    "several_parts": (probes.SEVERAL_PARTS, probes.COMMON),
    "text_beside_calls": (probes.TEXT_BESIDE_CALLS, probes.COMMON),
    "tool_parts": (probes.RESULT_PARTS, probes.COMMON),
}
ALONE: dict[str, Place] = {
    **ROLES,
    "consecutive_assistant": probes.TWO_ANSWERS,
    "long_history": probes.LONG_HISTORY,
    "long_tool_result": probes.LONG_RESULT,
    "long_system": probes.LONG_SYSTEM,
}
CLAIMS = [f"chat.messages.{name}" for name in (*SHARED, *ALONE)]


def messages(place: Place) -> Messages:
    """Return the whole conversation of a place as chat sends it."""
    return list(spelling(place.asked())["messages"])


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_an_answer_with_every_flower_has_read_the_conversation(claim_id: str) -> None:
    """One request shows it, which several claims may share; the conversation of a claim names its flowers once."""
    found, bodies = observe_with_bodies(claim_id, endpoint())
    name = claim_id.rsplit(".", 1)[-1]
    place, first = SHARED.get(name) or (ALONE[name], ALONE[name])
    assert (found.seen, len(bodies)) == (Seen.HONOURED, 1)
    assert bodies[0]["messages"] == messages(first)
    for flower in place.flowers:
        assert str(bodies[0]["messages"]).count(flower) == 1


WITH_CALLS = {
    f"chat.messages.{name}" for name in ("text_beside_calls", "tool_parts", "long_history", "long_tool_result")
}


def is_no_call_alone(messages: Messages) -> bool:
    """Return whether these are not just a question, a call and its result, which show whether any call is taken."""
    return [each["role"] for each in messages] != ["user", "assistant", "tool"]


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_a_flower_that_is_not_named_is_lost_only_if_tokens_are_missing(claim_id: str) -> None:
    """The same text in the last message has more tokens then; a model that names none proves nothing."""
    lost = see(claim_id, endpoint(without_flower))
    assert (lost.seen, lost.enforced) == (Seen.IGNORED, True)
    assert see(claim_id, endpoint(names=False)).seen is Seen.UNANSWERED
    assert see(claim_id, endpoint(without_flower, counts=False)).seen is Seen.UNANSWERED
    assert see(claim_id, endpoint(refuses=is_no_call_alone)).seen is Seen.REFUSED
    assert see(claim_id, refusal()).seen is (Seen.UNANSWERED if claim_id in WITH_CALLS else Seen.REFUSED)


@pytest.mark.parametrize("name", SHARED)
def test_a_part_of_the_common_conversation_is_asked_for_alone_if_the_whole_fails(name: str) -> None:
    """An endpoint that refuses the whole may take this part of it."""
    place, first = SHARED[name]
    answer = endpoint(refuses=lambda sent: sent == messages(first))
    found, bodies = observe_with_bodies(f"chat.messages.{name}", answer)
    assert found.seen is Seen.HONOURED
    assert [body["messages"] for body in bodies] == [messages(first), messages(place)]


def cut(letters: slice) -> Change:
    """Return a change that leaves some letters of every text but the request at the end of a message."""

    def changed(messages: Messages) -> Messages:
        texts = [(each, " ".join(texts_of(each))) for each in messages]
        return [
            {**each, "content": text.removesuffix(REQUEST)[letters] + " " + REQUEST * text.endswith(REQUEST)}
            for each, text in texts
        ]

    return changed


@pytest.mark.parametrize("letters", [slice(4_000), slice(-4_000, None)], ids=["start", "end"])
def test_a_long_prompt_that_is_cut_has_fewer_tokens_than_its_halves(letters: slice) -> None:
    """Where it starts or ends does not matter; one below the limit arrives."""
    claim_id = "chat.messages.long_prompt"
    assert see(claim_id, endpoint(), 2500).seen is Seen.HONOURED
    shorter = see(claim_id, endpoint(cut(letters)), 2500)
    assert (shorter.seen, shorter.enforced) == (Seen.IGNORED, True)
    assert see(claim_id, endpoint(cut(letters)), 500).seen is Seen.HONOURED
    assert see(claim_id, endpoint(names=False), 2500).seen is Seen.UNANSWERED
    assert see(claim_id, endpoint(cut(letters), counts=False), 2500).seen is Seen.UNANSWERED
    assert see(claim_id, refusal(), 2500).seen is Seen.REFUSED


def test_a_long_text_names_its_flowers_at_both_ends_and_in_the_middle() -> None:
    """It has about as many tokens as it is to have, whatever the tokenizer, and none of its words is an instruction."""
    text = long_text(100, *ENDS)
    places = [text.index(flower) / len(text) for flower in ENDS]
    assert places[0] < 0.02 < 0.45 < places[1] < 0.55 < 0.98 < places[2]
    assert 3 * len(text) / 16 < 100 * TOKENS_PER_SENTENCE < len(text) / 3


@pytest.mark.parametrize("claim_id", [f"chat.messages.long_{name}" for name in ("prompt", "system", "tool_result")])
def test_a_long_text_that_is_refused_may_be_longer_than_the_context(claim_id: str) -> None:
    """A conversation that is refused with a short text as well is refused for another reason."""

    def is_long(messages: Messages) -> bool:
        return len(str(messages)) > 2_000

    assert see(claim_id, endpoint(refuses=is_long), 1000).seen is Seen.UNANSWERED
    assert see(claim_id, endpoint(refuses=is_no_call_alone), 1000).seen is Seen.REFUSED


def which(wrong: Callable[[Messages], bool]) -> Any:
    """Return an endpoint that names the flower of Oslo if the results are wrong for it."""
    return lambda body, *_: completion(choice(FLOWERS[wrong(body["messages"])].title()))


def in_order(messages: Messages) -> bool:
    """Return whether the results come in the order of their calls."""
    calls = [call["id"] for each in messages for call in each.get("tool_calls", [])]
    return [each["tool_call_id"] for each in messages if "tool_call_id" in each] == calls


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (which(lambda _: False), "honoured"),
        (which(lambda messages: not in_order(messages)), "mishandled"),
        (which(lambda _: True), "unanswered"),
        (completion(choice("No idea.")), "unanswered"),
        (endpoint(refuses=lambda messages: not in_order(messages)), "refused"),
    ],
)
def test_results_belong_to_the_calls_that_they_name(answer: Any, seen: str) -> None:
    """The endpoint is at fault if the same model knows which is which when they come in order."""
    assert see("chat.messages.results_order", answer).seen == seen
