"""What the mock sees of a picture: the name of the colour that a PNG in a data URL begins with.

The suite draws its pictures with code of its own, so that neither can hide the other's mistake.
"""

import base64
import binascii
import zlib
from collections.abc import Iterator

PREFIX = "data:image/png;base64,"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BIT_RGB = (b"\x08\x02", b"\x08\x06")  # without and with transparency

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 160, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "orange": (255, 150, 0),
    "purple": (128, 0, 128),
    "pink": (255, 150, 190),
    "brown": (120, 70, 20),
}


def colour_of(url: str) -> str | None:
    """Return the name nearest to the picture's first pixel; None for what is no such picture."""
    if not url.startswith(PREFIX):
        return None
    try:
        return nearest_colour(first_pixel(base64.b64decode(url[len(PREFIX) :], validate=True)))
    except (binascii.Error, zlib.error, ValueError):
        return None


def first_pixel(png: bytes) -> tuple[int, int, int]:
    """Return red, green and blue of the upper left corner; every filter leaves the first pixel as it is."""
    if not png.startswith(SIGNATURE):
        raise ValueError("no PNG")
    parts = list(chunks(png[len(SIGNATURE) :]))
    header = next((data for name, data in parts if name == b"IHDR"), b"")
    if header[8:10] not in EIGHT_BIT_RGB:
        raise ValueError("another kind of PNG")
    row = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    if len(row) < 4:
        raise ValueError("no pixel")
    return row[1], row[2], row[3]


def chunks(rest: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of each chunk."""
    while rest:
        size = int.from_bytes(rest[:4], "big")
        yield rest[4:8], rest[8 : 8 + size]
        rest = rest[12 + size :]


def nearest_colour(pixel: tuple[int, int, int]) -> str:
    """Return the name of the colour that differs least."""
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, COLOURS[name], strict=True)))
