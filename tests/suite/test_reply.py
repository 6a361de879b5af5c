"""What the suite observes of the fields of a reply: of a valid one, and with one wrong field at a time."""

from typing import Any

import pytest

from conformance.suite.chat import test_reply as suite
from tests.support.making import case, choice, completion, observe

MESSAGE = {"role": "assistant", "content": "ready", "refusal": None}
SOUND = choice(message=MESSAGE, logprobs=None)
ASKED = 1_700_000_000  # when the exchanges of `making` started, however long that is ago
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def sound(sample: int = 0, **more: Any) -> dict[str, Any]:
    """Return an answer without faults."""
    head = {
        "id": f"chatcmpl-{sample}",
        "object": "chat.completion",
        "created": ASKED,
        "model": "gpt-4.1-mini",
    }
    return completion(SOUND, **{**head, "usage": USAGE, **more})


def see(name: str, **change: Any) -> str:
    """Return the observation of an endpoint whose answers all have this change."""
    function = getattr(suite, f"test_{name}")
    found = observe(function, case(f"chat.reply.{name}"), lambda body, sample, attempt: {**sound(sample), **change})
    return found.seen.value


NAMES = [
    "schema",
    "required_keys",
    "object",
    "id",
    "id_unique",
    "created",
    "model",
    "model_echo",
    "choices",
    "role",
    "content",
    "finish_reason",
    "usage",
    "prompt_tokens",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_reply_is_honoured(name: str) -> None:
    """An answer without faults is honoured for every claim."""
    assert see(name) == "honoured"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("schema", {"created": 1.5}),
        ("required_keys", {"choices": [choice("ready", logprobs=None)]}),
        ("required_keys", {"choices": [choice(message=MESSAGE)]}),
        ("unicode", {"choices": [choice("The cafÃ© in ZÃ¼rich serves crÃ¨me brÃ»lÃ©e.")]}),
        ("unicode", {"choices": [choice("The caf\ufffd in Zürich serves crème brûlée.")]}),
        ("object", {"object": "chat.completion.chunk"}),
        ("id", {"id": ""}),
        ("id", {"id": 7}),
        ("id_unique", {"id": "chatcmpl-same"}),
        ("created", {"created": ASKED * 1000}),
        ("created", {"created": str(ASKED)}),
        ("created", {"created": True}),
        ("model", {"model": None}),
        ("model_echo", {"model": "another-model"}),
        ("choices", {"choices": [choice("a"), choice("b", 1)]}),
        ("choices", {"choices": [choice("a", 1)]}),
        ("role", {"choices": [choice(message={"content": "ready"})]}),
        ("content", {"choices": [choice(message={"role": "assistant", "content": [{"type": "text", "text": "a"}]})]}),
        ("finish_reason", {"choices": [choice("a", finish="end_turn")]}),
        ("finish_reason", {"choices": [choice("a", finish=None)]}),
        ("usage", {"usage": {**USAGE, "total_tokens": 12}}),
        ("usage", {"usage": {**USAGE, "prompt_tokens": None}}),
        ("usage", {"usage": None}),
        ("usage", {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}),
        ("usage", {"usage": {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2}}),
        ("usage", {"usage": {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}}),
    ],
)
def test_a_reply_with_one_field_wrong_is_mishandled(name: str, change: dict[str, Any]) -> None:
    """The claim about each field finds the fault."""
    assert see(name, **change) == "mishandled"


def test_a_prompt_that_is_counted_differently_each_time_is_mishandled() -> None:
    """The same request must have the same prompt tokens."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return sound(sample, usage={**USAGE, "prompt_tokens": 9 + sample})

    assert observe(suite.test_prompt_tokens, case("chat.reply.prompt_tokens"), speak).seen == "mishandled"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("The café in Zürich serves crème brûlée, doesn't it?", "honoured"),
        ("The cafe in Zurich serves creme brulee, doesn't it?", "unanswered"),
        ("ready", "unanswered"),
    ],
)
def test_a_sentence_without_accents_is_no_evidence(text: str, seen: str) -> None:
    """A model may write the sentence without accents."""
    assert see("unicode", choices=[choice(text)]) == seen


def test_an_answer_that_was_cut_says_nothing_about_its_content() -> None:
    """A reasoning model that uses up its tokens may have no text."""
    assert see("content", choices=[choice(None, finish="length")]) == "unanswered"


@pytest.mark.parametrize(
    ("text", "finish", "seen"),
    [
        ("ready", "stop", "honoured"),
        ("Ready.", "tool_calls", "mishandled"),
        ("ready", "end_turn", "mishandled"),
        ("ready", "length", "unanswered"),
        ("rea", "length", "unanswered"),
        ("I am ready, and", "length", "unanswered"),
        ("ready", "content_filter", "unanswered"),
    ],
)
def test_a_complete_answer_has_finish_reason_stop(text: str, finish: str, seen: str) -> None:
    """If the gateway says that it cut the answer, the answer is no evidence."""
    assert see("natural_end", choices=[choice(text, finish=finish)]) == seen
