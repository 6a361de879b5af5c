"""Files from outside: what is no file, and what no file of ours holds, is one error with the path and the place."""

import os
import re
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.base.parsing import parse_json, parse_toml
from conformance.base.reading import read_bytes, read_json, read_text
from tests.support.collecting import over

HALF = chr(0xD800)


@over(
    "text, reason",
    [
        ("{", "it is cut off or wrong at line 1"),
        ('{"a": 1}\n{', "at line 2"),
        ("[" * 100_000, "it is nested more than 100 deep"),
        ("[" * 101 + "]" * 101, "it is nested more than 100 deep"),
        ('{"a": [0, 1e400]}', "a[1] must be a finite number"),
        ('{"a": -' + "9" * 400 + "}", "a must be a number of at most 308 digits"),
        ("9" * 5_000, "digits"),
        ("NaN", "NaN is not allowed in JSON"),
        ('{"a": {"b": "\\ud800"}}', f"a.b has half of a character, {HALF!r}"),
        ('{"a": {"\\udfff": 1}}', "a has half of a character"),
    ],
)
def test_what_no_file_holds_is_refused_with_its_place(text: str, reason: str) -> None:
    """In JSON."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_json(text)


@over("text", ['"\\udce9"', '"\\ud83d\\ude00"', "[" * 100 + "]" * 100, "1e308", "9" * 308, '"inf nan 1e400"'])
def test_what_a_file_may_hold_is_read(text: str) -> None:
    """The escape of a byte, a character of two halves, and what is just within the limits."""
    parse_json(text)


@over(
    "text, reason",
    [
        ("a = 1\nb = ?", "line 2"),
        (f"a = {'[' * 100_000}", "it is nested more than 100 deep"),
        (f"{'.'.join('a' * 200)} = 1", "it is nested more than 100 deep"),
        ("[a]\nb = inf", "a.b must be a finite number"),
        ("b = nan", "b must be a finite number"),
        ("b = 1e999", "b must be a finite number"),
        (f"b = 1{'0' * 308}", "b must be a number of at most 308 digits"),
        (f"b = {'9' * 5_000}", "digits"),
    ],
)
def test_toml_has_the_same_limits(text: str, reason: str) -> None:
    """Values that a float can hold, and no deep nesting."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_toml(text)


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    """A pipe would be waited for without end, and so would a device that never ends."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for path, kind in (("pipe", "a pipe"), ("link", "a pipe"), ("/dev/zero", "a device"), (".", "a folder")):
        with pytest.raises(UsageError, match=f"cannot be read: it must be a regular file, and is {kind}; do that"):
            read_bytes(tmp_path / path, "do that")
    with pytest.raises(UsageError, match="nothing cannot be read: No such file or directory; do that"):
        read_bytes(tmp_path / "nothing", "do that")


def test_a_file_is_read_to_its_limit_only(tmp_path: Path) -> None:
    """A sparse file of three gigabytes takes no memory of that size."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(3 * 1024**3)
    with pytest.raises(UsageError, match="large cannot be read: it must have at most 1,000 bytes"):
        read_bytes(tmp_path / "large", "do that", 1_000)


def test_the_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    """Also in JSON; a byte order mark is no part of the text."""
    (tmp_path / "bad").write_bytes(b"{\n\xff}")
    for read in (lambda path: read_text(path, "do that"), lambda path: read_json(path, "a list", "do that")):
        with pytest.raises(UsageError, match="bad cannot be read: it must be UTF-8, and line 2 has the byte 0xff"):
            read(tmp_path / "bad")
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(tmp_path / "marked", "a list", "do that") == [1]
