"""The spellings of one secret: what stands in a reading of a text if the text holds the secret in this encoding or that.

Where a spelling stands in a reading is found here too.  How a text is read lives in readings.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from conformance.http.readings import Reading, Span, unescaped

# Characters.  A shorter secret is removed only as it is.  With a lower limit the other spellings of short secrets would be found
# in innocent replies, which would then be marked as redacted and not judged; with a higher one a short key that an endpoint
# encodes would stay in the reports.
MIN_LENGTH = 8

# What may follow the core of a secret inside a longer base64 or base32 text: characters that encode its last bits together with
# the bits of what follows, so they vary, and then perhaps padding.
_TAIL = re.compile("[A-Za-z0-9+/_-]{0,2}={0,6}")

# Bytes that are listed as numbers: there is no letter between them but those of 0x73 and of an escaped line end.
_LIST = re.compile(r"(?:[^g-wyzG-WYZ\\]|\\[nrt]?)*")

_URLSAFE = str.maketrans("+/", "-_")


class Spellings:
    """All spellings of a secret of at least MIN_LENGTH characters.

    They are the secret and its hexadecimal and base32 forms, in any case; the cores of its base64 form, of which there are three,
    depending on how many bytes precede it, in two alphabets; those of its base64 form in base64, and of its base64 form as
    UTF-16; and its bytes as a list of numbers, whatever separates them.
    """

    def __init__(self, secret: str) -> None:
        data, wide = secret.encode(), secret.encode("utf-16-le")[:-1]
        self._data = data
        plain = {form for written in {secret, secret.replace(" ", "+")} for form in unescaped(written)}
        once = {core for each in (data, wide) for core in _base64_cores(each)}
        twice = {core for inner in _base64_cores(data) for core in _base64_cores(inner.encode())}
        self.words = _long({word.lower() for word in {*plain, data.hex(), *_base32_cores(data)}})
        self.cores = _long({*once, *twice})
        # A backslash counts as a separator, since it may belong to an escape.  No text holds a secret that has one by chance.
        least = 4 if "\\" in secret else MIN_LENGTH
        joined = dict.fromkeys(Reading(word).joined for word in _long({secret.lower(), *plain}))
        self._joined = [word for word in joined if len(word) >= least]
        self.whole_cores = [
            core for text in (data, b"Bearer " + data) for core in dict.fromkeys(_cores_behind(text, 0))
        ]
        self._joined_cores = [core.encode() for core in self.whole_cores]
        self._lists = sorted({_list.encode() for _list in _lists(data)}, key=len, reverse=True)

    def __repr__(self) -> str:
        return "Spellings()"

    def found_in(self, reading: Reading) -> bool:
        """Return whether a spelling stands in a reading in one piece; fast if it does not."""
        text, lowered = reading.text, reading.lowered
        return any(word in lowered for word in self.words) or any(core in text for core in self.cores)

    def listed_in(self, reading: Reading) -> bool:
        """Return whether a reading may hold the bytes of the secret as numbers."""
        return any(digits in reading.digits for digits in self._lists)

    def joined_in(self, reading: Reading) -> bool:
        """Return whether a spelling stands in a reading whose separators are dropped."""
        if any(core in reading.joined_in_case for core in self._joined_cores):
            return True
        return any(word in reading.joined for word in self._joined)

    def places(self, found: Sequence[Reading]) -> Iterator[Span]:
        """Yield where spellings stand in a text, of which these are the readings, the text as it is first."""
        for reading in found:
            if self.found_in(reading):
                yield from self._whole(reading)
            if self.joined_in(reading):
                yield from self._whole(reading.without_separators(), found[0])
        if self.listed_in(found[0]):
            yield from self._listed(found[0])

    def _whole(self, reading: Reading, text: Reading | None = None) -> Iterator[Span]:
        """Yield where spellings stand in a reading; with `text`, what follows one there is looked at and not in the reading."""
        for match in self._pattern.finditer(reading.text):
            start, end = reading.place(*match.span())
            if match["core"]:
                tail = _TAIL.match(text.text, end) if text else _TAIL.match(reading.text, match.end())
                assert tail is not None  # it may be empty
                end = tail.end() if text else reading.place(match.start(), tail.end())[1]
            yield start, end

    def _listed(self, reading: Reading) -> Iterator[Span]:
        return _listed(reading, self._numbers)

    def listed_pieces(self, reading: Reading) -> Iterator[Span]:
        """Yield where MIN_LENGTH bytes of the secret stand as numbers; for a short text only."""
        return _listed(reading, self._pieces_of_lists)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Every spelling in one piece; made when first needed, since few endpoints repeat a secret."""
        joined = [word.decode("utf-8", "surrogatepass") for word in self._joined]
        words = "|".join(map(re.escape, sorted({*self.words, *joined}, key=len, reverse=True)))
        return re.compile(f"(?i:{words})|(?P<core>{'|'.join(map(re.escape, self.cores))})")

    @cached_property
    def _numbers(self) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(digits.decode()) for digits in self._lists), re.IGNORECASE)

    @cached_property
    def _pieces_of_lists(self) -> re.Pattern[str]:
        starts = range(len(self._data) - MIN_LENGTH + 1)
        runs = {digits for start in starts for digits in _lists(self._data[start : start + MIN_LENGTH], start)}
        return re.compile(f"(?=({'|'.join(sorted(runs))}))", re.IGNORECASE)

    @cached_property
    def pieces(self) -> frozenset[str]:
        """All runs of MIN_LENGTH characters of the base64 forms, as they are."""
        return frozenset(piece for core in self.cores for piece in _pieces(core))

    @cached_property
    def pieces_of_any_case(self) -> frozenset[str]:
        """All runs of MIN_LENGTH characters of the other forms, in lower case."""
        return frozenset(piece for word in self.words for piece in _pieces(word))


