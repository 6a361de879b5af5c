"""Redaction: secrets taken out of whatever came back, before a file, a report or a terminal gets it.

What spellings of a secret are known lives here, and finding one where it is split over the strings of a body.  Nothing here
knows where a secret comes from or what an exchange is.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate

from conformance.http.sse import lines

REDACTED = "[redacted]"
CHOICES = ("index",)  # what numbers choices and tool calls in Chat Completions, and content blocks in Messages
MIN_LENGTH = 8  # characters; of a shorter secret only the exact text is taken out
MIN_EXACT_LENGTH = 4  # what is shorter than that stands in any text by chance
_AFTER = "[A-Za-z0-9+/_-]{0,2}={0,2}"  # what shares bits with the end of a secret inside a longer base64 text
_BETWEEN = (
    "\n",
    "\r",
    "\t",
    " ",
    '"',
    "'",
    ",",
    "[",
    "]",
)  # what may stand between parts, in the elements of a list or in lines
_LINE_ENDS = (b"\\n", b"\\r", b"\\t")  # as a string of JSON spells them
_ESCAPE = re.compile(r"%(?:25)*[2-7][0-9a-fA-F]|\\u00|\\x|&#|&[a-z]+;|\\/|\\\\|\\\"")
_ONE_ESCAPE = re.compile(
    r"(?:%(?:25){0,4}|\\{1,8}u00|\\{1,8}x)([2-7][0-9a-fA-F])|&(?:amp;){0,4}#[xX]0{0,6}([2-7][0-9a-fA-F]);"
    r"|&(?:amp;){0,4}#0{0,6}(\d{2,3});|&(?:amp;){0,4}([a-z]{2,6});|\\([/\"'\\])"
)
_ESCAPED_TIMES = 3  # a JSON string in a JSON string in the JSON of an error is the deepest that was seen
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?', re.DOTALL)
_MOST_INDEXES = 8
_WORD = re.compile(r"[a-z]+(?:[_. -][a-z]+)*")
_LONGEST_WORD = 32  # characters; "max_completion_tokens" has 21
_DOTS = re.compile(r"\.\.\.|…")
_WINDOW = 512 * 1024  # characters; parts that are further apart are not put together
Span = tuple[int, int]


class Redactor:
    """Takes secrets out of texts, however they are spelt there; one without any leaves every text as it is.

    The strings of one name in the events of a stream are read as one text, also those of each choice alone: `indexes` are the
    names of the fields that number what comes in pieces beside one another.
    """

    def __init__(self, secrets: Iterable[str], indexes: Iterable[str] = CHOICES) -> None:
        known = sorted({each for each in secrets if len(each) >= MIN_EXACT_LENGTH}, key=len, reverse=True)
        self._short = [each for each in known if len(each) < MIN_LENGTH]
        self._indexes = tuple(indexes)
        self._long = [_Secret(each, _numbering(self._indexes)) for each in known if len(each) >= MIN_LENGTH]
        self._known = known
        self._secrets = [*map(str.lower, known)]

    def __call__(self, text: str) -> str:
        """The text with a sign in the place of each secret, whole or in parts."""
        if self._long:
            text = self._without(text)
        for each in self._short:
            text = text.replace(each, REDACTED)
        return text

    @cached_property
    def of_requests(self) -> Redactor:
        """What takes secrets out of a request, which may repeat what a reply said.

        A secret that is a word stays in it, since the request would use that word without having heard it.
        """
        return Redactor((secret for secret in self._known if not may_occur_by_chance(secret)), self._indexes)

    def sentence(self, text: str) -> str:
        """Return a text for people without secrets, and without pieces of them: what it quotes may have been cut in their midst.

        A piece is SHORTEST characters of a secret or of its base64 or hexadecimal form, or all that stands before the dots of
        a cut.  A text that is read by a program must not come here, since innocent words may share so much with a secret.
        """
        text = self(text)
        spans = [span for secret in self._long for span in secret.pieces(text)]
        spans += [span for secret in self._secrets for span in _cut_off(secret, text)]
        return _without(text, sorted(spans))

    def _without(self, text: str) -> str:
        escaped = _ESCAPE.search(text) is not None
        for secret in self._long:
            lowered = text.lower()
            if secret.stands_in(text, lowered, escaped):
                text = secret.cut(text)
                lowered = text.lower()
            if secret.may_be_split(text, lowered, escaped):
                text = secret.cut_parts(text)
        return text

    def __repr__(self) -> str:
        return "Redactor()"


def may_occur_by_chance(secret: str) -> bool:
    """Return whether a text may hold a secret by chance: it is short, or spelt as the words of an API are."""
    return len(secret) < MIN_LENGTH or (len(secret) <= _LONGEST_WORD and _WORD.fullmatch(secret) is not None)


class _Secret:
    """One secret with all that finds it."""

    def __init__(self, secret: str, numbering: re.Pattern[str]) -> None:
        data = secret.encode()
        self._numbering = numbering
        self._lowered, self._hex = secret.lower(), data.hex()
        self._cores = sorted({each for shift in range(3) for each in _cores(data, shift)}, key=len, reverse=True)
        self._whole = [next(_cores(data, 0)), next(_cores(b"Bearer " + data, 0))]
        self._between = bytes(ord(each) for each in _BETWEEN if each not in secret)
        self._joined = [each.encode() for each in (*_cores(data, 0), *_cores(b"Bearer " + data, 0))]
        self._secret = secret

    @cached_property
    def _spelt(self) -> list[_Spelt]:
        """Patterns take long to make, and few endpoints repeat a secret."""
        plain = [_Spelt(each, self._between, any_case=True) for each in (self._secret, self._hex)]
        return plain + [_Spelt(each, self._between, after=_AFTER) for each in self._cores]

    def __repr__(self) -> str:
        return "_Secret()"

    def stands_in(self, text: str, lowered: str, escaped: bool) -> bool:
        """Whether it is in a text in one piece; quick where it is not."""
        if self._lowered in lowered or self._hex in lowered or any(each in text for each in self._cores):
            return True
        return escaped and any(each.escaped.search(text) for each in self._spelt)

    def cut(self, text: str) -> str:
        """The text without it, however its characters are escaped."""
        for each in self._spelt:
            text = each.escaped.sub(REDACTED, text)
        return text

    def pieces(self, text: str) -> Iterator[Span]:
        """Yield where so much of a spelling stands that it can be nothing else."""
        lowered = text.lower()
        for whole, where in ((self._lowered, lowered), (self._hex, lowered), *((core, text) for core in self._cores)):
            for start in range(len(whole) - MIN_LENGTH + 1):
                at = where.find(whole[start : start + MIN_LENGTH])
                while at >= 0:
                    yield at, at + MIN_LENGTH
                    at = where.find(whole[start : start + MIN_LENGTH], at + 1)

    def may_be_split(self, text: str, lowered: str, escaped: bool) -> bool:
        """Whether it may stand there in parts: in strings that follow one another, in the elements of a list, in lines."""
        if '"' in text and self._may_begin(text, lowered):
            return True
        if escaped and '"' in text and any(self._may_begin(plain, plain.lower()) for plain in _unescaped_levels(text)):
            return True
        closed = _close(text, self._between)
        return any(each in closed for each in self._joined) or self._lowered.encode() in closed.lower()

    def _may_begin(self, text: str, lowered: str) -> bool:
        return _may_begin(self._lowered, lowered) or any(_may_begin(each, text) for each in self._whole)

    def cut_parts(self, text: str) -> str:
        """The text without the parts."""
        for each in self._spelt:
            text = each.apart.sub(REDACTED, text)
        windows = [text[start : start + _WINDOW] for start in range(0, len(text), _WINDOW)]
        return "".join(_without(each, sorted(self._parts(each))) for each in windows)

    def _parts(self, text: str) -> Iterator[Span]:
        """Where strings hold parts of it: the strings of one name are read as one text."""
        for group in _groups(text, self._numbering):
            pieces = [_unescaped(text[start:end]) for start, end in group]
            ends = list(accumulate(map(len, pieces)))
            whole = "".join(pieces)
            for each in self._spelt:
                for match in each.escaped.finditer(whole):
                    first = bisect_right(ends, match.start())
                    for number in range(first, len(group)):
                        begin = ends[number] - len(pieces[number])
                        if begin >= match.end():
                            break
                        yield _part(group[number], pieces[number], match.start() - begin, match.end() - begin)


def _cut_off(secret: str, text: str) -> Iterator[Span]:
    """Yield where the beginning of a secret stands before the dots that say that a text was cut there."""
    for dots in _DOTS.finditer(text.lower()):
        for size in range(min(len(secret) - 1, dots.start()), MIN_EXACT_LENGTH - 1, -1):
            if dots.string.endswith(secret[:size], 0, dots.start()):
                yield dots.start() - size, dots.start()
                break


def _part(place: Span, piece: str, first: int, last: int) -> Span:
    """Where a part stands in the text; of a string with escapes it is the whole string."""
    start, end = place
    if end - start != len(piece):
        return place
    return start + max(first, 0), start + min(last, len(piece))


def _without(text: str, spans: list[Span]) -> str:
    """The text with a sign in place of each span; they are sorted and may overlap."""
    kept, done = [], 0
    for start, end in spans:
        if end > done and end > start:
            kept += [text[done:start], REDACTED] if start >= done else []
            done = end
    return "".join([*kept, text[done:]])


class _Spelt:
    """Patterns for one spelling of a secret: with characters escaped, and with its characters apart as well."""

    def __init__(self, word: str, between: bytes, *, any_case: bool = False, after: str = "") -> None:
        signs = [_sign(each, any_case) for each in word]
        line_end = r"\\[nrt]|" if "\\" not in word else ""
        apart = f"(?:{line_end}[{re.escape(between.decode())}]){{0,99}}"
        self.escaped = re.compile("".join(signs) + after)
        self._apart = apart.join(signs) + after

    @cached_property
    def apart(self) -> re.Pattern[str]:
        return re.compile(self._apart)


def _sign(sign: str, any_case: bool) -> str:
    """A pattern for one character: itself, percent-encoded once or more, as JSON, C or HTML escape it.

    Every way begins with a character of its own, so that a search skips what cannot begin one, and no repetition is without
    a bound, so that no text makes it slow.
    """
    both = sorted({sign.lower(), sign.upper()}) if any_case and len(sign.lower() + sign.upper()) == 2 else [sign]
    ways: list[str] = []
    for each in both:
        code = ord(each)
        percent = "".join(f"%(?:25){{0,4}}{_digits(f'{byte:02x}')}" for byte in each.encode("utf-8", "surrogatepass"))
        numbers = rf"0{{0,6}}{code}|[xX]0{{0,6}}{_digits(f'{code:x}')}"
        ways += [re.escape(each), percent, rf"\\\\{{0,7}}u{_digits(f'{code:04x}')}", f"&(?:amp;){{0,4}}#(?:{numbers});"]
        if code < 256:
            ways.append(rf"\\\\{{0,7}}x{_digits(f'{code:02x}')}")
        if each in "/\"\\'":
            ways.append(r"\\\\{0,7}" + re.escape(each))
        if each in _NAMED:
            ways.append(f"&(?:amp;){{0,4}}{_NAMED[each]};")
        if each == " ":
            ways.append(r"\+")
    return f"(?:{'|'.join(dict.fromkeys(ways))})"


_NAMED = {
    "&": "amp",
    "<": "lt",
    ">": "gt",
    '"': "quot",
    "'": "apos",
    "/": "sol",
    "+": "plus",
    "=": "equals",
    "_": "lowbar",
}
_SIGNS = {name: sign for sign, name in _NAMED.items()}


def _digits(text: str) -> str:
    """A pattern for hexadecimal digits, small or large."""
    return "".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in text)


def _cores(data: bytes, shift: int) -> Iterator[str]:
    """What is sure to stand in a base64 text that holds these bytes behind so many others, in both alphabets."""
    encoded = base64.b64encode(b"\0" * shift + data).decode()
    start = (0, 2, 3)[shift]
    end = len(encoded) - (0, 3, 2)[(shift + len(data)) % 3]
    core = encoded[start:end]
    yield from (core, core.translate(str.maketrans("+/", "-_")))


def _may_begin(word: str, text: str) -> bool:
    """Whether the beginning of a word stands in a text so that the rest of it could come in other strings.

    Its first three characters stand together; or a string ends after one or two of them, and another goes on.
    """
    if word[:3] in text:
        return True
    following = (word[1:4], word[2:5], f'{word[1:2]}"', f'{word[1:3]}"', f'{word[2:3]}"', f'{word[2:4]}"')
    return any(f'{word[:size]}"' in text for size in (1, 2)) and any(f'"{each}' in text for each in following)


def _unescaped_levels(text: str) -> Iterator[str]:
    """Yield the text with its escapes undone once, twice and three times, as far as that changes it.

    Quotes that were escaped then look like those around strings, so this is only for asking whether a closer look is worth it.
    """
    for _ in range(_ESCAPED_TIMES):
        before, text = text, _ONE_ESCAPE.sub(_sign_of, text)
        if text == before:
            return
        yield text


def _sign_of(found: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    digits, entity, number, name, sign = found.groups()
    if code := digits or entity:
        return chr(int(code, 16))
    return chr(int(number)) if number else _SIGNS.get(name, found[0]) if name else sign


def _close(text: str, between: bytes) -> bytes:
    """A text without what may stand between the parts of a secret."""
    data = text.encode("utf-8", "surrogatepass")
    if b"\\" in data:
        for escape in _LINE_ENDS:
            data = data.replace(escape, b"")
    return data.translate(None, between)


def _numbering(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for the fields of these names with their number."""
    return re.compile(rf'"(?:{"|".join(map(re.escape, names))})"\s*:\s*(\d+)')


