"""Redaction: remove secrets from a text before a file, a report or a terminal gets it.

Which spellings of a secret are known, and how one is found that is split over several strings, lives here.  Nothing here knows
where a secret comes from or what an exchange is.

How it works.  Endpoints repeat keys: in errors, in debug headers, in the answers of models.  A key may be written in base64 or in
hexadecimal, its characters may be escaped for URLs, JSON, C or HTML, several times over, and a stream may cut it into pieces.
Every reply of a run passes through here, and almost none holds a secret, so the cheap questions come first:

1. `found_in` looks for each spelling as a plain substring and, only if the text contains escapes, with a regular expression.
   If one is found, `remove` replaces the secret in every spelling.
2. `may_be_split` asks whether the text contains the beginning of a spelling where it could continue in another string.
   If so, `remove_parts` joins the strings that belong together (the same field of the same choice in a stream, the elements of
   a list, the lines of a text), searches the joined text, and replaces the parts in the original.
3. `sentence`, for text that people read, also removes pieces of MIN_LENGTH characters and more, since a quotation may have been
   cut in the middle of a secret.

A secret of at least MIN_LENGTH characters is removed in every spelling.  A shorter one is removed only as it is: its base64 form
can be as short as four characters, which occur in any long text by chance.
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

# The field that numbers choices and tool calls in Chat Completions, and content blocks in Messages.
CHOICES = ("index",)

# Characters.  A shorter secret is removed only as it is.  With a lower limit the other spellings of short secrets would be found
# in innocent replies, which would then be marked as redacted and not judged; with a higher one a short key that an endpoint
# encodes would stay in the reports.
MIN_LENGTH = 8

# Characters.  A secret shorter than this is not removed at all: three characters occur in any text by chance.
MIN_EXACT_LENGTH = 4

# What may follow the core of a secret inside a longer base64 text: up to two characters that encode its last bits together with
# the bits of what follows, so they vary, and then perhaps padding.
_BASE64_TAIL = "[A-Za-z0-9+/_-]{0,2}={0,2}"

# Characters that may separate the parts of a secret in the elements of a list or in lines.
_SEPARATORS = ("\n", "\r", "\t", " ", '"', "'", ",", "[", "]")
_ESCAPED_LINE_ENDS = (b"\\n", b"\\r", b"\\t")  # the same in a JSON string

# Whether a text contains any escape of a printable ASCII character: percent-encoded (possibly several times, %2525...), \u00XX,
# \xXX, an HTML reference, or a backslash before /, \ or ".  Most replies contain none, and are then searched without patterns.
_ANY_ESCAPE = re.compile(r"%(?:25)*[2-7][0-9a-fA-F]|\\u00|\\x|&#|&[a-z]+;|\\/|\\\\|\\\"")

# One escape, with the character in one of the groups: 1 and 2 hexadecimal, 3 decimal, 4 an HTML name, 5 the character itself.
# Every repetition has an upper bound, so that no text, however hostile, makes the search slow.
_ONE_ESCAPE = re.compile(
    r"(?:%(?:25){0,4}|\\{1,8}u00|\\{1,8}x)([2-7][0-9a-fA-F])|&(?:amp;){0,4}#[xX]0{0,6}([2-7][0-9a-fA-F]);"
    r"|&(?:amp;){0,4}#0{0,6}(\d{2,3});|&(?:amp;){0,4}([a-z]{2,6});|\\([/\"'\\])"
)

# Levels of escaping that are undone.  The deepest that was seen is a JSON string in a JSON string in the JSON of an error.
_ESCAPE_LEVELS = 3

# A JSON string, group 1 its content; group 2 is set if a colon follows, so that it is the name of a field.
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?', re.DOTALL)

# Index fields of one line that tell its strings apart.  A choice with parallel tool calls has 2 or 3; a line with hundreds would
# give every string a key of its own and take quadratic time.
_MAX_INDEXES = 8

# A secret that reads like the vocabulary of an API: small letters in words joined by one of "_. -".
_WORD = re.compile(r"[a-z]+(?:[_. -][a-z]+)*")

# Characters.  The longest names of parameters are below this ("max_completion_tokens" has 21); a longer text of small letters is
# more likely a passphrase, and nobody would send it by chance.
_MAX_WORD = 32

_DOTS = re.compile(r"\.\.\.|…")  # how a quotation shows that it was cut

# Characters.  Parts are joined within windows of this size, so that the memory for joining stays bounded; parts that are further
# apart are not found together.  A whole ordinary reply fits into one window.
_WINDOW = 512 * 1024

Span = tuple[int, int]  # start and end in a text


class Redactor:
    """Removes secrets from texts, in every known spelling; without secrets it returns every text unchanged.

    In the events of a stream the strings of one field are also read as one text, for all choices together and for each choice;
    `indexes` are the names of the fields that number the choices and other pieces of a stream.
    """

    def __init__(self, secrets: Iterable[str], indexes: Iterable[str] = CHOICES) -> None:
        # Longest first: a secret that begins with another one must be removed before that one.
        known = sorted({secret for secret in secrets if len(secret) >= MIN_EXACT_LENGTH}, key=len, reverse=True)
        self._short = [secret for secret in known if len(secret) < MIN_LENGTH]
        self._indexes = tuple(indexes)
        self._long = [_Secret(secret, _numbering(self._indexes)) for secret in known if len(secret) >= MIN_LENGTH]
        self._known = known
        self._lowered = [*map(str.lower, known)]

    def __call__(self, text: str) -> str:
        """Return the text with every secret, whole or in parts, replaced by REDACTED."""
        if self._long:
            text = self._without_long_secrets(text)
        for secret in self._short:
            text = text.replace(secret, REDACTED)
        return text

    @cached_property
    def of_requests(self) -> Redactor:
        """The redactor for requests, which may repeat parts of a reply.

        It leaves secrets that may occur by chance: a request uses such a word because it is in the API, not because a reply
        revealed it.
        """
        return Redactor((secret for secret in self._known if not may_occur_by_chance(secret)), self._indexes)

    def sentence(self, text: str) -> str:
        """Return a text for people without secrets and without pieces of them, since a quotation may cut a secret in two.

        A piece is MIN_LENGTH characters of a secret or of its base64 or hexadecimal form, or what stands before the dots of a
        cut.  Do not use it for a text that programs read: innocent words may share that many characters with a secret.
        """
        text = self(text)
        spans = [span for secret in self._long for span in secret.pieces(text)]
        spans += [span for secret in self._lowered for span in _cut_off(secret, text)]
        return _replace(text, sorted(spans))

    def _without_long_secrets(self, text: str) -> str:
        escaped = _ANY_ESCAPE.search(text) is not None
        for secret in self._long:
            lowered = text.lower()
            if secret.found_in(text, lowered, escaped):
                text = secret.remove(text)
                lowered = text.lower()
            if secret.may_be_split(text, lowered, escaped):
                text = secret.remove_parts(text)
        return text

    def __repr__(self) -> str:
        return "Redactor()"


def may_occur_by_chance(secret: str) -> bool:
    """Return whether a text may contain a secret by chance: it is short, or written like the words of an API."""
    return len(secret) < MIN_LENGTH or (len(secret) <= _MAX_WORD and _WORD.fullmatch(secret) is not None)


class _Secret:
    """One secret, in all its spellings, and the searches for them.

    The spellings are the secret itself and its hexadecimal form, in any case, and the cores of its base64 form, of which there
    are three, depending on how many bytes precede it, in two alphabets.
    """

    def __init__(self, secret: str, numbering: re.Pattern[str]) -> None:
        data = secret.encode()
        self._numbering = numbering
        self._lowered, self._hex = secret.lower(), data.hex()
        self._cores = sorted({core for shift in range(3) for core in _cores(data, shift)}, key=len, reverse=True)
        self._beginning = _Beginning(self._lowered)
        self._beginnings = [_Beginning(next(_cores(data, 0))), _Beginning(next(_cores(b"Bearer " + data, 0)))]
        self._separators = bytes(ord(char) for char in _SEPARATORS if char not in secret)
        self._whole_cores = [core.encode() for core in (*_cores(data, 0), *_cores(b"Bearer " + data, 0))]
        self._secret = secret

    @cached_property
    def _spellings(self) -> list[_Spelling]:
        """The spellings as patterns; made when first needed, since compiling them is slow and few endpoints repeat a secret."""
        plain = [_Spelling(word, self._separators, any_case=True) for word in (self._secret, self._hex)]
        return plain + [_Spelling(core, self._separators, tail=_BASE64_TAIL) for core in self._cores]

    def __repr__(self) -> str:
        return "_Secret()"

    def found_in(self, text: str, lowered: str, escaped: bool) -> bool:
        """Return whether a text contains the secret in one piece; fast if it does not."""
        if self._lowered in lowered or self._hex in lowered or any(core in text for core in self._cores):
            return True
        return escaped and any(spelling.escaped.search(text) for spelling in self._spellings)

    def remove(self, text: str) -> str:
        """Return the text without the secret, however its characters are escaped."""
        for spelling in self._spellings:
            text = spelling.escaped.sub(REDACTED, text)
        return text

    def pieces(self, text: str) -> Iterator[Span]:
        """Yield where MIN_LENGTH characters of a spelling stand, at any offset; that many are not there by chance."""
        lowered = text.lower()
        for start in range(len(text) - MIN_LENGTH + 1):
            end = start + MIN_LENGTH
            if lowered[start:end] in self._pieces_of_any_case or text[start:end] in self._pieces:
                yield start, end

    @cached_property
    def _pieces(self) -> frozenset[str]:
        """All pieces of the base64 forms, which are looked up for each place of a text: most texts are short."""
        return frozenset(piece for core in self._cores for piece in _pieces(core))

    @cached_property
    def _pieces_of_any_case(self) -> frozenset[str]:
        """All pieces of the secret and its hexadecimal form, in lower case."""
        return frozenset((*_pieces(self._lowered), *_pieces(self._hex)))

    def may_be_split(self, text: str, lowered: str, escaped: bool) -> bool:
        """Return whether the text may contain the secret in parts: in consecutive strings, the elements of a list, or lines."""
        if '"' in text and self._may_begin(text, lowered):
            return True
        if escaped and '"' in text and any(self._may_begin(plain, plain.lower()) for plain in _unescaped_levels(text)):
            return True
        joined = _without_separators(text, self._separators)
        return any(core in joined for core in self._whole_cores) or self._lowered.encode() in joined.lower()

    def _may_begin(self, text: str, lowered: str) -> bool:
        return self._beginning.may_be_in(lowered) or any(beginning.may_be_in(text) for beginning in self._beginnings)

    def remove_parts(self, text: str) -> str:
        """Return the text without the parts of the secret."""
        for spelling in self._spellings:
            text = spelling.separated.sub(REDACTED, text)
        windows = [text[start : start + _WINDOW] for start in range(0, len(text), _WINDOW)]
        return "".join(_replace(window, sorted(self._parts(window))) for window in windows)

    def _parts(self, text: str) -> Iterator[Span]:
        """Yield where strings contain parts of the secret, reading the strings that belong together as one text."""
        for group in _groups(text, self._numbering):
            pieces = [_unescaped(text[start:end]) for start, end in group]
            ends = list(accumulate(map(len, pieces)))
            joined = "".join(pieces)
            for spelling in self._spellings:
                for match in spelling.escaped.finditer(joined):
                    first = bisect_right(ends, match.start())
                    for number in range(first, len(group)):
                        begin = ends[number] - len(pieces[number])
                        if begin >= match.end():
                            break
                        yield _part(group[number], pieces[number], match.start() - begin, match.end() - begin)


def _pieces(word: str) -> Iterator[str]:
    """Yield each run of MIN_LENGTH characters of a word."""
    yield from (word[start : start + MIN_LENGTH] for start in range(len(word) - MIN_LENGTH + 1))


def _cut_off(secret: str, text: str) -> Iterator[Span]:
    """Yield where the beginning of a secret stands before dots, which show that the text was cut there."""
    for dots in _DOTS.finditer(text.lower()):
        for size in range(min(len(secret) - 1, dots.start()), MIN_EXACT_LENGTH - 1, -1):
            if dots.string.endswith(secret[:size], 0, dots.start()):
                yield dots.start() - size, dots.start()
                break


def _part(place: Span, piece: str, first: int, last: int) -> Span:
    """Return where a part stands in the text.

    In a string with escapes the positions of decoded and written characters differ, so the whole string is removed.
    """
    start, end = place
    if end - start != len(piece):
        return place
    return start + max(first, 0), start + min(last, len(piece))


def _replace(text: str, spans: list[Span]) -> str:
    """Return the text with each span replaced by REDACTED; the spans are sorted and may overlap."""
    kept, done = [], 0
    for start, end in spans:
        if end > done and end > start:
            kept += [text[done:start], REDACTED] if start >= done else []
            done = end
    return "".join([*kept, text[done:]])


class _Spelling:
    """Patterns for one spelling of a secret: with its characters escaped, and with separators between them as well."""

    def __init__(self, word: str, separators: bytes, *, any_case: bool = False, tail: str = "") -> None:
        chars = [_char_pattern(char, any_case) for char in word]
        line_end = r"\\[nrt]|" if "\\" not in word else ""
        # Up to 99 separators: an indented list of single characters has about 20 between two; the bound keeps the search linear.
        between = f"(?:{line_end}[{re.escape(separators.decode())}]){{0,99}}"
        self.escaped = re.compile("".join(chars) + tail)
        self._separated = between.join(chars) + tail

    @cached_property
    def separated(self) -> re.Pattern[str]:
        return re.compile(self._separated)


def _char_pattern(char: str, any_case: bool) -> str:
    """Return a pattern for one character: itself, percent-encoded once or more, or as JSON, C or HTML escape it.

    Each alternative begins with a different character, so that a search quickly skips what cannot begin one, and every repetition
    is bounded, so that no text makes it slow.  Seven more backslashes are what three levels of JSON strings make of one.
    """
    cases = sorted({char.lower(), char.upper()}) if any_case and len(char.lower() + char.upper()) == 2 else [char]
    forms: list[str] = []
    for variant in cases:
        code = ord(variant)
        percent = "".join(
            f"%(?:25){{0,4}}{_digits(f'{byte:02x}')}" for byte in variant.encode("utf-8", "surrogatepass")
        )
        numbers = rf"0{{0,6}}{code}|[xX]0{{0,6}}{_digits(f'{code:x}')}"
        forms += [
            re.escape(variant),
            percent,
            rf"\\\\{{0,7}}u{_digits(f'{code:04x}')}",
            f"&(?:amp;){{0,4}}#(?:{numbers});",
        ]
        if code < 256:
            forms.append(rf"\\\\{{0,7}}x{_digits(f'{code:02x}')}")
        if variant in "/\"\\'":
            forms.append(r"\\\\{0,7}" + re.escape(variant))
        if variant in _HTML_NAMES:
            forms.append(f"&(?:amp;){{0,4}}{_HTML_NAMES[variant]};")
        if variant == " ":
            forms.append(r"\+")
    return f"(?:{'|'.join(dict.fromkeys(forms))})"


_HTML_NAMES = {
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
_CHAR_OF_HTML_NAME = {name: char for char, name in _HTML_NAMES.items()}


def _digits(text: str) -> str:
    """Return a pattern for these hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in text)


