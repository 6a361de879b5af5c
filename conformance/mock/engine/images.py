"""What the mock sees in an image: the colour of the first pixel of a PNG in a data URL.

The suite draws its images with code of its own, so that neither can hide a mistake of the other.
"""

import base64
import binascii
import zlib
from collections.abc import Iterator

PREFIX = "data:image/png;base64,"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BIT_RGB = (b"\x08\x02", b"\x08\x06")  # bit depth and colour type of IHDR, without and with transparency

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
    """Return the colour name nearest to the first pixel of an image; None unless it is a readable PNG in a data URL."""
    if not url.startswith(PREFIX):
        return None
    try:
        return nearest_colour(first_pixel(base64.b64decode(url[len(PREFIX) :], validate=True)))
    except (binascii.Error, zlib.error, ValueError):
        return None


def first_pixel(png: bytes) -> tuple[int, int, int]:
    """Return red, green and blue of the upper left pixel; raise ValueError or zlib.error if the PNG has another form.

    The first byte of a row names its filter; filters predict a pixel from its left and upper neighbours, which the first
    pixel lacks, so its bytes are the colour whatever the filter.
    """
    if not png.startswith(SIGNATURE):
        raise ValueError("the data must begin with the PNG signature")
    parts = list(chunks(png[len(SIGNATURE) :]))
    header = next((data for name, data in parts if name == b"IHDR"), b"")
    if header[8:10] not in EIGHT_BIT_RGB:
        raise ValueError("the PNG must have 8 bits per channel and colour type 2 or 6")
    row = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    if len(row) < 4:
        raise ValueError("the first row must have a pixel")
    return row[1], row[2], row[3]


def chunks(rest: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and the data of each PNG chunk."""
    while rest:
        size = int.from_bytes(rest[:4], "big")
        yield rest[4:8], rest[8 : 8 + size]
        rest = rest[12 + size :]


def nearest_colour(pixel: tuple[int, int, int]) -> str:
    """Return the name of the colour with the smallest squared distance."""
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, COLOURS[name], strict=True)))
