"""A picture and a sound to send, generated here, so that no server and no file is needed."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

Part = dict[str, Any]

COLOUR = "orange"
_RGB = (255, 140, 0)
_SIDE = 24  # pixels; large enough to be scaled and recognised, small enough to cost few characters
_RATE = 8_000  # samples per second, of one byte each: the lowest rate that every decoder takes
_LENGTH = 800  # samples


def picture(detail: str | None = None) -> Part:
    """Return a picture of one colour as a content part, with this detail or with none."""
    image = {"url": data_url(), **({} if detail is None else {"detail": detail})}
    return {"type": "image_url", "image_url": image}


def sound() -> Part:
    """Return a tenth of a second of silence as a content part."""
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode(), "format": "wav"}}


def data_url() -> str:
    """Return the picture as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(png()).decode()}"


def png() -> bytes:
    """Return a PNG of one colour.

    It is stored without compression, so that its data URL would cost hundreds of tokens if it were read as text.
    """
    rows = (b"\0" + bytes(_RGB) * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def wav() -> bytes:
    """Return a WAV of silence: one channel, 8 bits."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    samples = struct.pack("<4sI", b"data", _LENGTH) + b"\x80" * _LENGTH
    return struct.pack("<4sI4s", b"RIFF", 4 + len(layout) + len(samples), b"WAVE") + layout + samples


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
