"""Pictures and sound to send: made here, byte for byte, so that no address has to be reached and no file be kept."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

Part = dict[str, Any]

COLOUR = "orange"
_RGB = (255, 140, 0)
_SIDE = 24
_RATE = 8_000  # samples a second, of one byte each
_LENGTH = 800


def picture(detail: str | None = None) -> Part:
    """A picture in one colour as a content part, with that detail or without any."""
    image = {"url": data_url(), **({} if detail is None else {"detail": detail})}
    return {"type": "image_url", "image_url": image}


def sound() -> Part:
    """A tenth of a second of silence as a content part."""
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode(), "format": "wav"}}


def data_url() -> str:
    """The picture's address, which holds all of it."""
    return f"data:image/png;base64,{base64.b64encode(png()).decode()}"


def png() -> bytes:
    """A PNG of one colour, stored without compression: as text it would cost hundreds of tokens."""
    rows = (b"\0" + bytes(_RGB) * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def wav() -> bytes:
    """A WAV of silence: one channel, 8 bits."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    samples = struct.pack("<4sI", b"data", _LENGTH) + b"\x80" * _LENGTH
    return struct.pack("<4sI4s", b"RIFF", 4 + len(layout) + len(samples), b"WAVE") + layout + samples


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
