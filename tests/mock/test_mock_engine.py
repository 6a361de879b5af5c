"""The engine without a server: tokens, instructions, sampling, stop sequences, caps, JSON for schemas."""

import json
import random
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from conformance.mock.engine.answer import Choice, draft, finish
from conformance.mock.engine.classes import CLASSES
from conformance.mock.engine.instances import InstanceMaker
from conformance.mock.engine.instructions import follow
from conformance.mock.engine.tokens import split
from conformance.mock.server.documented import contract
from conformance.mock.surfaces.chat.columns import profile
from conformance.mock.surfaces.chat.request import ChatRequest, read


def request(prompt: str = "Tell me about rivers.", kind: str = "chat", **parameters: Any) -> ChatRequest:
    """Return a request as the engine gets it."""
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **parameters}
    return read("m", profile(contract(), CLASSES[kind]), body)


def choice(*prompt: str, index: int = 0, **parameters: Any) -> Choice:
    """Return the finished choice for a request."""
    asked = request(*prompt, **parameters)
    return finish(asked, index, draft(asked, index))


def test_tokens_join_to_the_text() -> None:
    """The tokens of any text join to exactly that text."""
    dice = random.Random(7)
    alphabet = "ab Z09_-.,\n\t  é漢字🙂\u200d\u0301²½'\"{}"
    for _ in range(500):
        text = "".join(dice.choices(alphabet, k=40))
        assert "".join(split(text)) == text


def test_text_is_split_into_words() -> None:
    """A word with the space before it is one token, as are up to three digits."""
    assert split("Hello big world, 12 1234") == ("Hello", " big", " world", ",", " 12", " 123", "4")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Reply with the single word: ready", "ready"),
        ("Reply with the single word: Ready. Nothing else.", "Ready"),
        ('Reply with only the word "blue".', "blue"),
        ("Reply with exactly: one, two", "one, two"),
        ("Repeat this sentence and nothing else: The café, isn't it?", "The café, isn't it?"),
        ("Repeat exactly: 漢字 🙂", "漢字 🙂"),
        ("Count from 1 to 5.", "1 2 3 4 5"),
        ("Count from 1 to 4, separated by commas.", "1, 2, 3, 4"),
        ("Count from 1 to 4, separated by commas without spaces.", "1,2,3,4"),
        ("Count from 3 to 1, one per line.", "3\n2\n1"),
        ("Count to 3", "1 2 3"),
        ("Write the numbers from 8 to 11, as digits separated by single spaces.", "8 9 10 11"),
        ("Repeat the word hello 3 times", "hello hello hello"),
        ('Answer in JSON with the keys "city" and "name".', '```json\n{"city":"sample","name":"sample"}\n```'),
    ],
)
def test_instructions_are_followed(prompt: str, text: str) -> None:
    """Repeating, counting and JSON follow the prompt."""
    assert follow(prompt) == text


@pytest.mark.parametrize(
    "prompt",
    [
        "Tell me about rivers.",
        "How many of the numbers from 1 to 60 are even?",
        "Describe a word.",
        "Invent a name for a planet.",
    ],
)
def test_open_prompts_are_left_open(prompt: str) -> None:
    """A prompt without an instruction is not mistaken for one."""
    assert follow(prompt) is None


def test_open_questions_get_a_paragraph_of_40_to_80_words() -> None:
    """Free text has 40 to 80 words and ends with a full stop."""
    texts = [choice(f"Tell me about river number {number}.").text for number in range(200)]
    assert all(40 <= len(text.split()) <= 80 and text.endswith(".") for text in texts)
    assert len(set(texts)) == 200


def test_a_requested_length_is_kept() -> None:
    """A prompt that asks for 300 words gets at most a sentence more; one word is one token, and a number has digits only."""
    assert 300 <= len(choice("Write a story of at least 300 words.").text.split()) < 320
    assert len(choice("Name a colour in one word.").tokens) == 1
    assert choice("How many are there? Reply with the number only.").text.isdigit()


def test_greedy_requests_get_the_same_text() -> None:
    """At temperature 0 or top_p 0, the text depends on the conversation only."""
    texts = {
        choice(index=index, temperature=0, n=3, **extra).text for index in range(3) for extra in ({}, {"user": "a"})
    }
    assert len(texts) == 1
    assert choice(top_p=0).text == choice(top_p=0, temperature=2).text
    assert choice(temperature=0).text != choice("Tell me about hills.", temperature=0).text


def test_sampled_requests_vary() -> None:
    """At other temperatures, each repetition and each choice gets another text, but a second run gets the same ones."""

    def run() -> list[str]:
        asked = request(n=3, temperature=0.5)
        return [
            draft(replace(asked, repetition=repetition), index).text for repetition in range(3) for index in range(3)
        ]

    assert len(set(run())) == 9
    assert run() == run()


def test_claude_applies_temperatures_up_to_1() -> None:
    """Temperatures above 1 count as 1 on claude, and as they are elsewhere."""
    assert [request(kind=kind, temperature=2).temperature for kind in ("claude", "gemini", "chat")] == [1, 2, 2]


