"""The class of a model id: the mock and the suite must read the contract alike."""

import pytest

from conformance.contract import loading as contracts
from conformance.mock.server.documented import contract

CONTRACT = contracts.load("cometapi")
MOCK = contract("cometapi")
SPELLINGS = (
    *("o3", "O3", "o3-mini", "O3-Mini", "openai/O1", "OpenAI/o4-mini", "gpt-4o", "GPT-4o", "gpt-4.1", "GPT-4.1-Nano"),
    *(
        "gpt-5",
        "GPT-5",
        "gpt-5-mini",
        "GPT-5-Mini",
        "gpt-5-chat-latest",
        "GPT-5-Chat-Latest",
        "gpt-5.1",
        "GPT-5.1-mini",
    ),
    *("Gpt-6", "gpt-10", "GPT-7/gpt-4.1", "vendor/GPT-5.2", "mock-openai", "Mock-OpenAI-Reasoning", "o3/", "", "OMNI"),
    *("claude-opus-4-1", "Claude-Opus-4-1", "claude-opus-4.7", "CLAUDE-OPUS-4-7", "Claude-Opus-5", "claude-sonnet-5.5"),
    *("anthropic/Claude-Sonnet-5-5", "claude-haiku-4-5", "gemini-2.5-pro", "Gemini-3-Pro", "google/GEMINI-2.5-FLASH"),
)


def class_in_suite(column: str, model: str) -> str:
    """Return the class that the suite gives a model."""
    return CONTRACT.classify(column, model).kind.name


@pytest.mark.parametrize("column", MOCK.columns)
def test_mock_and_suite_put_an_id_into_the_same_class(column: str) -> None:
    """Both agree on every spelling: upper and lower case, with or without a vendor before the id."""
    mock = {name: MOCK.class_of(column, name) for name in SPELLINGS}
    assert mock == {name: class_in_suite(column, name) for name in SPELLINGS}


def test_case_of_letters_does_not_change_the_class() -> None:
    """O3 and GPT-5.1-mini have the class of o3 and gpt-5.1-mini."""
    for name in ("O3", "GPT-5.1-mini"):
        assert MOCK.class_of("openai", name) == MOCK.class_of("openai", name.lower()) == "reasoning"
