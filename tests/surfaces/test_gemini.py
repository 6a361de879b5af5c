"""How requests of the Gemini API are read."""

from typing import Any

from conformance.surfaces.gemini import asked

DEMANDS: dict[str, Any] = {
    "generationConfig": {
        "maxOutputTokens": 8,
        "stopSequences": ["7"],
        "candidateCount": 2,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT"},
    },
    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
}
SNAKE: dict[str, Any] = {
    "generation_config": DEMANDS["generationConfig"],
    "tool_config": {"function_calling_config": {"mode": "ANY"}},
}
INNER: dict[str, Any] = {"generationConfig": {"max_output_tokens": 8, "stop_sequences": ["7"]}}


def demanded(body: dict[str, Any]) -> tuple[Any, ...]:
    """Return the demands that are read: cap, stop sequences, number of candidates, choice of tools, schema."""
    found = asked.read("models/tiny", body, streamed=False)
    return found.cap, found.stop, found.number, found.choice, found.schema


def test_what_is_demanded_is_read_in_the_documented_spelling() -> None:
    """A demand under a name with underscores is for the claims about spelling alone."""
    assert demanded(DEMANDS) == (8, ("7",), 2, "required", {"type": "object"})
    assert demanded(SNAKE) == demanded(INNER) == demanded({}) == (None, (), 1, "", None)


def test_what_is_declared_is_read_in_both_spellings() -> None:
    """A call of a function that is declared under a name with underscores is not a call of an unknown one."""
    declared = {"tools": [{"function_declarations": [{"name": "get_time"}]}]}
    assert set(asked.read("tiny", declared, streamed=False).tools) == {"get_time"}
