"""Each defect shows its symptom when it is switched on, and only then."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

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

Ask = Callable[..., httpx.Response]

ALL = registry.defects()
MODELS = {"chat": "mock-openai", "reasoning": "mock-openai-reasoning", "claude": "mock-claude", "gemini": "mock-gemini"}
COUNTING = "Count from 1 to 30"
TOOL = {"type": "function", "function": {"name": "get_weather"}}


def message(reply: httpx.Response) -> Any:
    """The first choice's message, of an answer that has to be a 200."""
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]


def drops_n(ask: Ask, **how: Any) -> bool:
    return len(ask(n=3, **how).json()["choices"]) == 1


def clamps_n(ask: Ask, **how: Any) -> bool:
    return len(ask(n=6, **how).json()["choices"]) == 4


def drops_stop(ask: Ask, **how: Any) -> bool:
    return bool(message(ask(COUNTING, stop="7", **how))["content"].endswith("30"))


def leaks_stop_sequence(ask: Ask, **how: Any) -> bool:
    return bool(message(ask(COUNTING, stop="4 5", **how))["content"] == "1 2 3 4 5")


def drops_token_caps(ask: Ask, **how: Any) -> bool:
    choice = ask(COUNTING, max_completion_tokens=5, **how).json()["choices"][0]
    return bool(choice["message"]["content"].endswith("30") and choice["finish_reason"] == "stop")


def accepts_temperature_out_of_range(ask: Ask, **how: Any) -> bool:
    return [ask(temperature=value, **how).status_code for value in (-1, 2.1, 1e6)] == [200] * 3


def drops_temperature(ask: Ask, **how: Any) -> bool:
    return len({message(ask(temperature=0, **how))["content"] for _ in range(3)}) == 3


def invents_logprobs(ask: Ask, **how: Any) -> bool:
    logprobs = ask(COUNTING, logprobs=True, top_logprobs=2, **how).json()["choices"][0]["logprobs"]
    return logprobs is not None and len(logprobs["content"][0]["top_logprobs"]) == 2


def misaligned_logprobs(ask: Ask, **how: Any) -> bool:
    choice = ask(COUNTING, logprobs=True, **how).json()["choices"][0]
    return bool(choice["logprobs"]["content"][-1]["logprob"] == -9999.0 and len(choice["logprobs"]["content"]) == 31)


def ignores_response_format(ask: Ask, **how: Any) -> bool:
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    return not message(ask(COUNTING, response_format=wanted, **how))["content"].startswith("{")


def usage_chunk_has_choices(ask: Ask, **how: Any) -> bool:
    reply = ask(COUNTING, stream=True, stream_options={"include_usage": True}, **how)
    last = json.loads(reply.text.split("\n\n")[-3].removeprefix("data: "))
    return bool(last["usage"]["total_tokens"] and last["choices"] == [{"index": 0, "delta": {}}])


def forgets_required_tool_choice(ask: Ask, **how: Any) -> bool:
    return "tool_calls" not in message(ask(COUNTING, tools=[TOOL], tool_choice="required", **how))


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

CASES = [pytest.param(name, MODELS[kind], id=f"{name}-{kind}") for name in SYMPTOMS for kind in ALL[name].kinds]


def test_every_symptom_is_a_defect() -> None:
    """What is looked for here exists; defects without a symptom here are proven by the mutation run alone."""
    assert set(SYMPTOMS) <= set(ALL)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_a_defect_shows_its_symptom_and_only_when_asked_for(ask: Ask, name: str, model: str) -> None:
    """On each class that it concerns, the header brings the symptom out, and without it there is none."""
    assert SYMPTOMS[name](ask, model=model, defect=name)
    assert not SYMPTOMS[name](ask, model=model)


@pytest.mark.parametrize("name", ALL)
def test_a_defect_leaves_other_classes_alone(ask: Ask, name: str) -> None:
    """A class that the defect does not concern answers, or refuses, as it would without."""
    others = {"stop": "7", "temperature": 0, "logprobs": True, "n": 2}
    for kind in set(MODELS) - set(ALL[name].kinds):
        for key, value in others.items():
            honest, lying = (ask(COUNTING, MODELS[kind], defect, **{key: value}) for defect in ("", name))
            assert honest.status_code == lying.status_code
            assert honest.json().get("choices") == lying.json().get("choices")


def test_a_defect_acts_on_its_own_classes_only() -> None:
    """Whatever its function does, it is not asked about other classes of models."""
    twice = ChatDefect(
        "twice", "There are two choices.", claims=(), kinds=("gemini",), request=lambda it: replace(it, n=2)
    )
    for name, count in (("mock-gemini", 2), ("mock-openai", 1)):
        body = {"model": name, "messages": [{"role": "user", "content": COUNTING}]}
        reply, active = complete(json.dumps(body).encode(), Models(), RequestCounts(), (twice,))
        assert (len(reply.answers), len(active)) == (count, count - 1)


def test_defects_can_be_chosen_on_start() -> None:
    """The option makes a whole server lie, several defects at once, and the header adds another one."""
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
    """Names are separated by commas, spaces around them do not count."""
    assert drops_stop(ask, defect="drops_n, drops_stop")
    assert drops_n(ask, defect="drops_n, drops_stop")


def test_an_unknown_defect_in_the_header_is_refused(ask: Ask) -> None:
    """A name that is misspelt is a 400 with the nearest name, not an honest answer."""
    error = ask(defect="drop_n").json()["error"]
    assert (error["code"], error["param"]) == ("unknown_defect", "x-mock-defect")
    assert "drops_n" in error["message"]


def test_leaked_sequences_keep_log_probabilities_aligned(ask: Ask) -> None:
    """A defect lies about one thing: with the leaked sequence the tokens still join to the content."""
    choice = ask(COUNTING, defect="leaks_stop_sequence", stop="4 5", logprobs=True).json()["choices"][0]
    assert "".join(entry["token"] for entry in choice["logprobs"]["content"]) == choice["message"]["content"]


def test_streams_lie_like_plain_answers(ask: Ask) -> None:
    """The extra log probability is in the stream as well."""
    assert "-9999.0" in ask(COUNTING, defect="misaligned_logprobs", logprobs=True, stream=True).text
    assert "-9999.0" not in ask(COUNTING, logprobs=True, stream=True).text