def _cores(data: bytes, shift: int) -> Iterator[str]:
    """Yield, in both alphabets, the characters that every base64 text contains which has these bytes after `shift` others.

    A base64 character encodes 6 bits, so the first and the last characters also depend on the neighbouring bytes and are left
    out: 2 or 3 at the beginning, up to 3 (with padding) at the end.
    """
    encoded = base64.b64encode(b"\0" * shift + data).decode()
    start = (0, 2, 3)[shift]
    end = len(encoded) - (0, 3, 2)[(shift + len(data)) % 3]
    core = encoded[start:end]
    yield from (core, core.translate(str.maketrans("+/", "-_")))


class _Beginning:
    """Searches for the beginning of a word in places from which other strings of a text could continue it.

    Either its first three characters stand together; or a string ends after one or two of them, and another string begins with
    the characters that follow.
    """

    def __init__(self, word: str) -> None:
        self._together = word[:3]
        self._ends = tuple(f'{word[:size]}"' for size in (1, 2))
        following = (word[1:4], word[2:5], f'{word[1:2]}"', f'{word[1:3]}"', f'{word[2:3]}"', f'{word[2:4]}"')
        self._following = tuple(f'"{part}' for part in following)

    def may_be_in(self, text: str) -> bool:
        if self._together in text:
            return True
        return any(map(text.__contains__, self._ends)) and any(map(text.__contains__, self._following))


