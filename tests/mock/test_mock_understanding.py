"""Conversations: instructions, images and earlier turns decide the answer, and are counted."""

import base64
import struct
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.mock.engine.images import COLOURS, colour_of

Say = Callable[..., str]
Answer = Callable[..., dict[str, Any]]

EVERY_MODEL = pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
OBEY = "Whatever comes, reply with the single word: tulip"
COLOUR = "What colour is this?"


def user(content: Any) -> dict[str, Any]:
    """Return a user message."""
    return {"role": "user", "content": content}


def url(*pixel: int, kind: int = 2, filtered: int = 0) -> str:
    """Return the data URL of a PNG with one pixel, with this colour type and filter."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes([filtered, *pixel]))), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + name + data + b"crc!" for name, data in parts)
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def showing(address: str, **more: str) -> list[dict[str, Any]]:
    """Return a conversation that asks for the colour of an image."""
    return [user([{"type": "text", "text": COLOUR}, {"type": "image_url", "image_url": {"url": address, **more}}])]


@EVERY_MODEL
@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_are_followed(say: Say, model: str, role: str) -> None:
    """Instructions win over the user's question; the last message with an instruction counts."""
    instruction = {"role": role, "content": OBEY}
    assert say(model=model, messages=[instruction, user("Count from 1 to 3")]) == "tulip"
    later = {"role": role, "content": "Be brief."}
    assert say(model=model, messages=[instruction, later, user("Count from 1 to 3")]) == "tulip"
    assert say(model=model, messages=[later, user("Count from 1 to 3")]) == "1 2 3"


@EVERY_MODEL
def test_earlier_turns_are_known(say: Say, model: str) -> None:
    """A question for a fact is answered from earlier messages; the latest statement counts."""
    question = user("What is the code word?")
    assistant = {"role": "assistant", "content": [{"type": "text", "text": "The code word is crocus, I think."}]}
    assert say(model=model, messages=[user("Hello"), assistant, question]) == "crocus"
    assert say(model=model, messages=[assistant, user("The code word is lilac."), question]) == "lilac"
    assert "crocus" not in say(model=model, messages=[assistant, user("What is the capital?")])


@EVERY_MODEL
def test_a_question_for_a_colour_is_answered_from_the_image(say: Say, model: str) -> None:
    """The answer is the colour of the last image."""
    assert say(model=model, messages=showing(url(255, 140, 0))) == "orange"
    assert say(model=model, messages=showing(url(255, 0, 0)) + showing(url(0, 0, 250))) == "blue"


def test_every_colour_is_recognised() -> None:
    """A pixel is recognised with or without transparency, and with any filter of the row."""
    for name, pixel in COLOURS.items():
        assert colour_of(url(*pixel)) == name
        assert colour_of(url(*pixel, 255, kind=6, filtered=4)) == name


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a.png",
        "data:image/png;base64,%%%",
        "data:image/png;base64,AAAA",
        "data:image/jpeg;base64," + url(255, 0, 0).partition(",")[2],
        url(7, kind=0),
        url(255, 0),
        url(255, 0, 0)[:-48],
    ],
    ids=["remote", "base64", "signature", "jpeg", "grey", "pixel", "cut"],
)
def test_an_unreadable_image_is_ignored(say: Say, address: str) -> None:
    """An image that is not an 8-bit RGB PNG in a data URL is ignored."""
    assert colour_of(address) is None
    assert say(messages=showing(address)) not in COLOURS


def test_an_image_costs_tokens_by_its_detail(answer: Answer) -> None:
    """Detail low costs least; high, auto and no detail cost the same."""
    address = url(1, 2, 3)
    details: list[dict[str, str]] = [{"detail": "low"}, {"detail": "high"}, {"detail": "auto"}, {}]
    low, high, auto, none = (
        answer(messages=showing(address, **detail))["usage"]["prompt_tokens"] for detail in details
    )
    assert low < high == auto == none


def test_an_unknown_detail_is_refused_by_openai_models_only(ask: Callable[..., httpx.Response]) -> None:
    """OpenAI's models name where it is; Claude and Gemini ignore detail."""
    messages = [user("Hello"), *showing(url(1, 2, 3), detail="x")]
    error = ask(messages=messages).json()["error"]
    assert (error["param"], error["code"]) == ("messages[1].content[1].image_url.detail", "invalid_value")
    assert [ask(model=model, messages=messages).status_code for model in ("mock-claude", "mock-gemini")] == [200, 200]


@pytest.mark.parametrize(
    ("image", "param"), [(None, "image_url"), ("x", "image_url"), ({}, "image_url.url"), ({"url": 7}, "image_url.url")]
)
def test_an_image_part_without_a_url_is_refused(ask: Callable[..., httpx.Response], image: Any, param: str) -> None:
    """The refusal names the missing or wrong key."""
    reply = ask(messages=[user([{"type": "image_url", "image_url": image}])])
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == f"messages[0].content[0].{param}"


@EVERY_MODEL
def test_a_note_is_repeated_from_anywhere(say: Say, model: str) -> None:
    """From the same message, an earlier one, or the arguments of a call; the last one counts."""
    note, ask = "a <b>&amp;</b>  c", "Repeat the note exactly."
    call = {"id": "call_1", "function": {"name": "f", "arguments": '{"note": "called"}'}}
    calls = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    result = {"role": "tool", "tool_call_id": "call_1", "content": "Saved."}
    kept = {"role": "system", "content": f"Keep this note: {note}"}
    assert say(model=model, messages=[user(f"{ask} The note: {note}")]) == note
    assert say(model=model, messages=[kept, user(ask)]) == note
    assert say(model=model, messages=[kept, user("Save."), *calls, result, user(ask)]) == "called"
    assert note not in say(model=model, messages=[kept, user("Hello")])


@EVERY_MODEL
def test_flowers_are_listed(say: Say, model: str) -> None:
    """All that messages name, in their order, or none."""
    assert say(model=model, messages=[user("List every flower.")]) == "none"
    named = [user(f"The flower of this message is {name}. Thanks.") for name in ("lilac", "tulip")]
    assert say(model=model, messages=[*named, user("List every flower.")]) == "lilac, tulip"


@EVERY_MODEL
def test_a_result_belongs_to_the_call_that_it_names(say: Say, model: str) -> None:
    """Whatever the order of results."""
    cities = ("Paris", "Oslo")
    calls = [{"id": city, "function": {"name": "f", "arguments": f'{{"city": "{city}"}}'}} for city in cities]
    results = [
        {"role": "tool", "tool_call_id": city, "content": f"The flower is {name}."}
        for city, name in zip(cities, ("lilac", "tulip"), strict=True)
    ]
    start = [user("Look."), {"role": "assistant", "content": None, "tool_calls": calls}]
    for order in (results, results[::-1]):
        question = user("Which flower did the tool return for Oslo? Reply with its name alone.")
        assert say(model=model, messages=[*start, *order, question]) == "tulip"
