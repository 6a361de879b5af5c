"""What the suite observes of pictures and sound, and that the files it generates are valid."""

import base64
import io
import struct
import wave
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.suite import media
from tests.support.making import choice, completion, observe_with_bodies, refusal, see

TEXT = 20


def images_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures in a request."""
    content = body["messages"][0]["content"]
    return [part["image_url"] for part in content if part["type"] == "image_url"] if isinstance(content, list) else []


def image_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first picture in a request; None if there is none."""
    return next(iter(images_of(body)), None)


def endpoint(
    text: str,
    cost: Callable[[dict[str, Any]], Any] = lambda image: 85,
    counted: bool = True,
    *,
    takes: int = 2,
    keeps: int = 2,
) -> Any:
    """Return an endpoint that answers with this text and counts a picture as this many tokens.

    It refuses more pictures than it `takes`, and drops those before the last that it `keeps`; of a dropped one it cannot tell.
    """

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        images = images_of(body)
        if len(images) > takes:
            return refusal()
        tokens = TEXT if isinstance(body["messages"][0]["content"], list) else TEXT + 7
        tokens += sum(cost(image) for image in images[-keeps:])
        said = "Blue" if len(images) > keeps else text
        return completion(choice(said), **({"usage": {"prompt_tokens": tokens}} if counted else {}))

    return answer


def only(*details: str | None) -> Any:
    """Return an endpoint that takes pictures with these details only, and any request without a picture."""

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        image = image_of(body)
        return completion(choice("x")) if image is None or image.get("detail") in details else refusal()

    return answer


SIZE = len(media.data_url())


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (endpoint("Orange."), "honoured"),
        (endpoint("Orange.", lambda _: 0), "honoured"),
        (endpoint("Amber", counted=False), "honoured"),
        (endpoint("Blue"), "unanswered"),
        (endpoint("Blue", counted=False), "unanswered"),
        (endpoint("Blue", lambda _: 4), "ignored"),
        (endpoint("Blue", lambda _: 5), "unanswered"),
        (endpoint("Blue", lambda _: SIZE // 3), "mishandled"),
        (endpoint("Blue", lambda _: SIZE), "mishandled"),
        (endpoint("Blue", lambda _: SIZE + 1), "unanswered"),
        (only(), "unanswered"),
        (endpoint("Orange.", takes=1), "honoured"),
        (endpoint("Blue", lambda _: 4, takes=1), "ignored"),
        (endpoint("Orange.", keeps=1), "ignored"),
        (endpoint("Orange.", lambda _: 0, keeps=1), "honoured"),
        (endpoint("Orange.", counted=False, keeps=1), "honoured"),
    ],
    ids=[
        "named",
        "named-free",
        "named-uncounted",
        "other",
        "uncounted",
        "dropped",
        "small",
        "text",
        "long",
        "large",
        "none",
        "one-taken",
        "one-taken-dropped",
        "one-kept",
        "one-kept-free",
        "one-kept-uncounted",
    ],
)
def test_a_picture_is_seen_by_its_colour(answer: Any, seen: str) -> None:
    """Without the colour, prompt tokens show whether one of two was dropped, or one alone dropped or read as text.

    A model may take no pictures, or one at a time.
    """
    assert see("chat.image.data_url", answer).seen == seen


def test_without_counted_tokens_a_picture_is_no_evidence() -> None:
    """The same count for every prompt is no evidence."""
    answer = completion(choice("Blue"), usage={"prompt_tokens": 9})
    assert see("chat.image.data_url", answer).seen is Seen.UNANSWERED


def test_a_detail_counts_as_refused_where_another_is_answered() -> None:
    """A model that takes no pictures refuses all of them, which is no evidence about detail."""
    assert see("chat.image.detail", only("low"), "low").seen is Seen.ACCEPTED
    assert see("chat.image.detail", only("high"), "low").seen is Seen.REFUSED
    assert see("chat.image.detail", only(None), "auto").seen is Seen.REFUSED
    assert see("chat.image.detail", only(), "low").seen is Seen.UNANSWERED


def test_an_unknown_detail_is_accepted_or_refused() -> None:
    """A refusal counts only if the same pictures without a detail are answered."""
    found, bodies = observe_with_bodies("chat.image.unknown_detail", only(None), "x")
    assert found.seen is Seen.REFUSED
    assert [[image.get("detail") for image in images_of(body)] for body in bodies] == [[None, None], ["x", "x"]]
    assert see("chat.image.unknown_detail", only("x"), "x").seen is Seen.ACCEPTED


def by_detail(**costs: int) -> Any:
    """Return an endpoint that counts a picture by its detail; `none` is for a picture without one."""
    return endpoint("x", lambda image: costs.get(image.get("detail", "none"), 85))


def test_a_picture_without_detail_costs_what_auto_costs() -> None:
    """Another count is a fault, no count is no evidence."""
    assert see("chat.image.detail_default", by_detail(none=255, auto=255)).seen is Seen.HONOURED
    assert see("chat.image.detail_default", by_detail(none=85, auto=255)).seen is Seen.MISHANDLED
    assert see("chat.image.detail_default", endpoint("x", counted=False)).seen is Seen.UNANSWERED
    assert see("chat.image.detail_default", only("auto")).seen is Seen.UNANSWERED


def test_the_costs_of_low_and_high_are_compared() -> None:
    """High may take more tokens, the same number, or fewer."""
    assert see("chat.image.tokens", by_detail(low=85, high=255)).seen is Seen.HONOURED
    assert see("chat.image.tokens", by_detail(low=85, high=85)).seen is Seen.ACCEPTED
    assert see("chat.image.tokens", by_detail(low=85, high=84)).seen is Seen.IGNORED


def test_sound_is_accepted_or_refused() -> None:
    """It is sent as base64 with its format."""
    found, [body] = observe_with_bodies("chat.audio.input", lambda *_: completion(choice()))
    assert found.seen is Seen.ACCEPTED
    sent = body["messages"][0]["content"][1]["input_audio"]
    assert (base64.b64decode(sent["data"]), sent["format"]) == (media.wav(), "wav")
    assert see("chat.audio.input", refusal()).seen is Seen.REFUSED


def test_the_picture_is_a_png_of_one_colour() -> None:
    """Signature, checksums and every pixel are right."""
    png = media.png()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, rest = {}, png[8:]
    while rest:
        size, name = struct.unpack(">I4s", rest[:8])
        chunks[name] = rest[8 : 8 + size]
        assert struct.unpack(">I", rest[8 + size : 12 + size])[0] == zlib.crc32(name + chunks[name])
        rest = rest[12 + size :]
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert kind == [8, 2, 0, 0, 0]
    assert zlib.decompress(chunks[b"IDAT"]) == (b"\0" + b"\xff\x8c\x00" * width) * height


def test_the_sound_is_a_wav() -> None:
    """One channel of a tenth of a second, as the standard library reads it."""
    with wave.open(io.BytesIO(media.wav())) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 1, 8000)
        assert len(sound.readframes(sound.getnframes())) == 800