def _unescaped_levels(text: str) -> Iterator[str]:
    """Yield the text with its escapes undone once, twice and three times, as long as that changes it.

    Escaped quotes then look like the ends of strings, so the result only tells whether a closer look is worth it.
    """
    for _ in range(_ESCAPE_LEVELS):
        before, text = text, _ONE_ESCAPE.sub(_unescaped_char, text)
        if text == before:
            return
        yield text


def _unescaped_char(match: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    digits, html_digits, html_number, html_name, char = match.groups()
    if code := digits or html_digits:
        return chr(int(code, 16))
    return chr(int(html_number)) if html_number else _CHAR_OF_HTML_NAME.get(html_name, match[0]) if html_name else char


def _without_separators(text: str, separators: bytes) -> bytes:
    """Return a text without what may separate the parts of a secret."""
    data = text.encode("utf-8", "surrogatepass")
    if b"\\" in data:
        for line_end in _ESCAPED_LINE_ENDS:
            data = data.replace(line_end, b"")
    return data.translate(None, separators)


def _numbering(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for these fields with their numbers."""
    return re.compile(rf'"(?:{"|".join(map(re.escape, names))})"\s*:\s*(\d+)')


def _groups(text: str, numbering: re.Pattern[str]) -> Iterator[list[Span]]:
    """Yield the places of strings that may belong together: those of one field, of all choices and of each choice.

    The index of a choice may stand before or after its strings, and next to the index of a tool call.  So each string is put
    into four groups: all strings of its field, those after the same index, those before the same index, and those whose line has
    the same indexes.
    """
    groups: dict[tuple[str, str], list[Span]] = {}
    start = 0
    for line in lines(text, with_ends=True):
        indexes = [(match.start(), match[1]) for match in numbering.finditer(line)]
        starts = [at for at, _ in indexes]
        every = " ".join(number for _, number in indexes[:_MAX_INDEXES])
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
                groups.setdefault(key, []).append(place)
        start += len(line)
    yield from (places for places in groups.values() if len(places) > 1)


def _unescaped(piece: str) -> str:
    """Return the value of a JSON string; a string that is not valid JSON stands for itself."""
    if "\\" not in piece:
        return piece
    try:
        return str(json.loads(f'"{piece}"', strict=False))
    except ValueError:
        return piece
