"""The symptoms of defects of structured answers, caps and combinations: a function per defect, true if an answer shows it."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]

COUNTING = "Count from 1 to 30"
SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"enum": ["glad", "sad"]},
        "spot": {"type": "object", "properties": {"row": {"type": "integer"}}, "required": ["row"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "required": ["mood", "spot", "tags"],
}


def formed(ask: Ask, **options: Any) -> Any:
    """Return a structured answer, parsed."""
    described = {"name": "a", "strict": True, "schema": SCHEMA}
    reply = ask(COUNTING, response_format={"type": "json_schema", "json_schema": described}, **options)
    assert reply.status_code == 200, reply.text
    return json.loads(reply.json()["choices"][0]["message"]["content"])


def adds_keys_to_structured_answers(ask: Ask, **options: Any) -> bool:
    answer = formed(ask, **options)
    return set(answer) > {"mood", "spot", "tags"} and set(answer["spot"]) > {"row"}


def leaves_enums(ask: Ask, **options: Any) -> bool:
    return formed(ask, **options)["mood"] not in ("glad", "sad")


def empties_arrays(ask: Ask, **options: Any) -> bool:
    return bool(formed(ask, **options)["tags"] == [])


def accepts_any_schema(ask: Ask, **options: Any) -> bool:
    described = ({"schema": SCHEMA}, {"name": "a", "schema": {"type": "thing"}})
    wanted = ({"type": "json_schema", "json_schema": value} for value in described)
    return [ask(COUNTING, response_format=value, **options).status_code for value in wanted] == [200, 200]


def cut_answers_end_with_stop(ask: Ask, **options: Any) -> bool:
    choice = ask(COUNTING, max_completion_tokens=5, **options).json()["choices"][0]
    return bool(choice["finish_reason"] == "stop" and not choice["message"]["content"].endswith("30"))


def refuses_user(ask: Ask, **options: Any) -> bool:
    return ask(COUNTING, user="someone", **options).status_code == 400


def names_undocumented_tiers(ask: Ask, **options: Any) -> bool:
    return bool(ask(COUNTING, service_tier="default", **options).json()["service_tier"] == "on_demand")


def refuses_temperature_with_top_p(ask: Ask, **options: Any) -> bool:
    alone = [ask(COUNTING, **{name: 0.5}, **options).status_code for name in ("temperature", "top_p")]
    return alone == [200, 200] and ask(COUNTING, temperature=0.5, top_p=0.5, **options).status_code == 400


SYMPTOMS: dict[str, Callable[..., bool]] = {
    symptom.__name__: symptom
    for symptom in (
        adds_keys_to_structured_answers,
        leaves_enums,
        empties_arrays,
        accepts_any_schema,
        cut_answers_end_with_stop,
        refuses_user,
        names_undocumented_tiers,
        refuses_temperature_with_top_p,
    )
}
