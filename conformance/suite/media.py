"""Pictures and a sound to send, generated here, so that no server and no file is needed."""

from __future__ import annotations

import base64
import struct
import zlib

COLOUR = "orange"
COLOURS = (COLOUR, "amber")  # what people call this colour
QUESTION = "What colour is this picture? Reply with the name of the colour alone."
QUESTION_OF_FIRST = "What colour is the first picture? Reply with the name of the colour alone."
_ORANGE = (255, 140, 0)
_BLUE = (0, 0, 255)  # the picture behind the first one; nobody takes it for orange
_SIDE = 24  # pixels; large enough to be scaled and recognised, small enough to cost few characters
_LARGE = 512  # pixels
_RATE = 8_000  # samples per second, of one byte each: the lowest rate that every decoder takes
_LENGTH = 800  # samples


def data_url() -> str:
    """Return the picture as a data URL."""
    return _data_url(png())


def large_data_url() -> str:
    """Return a picture of a size at which every API that counts pictures counts some hundred tokens, as a short data URL."""
    return _data_url(png(side=_LARGE, level=9))


def two_data_urls() -> tuple[str, str]:
    """Return the picture and one of another colour as data URLs."""
    return data_url(), _data_url(png(_BLUE, level=9))


def _data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def png(colour: tuple[int, int, int] = _ORANGE, side: int = _SIDE, level: int = 0) -> bytes:
    """Return a square PNG of one colour, given as red, green and blue, with sides of so many pixels.

    By default it is stored without compression, so that its data URL would cost hundreds of tokens if it were read as text.
    """
    rows = (b"\0" + bytes(colour) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def wav() -> bytes:
    """Return a WAV of silence: one channel, 8 bits."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    samples = struct.pack("<4sI", b"data", _LENGTH) + b"\x80" * _LENGTH
    return struct.pack("<4sI4s", b"RIFF", 4 + len(layout) + len(samples), b"WAVE") + layout + samples


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
