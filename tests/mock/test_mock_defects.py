"""Each defect shows its symptom if it is chosen, and only then."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from conformance.mock.engine.request import RequestCounts
from conformance.mock.server import registry
from conformance.mock.server.models import Models
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from conformance.mock.surfaces.chat.answering import complete
from conformance.mock.surfaces.chat.defect import ChatDefect
from tests.support import (
    symptoms_of_forms,
    symptoms_of_messages,
    symptoms_of_refusals,
    symptoms_of_streams,
    symptoms_of_tools,
)
from tests.support.collecting import over

Ask = Callable[..., httpx.Response]

ALL = registry.defects()
MODELS = {"chat": "mock-openai", "reasoning": "mock-openai-reasoning", "claude": "mock-claude", "gemini": "mock-gemini"}
MODELS["gemini-3"] = "mock-gemini-3"
COUNTING = "Count from 1 to 30"
TOOL = {"type": "function", "function": {"name": "get_weather"}}
PROBES = {"stop": "7", "temperature": 0, "logprobs": True, "n": 2}  # parameters that many defects act on


def message(reply: httpx.Response) -> Any:
    """Return the message of the first choice of an answer, whose status must be 200."""
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]


def drops_n(ask: Ask, **options: Any) -> bool:
    return len(ask(n=3, **options).json()["choices"]) == 1


def clamps_n(ask: Ask, **options: Any) -> bool:
    return len(ask(n=6, **options).json()["choices"]) == 4


def drops_stop(ask: Ask, **options: Any) -> bool:
    return bool(message(ask(COUNTING, stop="7", **options))["content"].endswith("30"))


def leaks_stop_sequence(ask: Ask, **options: Any) -> bool:
    return bool(message(ask(COUNTING, stop="4 5", **options))["content"] == "1 2 3 4 5")


def drops_token_caps(ask: Ask, **options: Any) -> bool:
    choice = ask(COUNTING, max_completion_tokens=5, **options).json()["choices"][0]
    return bool(choice["message"]["content"].endswith("30") and choice["finish_reason"] == "stop")


def accepts_temperature_out_of_range(ask: Ask, **options: Any) -> bool:
    return [ask(temperature=value, **options).status_code for value in (-1, 2.1, 1e6)] == [200] * 3


def drops_temperature(ask: Ask, **options: Any) -> bool:
    return len({message(ask(temperature=0, **options))["content"] for _ in range(3)}) == 3


def invents_logprobs(ask: Ask, **options: Any) -> bool:
    logprobs = ask(COUNTING, logprobs=True, top_logprobs=2, **options).json()["choices"][0]["logprobs"]
    return logprobs is not None and len(logprobs["content"][0]["top_logprobs"]) == 2


def misaligned_logprobs(ask: Ask, **options: Any) -> bool:
    choice = ask(COUNTING, logprobs=True, **options).json()["choices"][0]
    return bool(choice["logprobs"]["content"][-1]["logprob"] == -9999.0 and len(choice["logprobs"]["content"]) == 31)


def ignores_response_format(ask: Ask, **options: Any) -> bool:
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    return not message(ask(COUNTING, response_format=wanted, **options))["content"].startswith("{")


def usage_chunk_has_choices(ask: Ask, **options: Any) -> bool:
    reply = ask(COUNTING, stream=True, stream_options={"include_usage": True}, **options)
    last = json.loads(reply.text.split("\n\n")[-3].removeprefix("data: "))
    return bool(last["usage"]["total_tokens"] and last["choices"] == [{"index": 0, "delta": {}}])


def forgets_required_tool_choice(ask: Ask, **options: Any) -> bool:
    return "tool_calls" not in message(ask(COUNTING, tools=[TOOL], tool_choice="required", **options))


SYMPTOMS: dict[str, Callable[..., bool]] = {
    symptom.__name__: symptom
    for symptom in (
        drops_n,
        clamps_n,
        drops_stop,
        leaks_stop_sequence,
        drops_token_caps,
        accepts_temperature_out_of_range,
        drops_temperature,
        invents_logprobs,
        misaligned_logprobs,
        ignores_response_format,
        usage_chunk_has_choices,
        forgets_required_tool_choice,
    )
}
SYMPTOMS |= symptoms_of_messages.SYMPTOMS | symptoms_of_refusals.SYMPTOMS
SYMPTOMS |= symptoms_of_tools.SYMPTOMS | symptoms_of_forms.SYMPTOMS
SYMPTOMS |= symptoms_of_streams.SYMPTOMS

CASES = [(name, MODELS[kind]) for name in SYMPTOMS for kind in ALL[name].kinds]


def test_every_symptom_is_a_defect() -> None:
    """Every symptom here belongs to a defect; defects without one are tested by the mutation run only."""
    assert set(SYMPTOMS) <= set(ALL)


@over("name, model", CASES)
def test_a_defect_shows_its_symptom_only_if_chosen(ask: Ask, name: str, model: str) -> None:
    """On each class that it concerns, the answer shows the symptom with the header and not without it."""
    assert SYMPTOMS[name](ask, model=model, defect=name)
    assert not SYMPTOMS[name](ask, model=model)


def test_a_defect_leaves_other_classes_alone(ask: Ask) -> None:
    """A class that a defect does not concern answers, or refuses, as without the defect."""

    def outcome(kind: str, parameter: str, defect: str = "") -> tuple[int, Any]:
        reply = ask(COUNTING, MODELS[kind], defect, **{parameter: PROBES[parameter]})
        return reply.status_code, reply.json().get("choices")

    cells = [(kind, parameter) for kind in MODELS for parameter in PROBES]
    clean = {cell: outcome(*cell) for cell in cells}
    assert not [
        (name, *cell)
        for name, defect in ALL.items()
        if defect.surface == "chat"  # of the API that is asked here
        for cell in cells
        if cell[0] not in defect.kinds and outcome(*cell, name) != clean[cell]
    ]


def test_a_defect_acts_on_its_own_classes_only() -> None:
    """The function of a defect is not called for other classes of models."""
    twice = ChatDefect(
        "twice", "There are two choices.", claims=(), kinds=("gemini",), request=lambda request: replace(request, n=2)
    )
    for name, count in (("mock-gemini", 2), ("mock-openai", 1)):
        body = {"model": name, "messages": [{"role": "user", "content": COUNTING}]}
        reply, active = complete(json.dumps(body).encode(), Models(), RequestCounts(), (twice,))
        assert (len(reply.answers), len(active)) == (count, count - 1)


def test_defects_can_be_chosen_on_start() -> None:
    """Options choose several defects for all requests, and the header adds another one."""
    with (
        running(Options(port=0, defects=("drops_stop", "clamps_n"))) as url,
        httpx.Client(base_url=url, timeout=600) as client,
    ):

        def ask(prompt: str = "", defect: str = "", **parameters: Any) -> httpx.Response:
            body = {"model": "mock-openai", "messages": [{"role": "user", "content": prompt}], **parameters}
            headers = {"authorization": "Bearer sk-test", "x-mock-defect": defect}
            return client.post("/chat/completions", json=body, headers=headers)

        assert drops_stop(ask)
        assert clamps_n(ask)
        assert not drops_token_caps(ask)
        assert drops_token_caps(ask, defect="drops_token_caps")


def test_several_defects_can_be_chosen_by_header(ask: Ask) -> None:
    """Names are separated by commas, with or without spaces."""
    assert drops_stop(ask, defect="drops_n, drops_stop")
    assert drops_n(ask, defect="drops_n, drops_stop")


def test_an_unknown_defect_in_the_header_is_refused(ask: Ask) -> None:
    """A misspelt name is refused with a 400 that suggests the nearest name."""
    error = ask(defect="drop_n").json()["error"]
    assert (error["code"], error["param"]) == ("unknown_defect", "x-mock-defect")
    assert "drops_n" in error["message"]


def test_leaked_sequences_keep_log_probabilities_aligned(ask: Ask) -> None:
    """A defect changes one thing only: with a leaked stop sequence, the tokens still join to the content."""
    choice = ask(COUNTING, defect="leaks_stop_sequence", stop="4 5", logprobs=True).json()["choices"][0]
    assert "".join(entry["token"] for entry in choice["logprobs"]["content"]) == choice["message"]["content"]


def test_a_defect_acts_on_streams_too(ask: Ask) -> None:
    """The extra log probability is also in a stream."""
    assert "-9999.0" in ask(COUNTING, defect="misaligned_logprobs", logprobs=True, stream=True).text
    assert "-9999.0" not in ask(COUNTING, logprobs=True, stream=True).text
