"""A scanner for secrets that shares no code with the redactor: it undoes encodings and looks for the secret itself."""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

ESCAPES = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([/\"'\\])|([01][0-7]{2}))")
UNSEEN = re.compile("[\0\xad\u200b-\u200f\u2060\ufeff]")


def shows(text: str, secret: str) -> str | None:
    """Return how a text reveals a secret; None if none of the views below shows it."""
    wanted = secret.lower()
    for name, view in views(text):
        if wanted in view.lower():
            return name
    return None


def views(text: str) -> Iterator[tuple[str, str]]:
    """Yield ways to read a text, with their names: as it is, unescaped, decoded, and with its strings joined."""
    yield "as it is", text
    once = unescaped(text)
    yield "escaped", once
    yield "escaped twice", unescaped(once)
    yield "escaped thrice", unescaped(unescaped(once))
    yield "with what is not seen", UNSEEN.sub("", once)
    for source in {text, once}:
        yield from encoded(source)
    yield from numbers(text)
    for name, joined in strings_joined(text):
        yield f"in parts: {name}", joined
        yield f"in parts and escaped: {name}", unescaped(joined)
        for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", joined):
            yield f"in parts and base64: {name}", decoded(run)
    for source in (text, once):
        yield "over lines", re.sub(r"\\[nrt]|\s", "", source)
        yield "over elements", re.sub(r"[\[\]\"',\s]", "", source)


def encoded(text: str) -> Iterator[tuple[str, str]]:
    """Yield what runs of letters and digits say in base64, once and twice, in base32 and in hexadecimal, UTF-16 included."""
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for start in range(4):
            once = decoded(run[start:])
            yield "base64", UNSEEN.sub("", once)
            for inner in re.findall(r"[A-Za-z0-9+/_-]{12,}", once):
                yield from (("base64 twice", decoded(inner[begin:])) for begin in range(4))
    for run in re.findall(r"(?:[0-9a-fA-F]{2}){8,}", text):
        yield "hex", UNSEEN.sub("", bytes.fromhex(run).decode("latin-1"))
    for run in re.findall(r"[A-Za-z2-7]{13,}", text):
        for start in range(8):
            part = run[start:].upper()
            yield "base32", base64.b32decode(part[: len(part) // 8 * 8]).decode("latin-1")


def numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield what lists of numbers say: hexadecimal, decimal, and the values of an object that counts."""
    for run in re.findall(r"(?:(?:0x)?[0-9a-fA-F]{2}[\W_]{1,9}){7,}(?:0x)?[0-9a-fA-F]{2}", text):
        yield "listed in hex", bytes.fromhex("".join(re.findall(r"[0-9a-fA-F]{2}(?!x)", run))).decode("latin-1")
    counted = re.findall(r"\b\d{1,3}\b", re.sub(r'"\d+"\s*:', "", text))
    yield "listed", "".join(chr(int(number)) for number in counted)


def unescaped(text: str) -> str:
    """Undo percent, JSON, C and HTML escapes once."""

    def undone(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else chr(int(found[4], 8)) if found[4] else found[3]

    return html.unescape(unquote(ESCAPES.sub(undone, text), errors="replace"))


def decoded(run: str) -> str:
    """Decode as much of a base64 text as possible, in either alphabet."""
    plain = run.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain[: len(plain) // 4 * 4]).decode("latin-1") + base64.b64decode(
            plain + "=" * (-len(plain) % 4)
        ).decode("latin-1")
    except (ValueError, binascii.Error):
        return base64.b64decode(plain[: len(plain) // 4 * 4]).decode("latin-1")


def strings_joined(text: str) -> Iterator[tuple[str, str]]:
    """Yield the strings of all JSON documents in a text, joined by their place; the index of a choice is part of its place."""
    documents = []
    for part in (text, *text.splitlines()):
        try:
            documents.append(json.loads(part.removeprefix("data:")))
        except (ValueError, RecursionError):
            continue
    for apart in (True, False):
        joined: dict[str, str] = {}
        for document in documents:
            for place, value in strings(document, "", apart):
                joined[place] = joined.get(place, "") + value
        yield from joined.items()


def strings(value: Any, place: str, apart: bool) -> Iterator[tuple[str, str]]:
    """Yield every string in a value with its place; elements of a list share one place, unless they have an index."""
    if isinstance(value, str):
        yield place, value
        if value.startswith(("data:", "{", "[")):
            yield from ((f"{place}>{name}", text) for name, text in strings_joined(value))
    elif isinstance(value, list):
        for element in value:
            number = element.get("index", "") if apart and isinstance(element, dict) else ""
            yield from strings(element, f"{place}[{number}]", apart)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part, f"{place}.{name}", apart)