def _groups(text: str, numbering: re.Pattern[str]) -> Iterator[list[Span]]:
    """Places of strings that may belong together: those of one name, of all choices and of each choice alone.

    A choice's index may stand before or after its strings, and the index of a tool call beside it.
    """
    found: dict[tuple[str, str], list[Span]] = {}
    start = 0
    for line in lines(text, with_ends=True):
        indexes = [(match.start(), match[1]) for match in numbering.finditer(line)]
        starts = [at for at, _ in indexes]
        every = " ".join(number for _, number in indexes[:_MOST_INDEXES])
        name = ""
        for match in _STRING.finditer(line):
            if match[2]:
                name = match[1]
                continue
            place = (start + match.start(1), start + match.end(1))
            later = bisect_right(starts, match.start())
            before = indexes[later - 1][1] if later else ""
            after = indexes[later][1] if later < len(indexes) else ""
            for key in (("any", name), (f"before {before}", name), (f"after {after}", name), (f"line {every}", name)):
                found.setdefault(key, []).append(place)
        start += len(line)
    yield from (places for places in found.values() if len(places) > 1)


def _unescaped(piece: str) -> str:
    """What a string of JSON stands for; one that is none stands for itself."""
    if "\\" not in piece:
        return piece
    try:
        return str(json.loads(f'"{piece}"', strict=False))
    except ValueError:
        return piece
