"""The requests that combine parameters: every two values of two parameters meet in one of them, for every class of models."""

from itertools import combinations
from typing import Any

from conformance.contract.claims import Says
from conformance.suite.chat.test_combination import FACTORS, combined
from conformance.suite.structured import CARD
from tests.support.collecting import over
from tests.support.making import case, choice, completion, contract, refusal, see

CLAIM = "chat.combination.accepted"
# The parameters that are supported alone, by the claim that says so; the others may be combined with any.
ALONE = {
    "n": "chat.n.count",
    "stop": "chat.stop.ends_text",
    "logprobs": "chat.logprobs.present",
    "json_object": "chat.response_format.json_object",
    "temperature": "chat.temperature.range",
    "cap": "chat.tools.cut",  # any cap that cuts is used up by reasoning
}
# Every answer of a reasoning model is billed with its reasoning, so that fewer are asked for.
TOO_DEAR = {name: {"n", "json_object"} for name in ("reasoning", "reasoning-gpt-5")}


def rows(name: str) -> list[set[str]]:
    """Return the requests of a class of models, each as the set of its words; "plain" is the opposite of "stream"."""
    known = contract()
    model = known.classify(known.classes[name].column, "any", name)
    values = known.rule(known.claim(CLAIM), model).values
    assert isinstance(values, tuple)
    words = [set(value.split()) for value in values]
    return [row | ({"plain"} - {"plain" for _ in row & {"stream"}}) for row in words]


def usable(name: str) -> list[tuple[str, str]]:
    """Return the words that may be combined for a class of models, each with its parameter."""
    known = contract()
    model = known.classify(known.classes[name].column, "any", name)

    def works(word: str) -> bool:
        claim = ALONE.get(word)
        return claim is None or known.rule(known.claim(claim), model).says is Says.SUPPORTED

    every = [(parameter, word) for parameter, words in FACTORS.items() for word in words]
    return [("stream", "plain")] + [
        (parameter, word) for parameter, word in every if works(word) and word not in TOO_DEAR.get(name, ())
    ]


def shows(word: str, row: set[str]) -> bool:
    """Return whether an answer to a request shows the effect of one of its parameters."""
    if word in FACTORS["response_format"]:
        return row.isdisjoint({"required", "cap", "stop"})
    if word == "stop":
        return row.isdisjoint({"required", "cap"})
    if word == "logprobs":
        return "required" not in row
    return word != "required" or "cap" not in row


@over("name", sorted(contract().classes))
def test_every_pair_of_values_meets_in_a_request(name: str) -> None:
    """In one whose answer shows both effects, if there can be one."""
    given, missing = rows(name), []
    for (one, first), (other, second) in combinations(usable(name), 2):
        pair = {first, second}
        if one == other:
            continue
        visible = all(shows(word, pair) for word in pair)
        if not any(pair <= row and (not visible or all(shows(word, row) for word in pair)) for row in given):
            missing.append(pair)
    assert not missing


@over("name", sorted(contract().classes))
def test_no_request_has_what_its_models_do_not_support(name: str) -> None:
    """A refusal would say nothing about the combination."""
    known = {word for _, word in usable(name)}
    assert [row - known for row in rows(name) if row - known] == []
    assert len(rows(name)) <= 11


def body(words: str, model: str = "openai") -> dict[str, Any]:
    """Return the body of a request."""
    made: dict[str, Any] = combined(case(CLAIM, words, model), words).json
    return made


def test_words_become_parameters() -> None:
    """Each word is one parameter, or two that belong together."""
    made = body("stream none json_schema n stop logprobs temperature seed")
    assert made["response_format"]["json_schema"]["schema"] == CARD
    assert {name: made[name] for name in ("stream", "tool_choice", "n", "stop", "temperature", "seed")} == {
        "stream": True,
        "tool_choice": "none",
        "n": 2,
        "stop": ["#~#", "}"],
        "temperature": 0.5,
        "seed": 7,
    }
    assert (made["logprobs"], made["top_logprobs"]) == (True, 2)
    assert made["stream_options"] == {}, "as clients send that want no usage"
    assert body("stream cap")["stream_options"] == {"include_usage": True}, "the counts show whether the cap is kept"
    assert body("cap")["max_tokens"] == 8
    assert body("stop")["stop"] == body("required json_object stop")["stop"] == ["#~#", " 12"]
    assert body("seed", "reasoning")["max_completion_tokens"] > 1024
    assert "JSON" in body("required json_object")["messages"][0]["content"]


def test_a_combination_is_answered_or_refused() -> None:
    """Whether its parameters have their effect is judged over every answer."""
    assert see(CLAIM, completion(choice("1 2 3")), "auto seed").seen == "honoured"
    assert see(CLAIM, refusal(), "auto seed").seen == "refused"
    seedless = see(CLAIM, lambda body, *_: refusal() if "seed" in body else completion(choice("1 2 3")), "auto seed")
    assert seedless.seen == "unanswered"
