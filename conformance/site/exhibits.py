"""Exchanges prepared for a page: what was sent and what came back, laid out to be read and cut where it is long.

Nothing is left out without a note, and laying out changes nothing but white space.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from conformance.evidence import recording
from conformance.http.exchange import Exchange
from conformance.http.sse import Event, parse
from conformance.results.explanation import header_names, reproduce
from conformance.results.matrix import Cell
from conformance.site.choosing import Run
from conformance.target.keys import in_shell

SHOWN = 6  # exchanges of a cell: a bisection or repeats have more, which show little that the first ones do not
LONGEST = 6000  # characters of a request or reply, about two screens; images and long answers are cut
LONGEST_COMMAND = 20_000  # characters: a command is copied whole or not at all, and nobody reads a longer one
FIRST, LAST = 30, 10  # events shown of a longer stream: how it begins, and how it ends, where most faults are
LONGEST_EVENT = 600  # characters of an event; a usual chunk with its usage has 500
_MARKUP = (
    1200  # characters of tags and labels around what was sent and what came, as a template of one exchange has them
)


@dataclass(frozen=True)
class Text:
    """The part of a text that is shown, and the length of the whole in characters."""

    shown: str
    length: int

    @property
    def cut(self) -> bool:
        return len(self.shown) < self.length


@dataclass(frozen=True)
class Exhibit:
    """One exchange as a page shows it; of a stream, `events` are those shown, each with its number, counted from 1."""

    exchange: Exchange
    started: str
    request: Text
    reply: Text
    events: tuple[tuple[int, Event, Text], ...]
    event_count: int
    problems: tuple[str, ...]
    command: str | None

    @property
    def left_out(self) -> str:
        """The words that say how much of a long stream is shown."""
        long = self.event_count > FIRST + LAST
        return f", of which the first {FIRST} and the last {LAST} are shown" if long else ""

    @property
    def size(self) -> int:
        """About how many characters the exhibit takes on a page."""
        texts = (self.request, self.reply, *(text for _, _, text in self.events))
        headers = sum(len(name) + len(value) for name, value in self.exchange.headers)
        return _MARKUP + sum(len(text.shown) for text in texts) + len(self.command or "") + headers

    @property
    def outcome(self) -> str:
        """The status of the reply, or why there is none."""
        exchange = self.exchange
        return str(exchange.status) if exchange.status is not None else f"{exchange.failure}: {exchange.failure_detail}"


class Evidence:
    """The exchanges in the folder of a matrix, as far as its cells would show them; `there` is whether there are any."""

    def __init__(self, run: Run, cells: Iterable[Cell]) -> None:
        facts = run.facts
        folder = run.listed.file.parent
        key = in_shell(facts.api_key_env, facts.api_key_file)
        self._reproducing = (facts.embedded, facts.base_url, key, header_names(folder))
        self.there = bool(recording.files(folder))
        self._exchanges = recording.find(folder, (name for cell in cells for name in cell.evidence[:SHOWN]))

    def exhibits(self, ids: Iterable[str]) -> Iterator[Exhibit]:
        """Yield the exchanges with these ids, prepared one by one; those that were not recorded are left out."""
        return (self._exhibit(self._exchanges[name]) for name in ids if name in self._exchanges)

    def _exhibit(self, exchange: Exchange) -> Exhibit:
        stream = "event-stream" in (exchange.header("content-type") or "")
        events, problems = _events(exchange.text) if stream else ((), ())
        command = reproduce(exchange.request, *self._reproducing)
        return Exhibit(
            exchange=exchange,
            started=f"{datetime.fromtimestamp(exchange.started, UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
            request=cut(laid_out(exchange.request.body or ""), LONGEST),
            reply=cut(exchange.text if stream else laid_out(exchange.text), LONGEST),
            events=tuple((number, event, cut(event.data, LONGEST_EVENT)) for number, event in ends(events)),
            event_count=len(events),
            problems=problems[: FIRST + LAST],
            command=command if len(command) <= LONGEST_COMMAND else None,
        )


def ends(events: Sequence[Event]) -> list[tuple[int, Event]]:
    """Return the events at both ends of a stream with their numbers; of a short stream, all of them."""
    sample_number = list(enumerate(events, 1))
    return sample_number if len(events) <= FIRST + LAST else sample_number[:FIRST] + sample_number[-LAST:]


def cut(text: str, longest: int) -> Text:
    """Return the beginning of a text, at most `longest` characters of it."""
    return Text(text[:longest], len(text))


@lru_cache(maxsize=256)  # claims that are tested with the same request follow each other
def laid_out(text: str) -> str:
    """Return JSON on several lines where that changes nothing but white space; anything else as it is."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > 20 * LONGEST:
        return text
    try:
        lines = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    same = _packed(lines) == _packed(text) or _packed(json.dumps(json.loads(text))) == _packed(text)
    return lines if same else text


def _packed(text: str) -> str:
    """Return text without white space."""
    return "".join(text.split())


def _events(text: str) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    stream = parse(text)
    return stream.events, stream.problems
