"""Redaction: remove secrets from a text before a file, a report or a terminal gets it.

How a secret is found and what is put in its place lives here.  Nothing here knows where a secret comes from or what an exchange
is.

How it works.  Endpoints repeat keys: in errors, in debug headers, in the answers of models.  A key may be written in another
encoding, its characters may be escaped for URLs, JSON, C or HTML, several times over, and a stream may cut it into pieces.
Every reply of a run passes through here, and almost none holds a secret, so cheap questions come first:

1. The text is read as it is and, if it has escapes, with these undone (readings).  Each spelling of a secret (spellings) is
   looked up as a plain substring; only if one is there, its place in the text is searched for.
2. `_may_be_split` asks whether the text contains the beginning of a spelling where it could continue in another string.
   If so, the strings that belong together are joined and searched in the same way (parts).
3. `sentence`, for text that people read, also removes pieces of MIN_LENGTH characters and more, since a quotation may have been
   cut in the middle of a secret.

A secret of at least MIN_LENGTH characters is removed in every spelling.  A shorter one is removed only as it is: its base64 form
can be as short as four characters, which occur in any long text by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from conformance.http.parts import groups, lists_bytes, spells_out, windows, without_blanks
from conformance.http.readings import Reading, Span, readings
from conformance.http.spellings import MIN_LENGTH, Spellings

REDACTED = "[redacted]"

# The field that numbers choices and tool calls in Chat Completions, and content blocks in Messages.
CHOICES = ("index",)

# Characters.  A secret shorter than this is not removed at all: three characters occur in any text by chance.
MIN_EXACT_LENGTH = 4

# A secret that reads like the vocabulary of an API: small letters in words joined by one of "_. -".
_WORD = re.compile(r"[a-z]+(?:[_. -][a-z]+)*")

# Characters.  The longest names of parameters are below this ("max_completion_tokens" has 21); a longer text of small letters is
# more likely a passphrase, and nobody would send it by chance.
_MAX_WORD = 32

_DOTS = re.compile(r"\.\.\.|…")  # how a quotation shows that it was cut


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
        self._numbering = re.compile(rf'"(?:{"|".join(map(re.escape, self._indexes))})"\s*:\s*(\d+)')
        self._long = [_Secret(secret) for secret in known if len(secret) >= MIN_LENGTH]
        self._known = known
        self._lowered = [*map(str.lower, known)]

    def __call__(self, text: str) -> str:
        """Return the text with every secret, whole or in parts, replaced by REDACTED."""
        if self._long:
            found = [*readings(text)]
            if whole := [span for secret in self._long for span in secret.spellings.places(found)]:
                text = _replace(text, whole)
                found = [*readings(text)]
            if split := [secret for secret in self._long if secret.may_be_split(found)]:
                text = "".join(_replace(window, self._parts(window, split)) for window in windows(text))
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

        A piece is MIN_LENGTH characters of a secret or of its form in another encoding, or what stands before the dots of a
        cut.  Do not use it for a text that programs read: innocent words may share that many characters with a secret.
        """
        text = self(text)
        spans = [span for secret in self._long for span in secret.pieces(text)]
        spans += [span for secret in self._lowered for span in _cut_off(secret, text)]
        return _replace(text, spans)

    def _parts(self, text: str, secrets: Sequence[_Secret]) -> Iterator[Span]:
        for group in groups(text, self._numbering):
            found = [*readings(group.text)]
            for secret in secrets:
                yield from group.parts(secret.spellings.places(found))

    def __repr__(self) -> str:
        return "Redactor()"


def may_occur_by_chance(secret: str) -> bool:
    """Return whether a text may contain a secret by chance: it is short, or written like the words of an API."""
    return len(secret) < MIN_LENGTH or (len(secret) <= _MAX_WORD and _WORD.fullmatch(secret) is not None)


class _Secret:
    """One secret: its spellings, and the searches for pieces of it."""

    def __init__(self, secret: str) -> None:
        self.spellings = Spellings(secret)
        self._beginning = _Beginning(secret.lower())
        self._beginnings = [_Beginning(core) for core in self.spellings.whole_cores]
        self._first_bytes = _Beginning([*map(str, secret.encode())], ",", "[", "]")

    def __repr__(self) -> str:
        return "_Secret()"

    def pieces(self, text: str) -> Iterator[Span]:
        """Yield where MIN_LENGTH characters of a spelling stand, at any offset; that many are not there by chance."""
        found = [*readings(text)]
        for reading in found:
            plain, lowered = reading.text, reading.lowered
            for start in range(len(plain) - MIN_LENGTH + 1):
                end = start + MIN_LENGTH
                if lowered[start:end] in self.spellings.pieces_of_any_case or plain[start:end] in self.spellings.pieces:
                    yield reading.place(start, end)
        yield from self.spellings.listed_pieces(found[0])

    def may_be_split(self, found: Sequence[Reading]) -> bool:
        """Return whether a text, of which these are the readings, may contain the secret in consecutive strings or lists."""
        text = found[0].text
        if '"' in text and any(self._may_begin(reading) for reading in found):
            return True
        if spells_out(text):
            return True
        return lists_bytes(text) and self._first_bytes.may_be_in(without_blanks(text))

    def _may_begin(self, reading: Reading) -> bool:
        if self._beginning.may_be_in(reading.lowered):
            return True
        return any(beginning.may_be_in(reading.text) for beginning in self._beginnings)


def _cut_off(secret: str, text: str) -> Iterator[Span]:
    """Yield where the beginning of a secret stands before dots, which show that the text was cut there."""
    for dots in _DOTS.finditer(text.lower()):
        for size in range(min(len(secret) - 1, dots.start()), MIN_EXACT_LENGTH - 1, -1):
            if dots.string.endswith(secret[:size], 0, dots.start()):
                yield dots.start() - size, dots.start()
                break


def _replace(text: str, spans: Iterable[Span]) -> str:
    """Return the text with each span replaced by REDACTED; the spans may overlap."""
    kept, done = [], 0
    for start, end in sorted(spans):
        if end > done and end > start:
            kept += [text[done:start], REDACTED] if start >= done else []
            done = end
    return "".join([*kept, text[done:]])


class _Beginning:
    """Searches for the beginning of a secret in places from which other strings of a text, or lists of bytes, could continue it.

    Either its first three characters stand together; or a string ends after one or two of them, and another string begins with
    the characters that follow.
    """

    def __init__(self, letters: Sequence[str], between: str = "", begin: str = '"', end: str = '"') -> None:
        one, two, three, four = letters[:4]
        self._together = between.join((one, two, three))
        self._ends = (f"{one}{end}", f"{one}{between}{two}{end}")
        following = (f"{two}{between}{three}", f"{three}{between}{four}", f"{two}{end}", f"{three}{end}")
        self._following = tuple(f"{begin}{letters}" for letters in following)

    def may_be_in(self, text: str) -> bool:
        if self._together in text:
            return True
        return any(map(text.__contains__, self._ends)) and any(map(text.__contains__, self._following))