def test_a_seed_repeats_the_text() -> None:
    """With a seed, the same request gets the same text again, and another seed another text."""
    asked = request(seed=1)
    assert draft(asked, 0) == draft(replace(asked, repetition=1), 0)
    assert draft(asked, 0) != draft(request(seed=2), 0)


@pytest.mark.parametrize("sequence", ["14", "3 14", " 14 15", "4 1", ["zzz", "5 6", "14"]])
def test_text_ends_before_a_stop_sequence(sequence: str | list[str]) -> None:
    """The text ends right before the first sequence, also if it begins or ends inside a token."""
    whole = " ".join(str(number) for number in range(1, 31))
    sequences = [sequence] if isinstance(sequence, str) else sequence
    stopped = choice("Count from 1 to 30", stop=sequence)
    assert stopped.text == whole[: min(whole.find(candidate) for candidate in sequences if candidate in whole)]
    assert stopped.finish_reason == "stop"
    assert stopped.stopped_by in sequences


def test_a_stop_sequence_that_does_not_occur_changes_nothing() -> None:
    """The text is complete if it does not contain the stop sequence."""
    assert choice("Count from 1 to 9", stop="zzz").text == "1 2 3 4 5 6 7 8 9"


def test_a_cap_cuts_the_text() -> None:
    """A cap leaves exactly its number of tokens, with length; one that is just enough leaves stop."""
    cut = choice("Count from 1 to 30", max_tokens=4)
    assert (cut.text, cut.finish_reason, cut.completion_tokens) == ("1 2 3 4", "length", 4)
    whole = choice("Count from 1 to 4", max_tokens=4)
    assert (whole.text, whole.finish_reason) == ("1 2 3 4", "stop")


def test_stop_and_cap_act_in_the_order_of_tokens() -> None:
    """The stop sequence or the cap ends the text, whichever comes first."""
    assert choice("Count from 1 to 30", max_tokens=4, stop="3").finish_reason == "stop"
    assert choice("Count from 1 to 30", max_tokens=4, stop="7").finish_reason == "length"


def test_the_smaller_of_two_caps_applies() -> None:
    """Claude and Gemini accept both caps at once, and the smaller one cuts."""
    for kind in ("claude", "gemini"):
        assert choice("Count from 1 to 30", kind=kind, max_tokens=9, max_completion_tokens=5).completion_tokens == 5


def test_effort_costs_reasoning_tokens() -> None:
    """More effort spends more reasoning tokens; the default is medium."""
    spent = {
        effort: choice(kind="reasoning", reasoning_effort=effort).reasoning_tokens
        for effort in ("low", "medium", "high")
    }
    assert spent == {"low": 16, "medium": 48, "high": 128}
    assert choice(kind="reasoning").reasoning_tokens == 48


def test_reasoning_counts_against_the_cap() -> None:
    """A cap that reasoning uses up leaves an empty text with finish_reason length."""
    eaten = choice(kind="reasoning", max_completion_tokens=48)
    assert (eaten.text, eaten.finish_reason, eaten.completion_tokens, eaten.reasoning_tokens) == ("", "length", 48, 48)
    some = choice(kind="reasoning", max_completion_tokens=50)
    assert (len(some.tokens), some.finish_reason, some.completion_tokens) == (2, "length", 50)


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
    {"type": "object", "properties": {"unit": {"enum": ["c", "f"]}}, "additionalProperties": False},
    {"type": "object", "properties": {"o": {"type": "object", "properties": {"x": {"const": 4}}, "required": ["x"]}}},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": False, "maxItems": 2},
    {"type": "integer", "minimum": 10, "maximum": 12},
    {"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "maximum": -3},
    {"type": "string", "minLength": 12},
    {"type": "string", "maxLength": 2},
    {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"},
    {"type": "string", "format": "date-time"},
    {"type": ["null", "string"]},
    {"type": "null"},
    {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/point"}], "$defs": {"point": {"type": "object", "required": ["x"]}}},
    {"oneOf": [{"const": 1}, {"const": 2}]},
    {"allOf": [{"properties": {"a": {"type": "boolean"}}, "required": ["a"]}, {"required": ["b"]}], "type": "object"},
    {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "next": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["name", "next"],
                "additionalProperties": False,
            }
        },
    },
    {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    },
    {"properties": {"n": {"minimum": 3}}, "required": ["n"]},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=[str(number) for number in range(len(SCHEMAS))])
def test_instances_validate(schema: dict[str, Any]) -> None:
    """An instance of a schema validates against it, also after a round trip through JSON."""
    value = InstanceMaker(schema, "What is the weather in Paris in 2031?").make(schema)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)
    assert json.loads(json.dumps(value)) == value


def test_instances_use_the_words_of_the_prompt() -> None:
    """Instances use names, numbers and enum values that the prompt mentions."""
    properties = {"city": {"type": "string"}, "year": {"type": "integer"}, "unit": {"enum": ["c", "fahrenheit"]}}
    schema = {"type": "object", "properties": properties}
    value = InstanceMaker(schema, "Weather in New York in fahrenheit, in the year 2031?").make(schema)
    assert value == {"city": "New York", "year": 2031, "unit": "fahrenheit"}
