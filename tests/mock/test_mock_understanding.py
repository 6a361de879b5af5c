"""Conversations as a whole: instructions, pictures and earlier turns decide the answer, and are counted."""

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
    """A message of the user."""
    return {"role": "user", "content": content}


def url(*pixel: int, kind: int = 2, filtered: int = 0) -> str:
    """A data URL of a PNG of one pixel, of a colour type and with a filter."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes([filtered, *pixel]))), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + name + data + b"crc!" for name, data in parts)
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def showing(address: str, **more: str) -> list[dict[str, Any]]:
    """A conversation about the colour of a picture."""
    return [user([{"type": "text", "text": COLOUR}, {"type": "image_url", "image_url": {"url": address, **more}}])]


@EVERY_MODEL
@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_are_followed(say: Say, model: str, role: str) -> None:
    """They win over the user's question; the last one that asks for something counts."""
    instruction = {"role": role, "content": OBEY}
    assert say(model=model, messages=[instruction, user("Count from 1 to 3")]) == "tulip"
    later = {"role": role, "content": "Be brief."}
    assert say(model=model, messages=[instruction, later, user("Count from 1 to 3")]) == "tulip"
    assert say(model=model, messages=[later, user("Count from 1 to 3")]) == "1 2 3"


@EVERY_MODEL
def test_earlier_turns_are_known(say: Say, model: str) -> None:
    """What any earlier message says of a thing is the answer to what the thing is; the latest word counts."""
    question = user("What is the code word?")
    assistant = {"role": "assistant", "content": [{"type": "text", "text": "The code word is crocus, I think."}]}
    assert say(model=model, messages=[user("Hello"), assistant, question]) == "crocus"
    assert say(model=model, messages=[assistant, user("The code word is lilac."), question]) == "lilac"
    assert "crocus" not in say(model=model, messages=[assistant, user("What is the capital?")])


@EVERY_MODEL
def test_the_colour_of_a_picture_is_told(say: Say, model: str) -> None:
    """Of the last one, where a colour is asked for."""
    assert say(model=model, messages=showing(url(255, 140, 0))) == "orange"
    assert say(model=model, messages=showing(url(255, 0, 0)) + showing(url(0, 0, 250))) == "blue"


def test_every_colour_has_its_name() -> None:
    """With or without transparency, and whatever the filter of the row."""
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
def test_what_is_no_such_picture_has_no_colour(say: Say, address: str) -> None:
    """It is answered as if there were no picture."""
    assert colour_of(address) is None
    assert say(messages=showing(address)) not in COLOURS


def test_a_picture_is_counted_by_its_detail(answer: Answer) -> None:
    """Low costs least; high, auto and none cost the same."""
    address = url(1, 2, 3)
    details: list[dict[str, str]] = [{"detail": "low"}, {"detail": "high"}, {"detail": "auto"}, {}]
    low, high, auto, none = (answer(messages=showing(address, **each))["usage"]["prompt_tokens"] for each in details)
    assert low < high == auto == none


def test_an_unknown_detail_is_refused_where_detail_is_looked_at(ask: Callable[..., httpx.Response]) -> None:
    """OpenAI's models refuse it by its place; Claude ignores detail, Gemini is not said to look at it."""
    messages = [user("Hello"), *showing(url(1, 2, 3), detail="x")]
    error = ask(messages=messages).json()["error"]
    assert (error["param"], error["code"]) == ("messages[1].content[1].image_url.detail", "invalid_value")
    assert [ask(model=each, messages=messages).status_code for each in ("mock-claude", "mock-gemini")] == [200, 200]


@pytest.mark.parametrize(
    ("image", "param"), [(None, "image_url"), ("x", "image_url"), ({}, "image_url.url"), ({"url": 7}, "image_url.url")]
)
def test_an_image_part_without_an_address_is_refused(
    ask: Callable[..., httpx.Response], image: Any, param: str
) -> None:
    """The place of what is missing or wrong is named."""
    reply = ask(messages=[user([{"type": "image_url", "image_url": image}])])
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == f"messages[0].content[0].{param}"