def _listed(reading: Reading, numbers: re.Pattern[str]) -> Iterator[Span]:
    """Yield where digits that a pattern finds are those of a list; its last group is what is found, if it has one."""
    digits = reading.of_digits()
    for match in numbers.finditer(digits.text):
        start, end = digits.place(*match.span(numbers.groups))
        if _LIST.fullmatch(reading.text, start, end):
            yield start, end


def _long(words: set[str]) -> list[str]:
    """Return the words that no text contains by chance, longest first."""
    return sorted((word for word in words if len(word) >= MIN_LENGTH), key=lambda word: (-len(word), word))


def _pieces(word: str) -> Iterator[str]:
    yield from (word[start : start + MIN_LENGTH] for start in range(len(word) - MIN_LENGTH + 1))


def _base64_cores(data: bytes) -> set[str]:
    """Return what every base64 text contains, in either alphabet, that holds these bytes anywhere."""
    return {core for before in range(3) for core in _cores_behind(data, before)}


def _cores_behind(data: bytes, before: int) -> Iterator[str]:
    """Yield, in both alphabets, the characters that every base64 text contains which has these bytes after `before` others.

    A base64 character encodes 6 bits, so the first and the last characters also depend on the neighbouring bytes and are left
    out: 2 or 3 at the beginning, up to 3 (with padding) at the end.
    """
    encoded = base64.b64encode(b"\0" * before + data).decode()
    start = (0, 2, 3)[before]
    end = len(encoded) - (0, 3, 2)[(before + len(data)) % 3]
    core = encoded[start:end]
    yield from (core, core.translate(_URLSAFE))


def _base32_cores(data: bytes) -> Iterator[str]:
    """Yield what every base32 text contains that has these bytes after 0 to 4 others: a character encodes 5 bits."""
    for before in range(5):
        encoded = base64.b32encode(b"\0" * before + data).decode()
        yield encoded[-(-8 * before // 5) : 8 * (before + len(data)) // 5]


def _lists(data: bytes, first: int = 0) -> Iterator[str]:
    """Yield the digits of a list of these bytes: hexadecimal, as it is, behind 0x and in UTF-16; decimal; octal; numbered."""
    pairs = [f"{byte:02x}" for byte in data]
    yield from (separator.join(pairs) for separator in ("", "0", "00"))
    yield from ("".join(f"{byte:{form}}" for byte in data) for form in ("d", "o"))
    yield "".join(f"{number}{byte}" for number, byte in enumerate(data, first))
