"""Exchanges made fit to be shown: what was sent and what came, set out to be read, cut where it is long.

Nothing is left out without a note, and nothing is laid out anew unless it stays the same but for white space.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.evidence import recording
from conformance.http.exchange import Exchange
from conformance.http.sse import Event, parse
from conformance.results.explanation import header_names, reproduce
from conformance.results.matrix import Cell
from conformance.site.choosing import Run
from conformance.target.keys import in_shell

SHOWN = 6
LONGEST = 6000
LONGEST_COMMAND = 20_000
FIRST, LAST = 30, 10  # events of a longer stream: how it begins, and how it ends, where most faults are
LONGEST_EVENT = 600


@dataclass(frozen=True)
class Text:
    """A text of which `shown` is what fits; `length` is that of the whole in characters."""

    shown: str
    length: int

    @property
    def cut(self) -> bool:
        return len(self.shown) < self.length


@dataclass(frozen=True)
class Exhibit:
    """One exchange as a page shows it; where the reply was a stream, `events` are those shown, each with its number from 1."""

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
    def outcome(self) -> str:
        given = self.exchange
        return str(given.status) if given.status is not None else f"{given.failure}: {given.failure_detail}"


class Evidence:
    """The exchanges that lie beside a matrix, those that its cells would show."""

    def __init__(self, run: Run, cells: Iterable[Cell]) -> None:
        facts = run.facts
        folder = run.listed.file.parent
        key = in_shell(facts.api_key_env, facts.api_key_file)
        self._about = (facts.embedded, facts.base_url, key, header_names(folder))
        self.there = bool(recording.files(folder))
        self._found = recording.find(folder, (exchange for cell in cells for exchange in cell.evidence[:SHOWN]))

    def of(self, cell: Cell) -> list[Exhibit]:
        """The first exchanges of a cell, the deciding case's first; those that the file lacks are left out."""
        return [self._exhibit(self._found[exchange]) for exchange in cell.evidence[:SHOWN] if exchange in self._found]

    def _exhibit(self, exchange: Exchange) -> Exhibit:
        stream = "event-stream" in (exchange.header("content-type") or "")
        events, problems = _events(exchange.text) if stream else ((), ())
        command = reproduce(exchange.request, *self._about)
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
    """The events at both ends of a stream with their numbers, all of them where it is short."""
    sample_number = list(enumerate(events, 1))
    return sample_number if len(events) <= FIRST + LAST else sample_number[:FIRST] + sample_number[-LAST:]


def cut(text: str, longest: int) -> Text:
    return Text(text[:longest], len(text))


def laid_out(text: str) -> str:
    """JSON on several lines where that changes nothing but white space; anything else as it is."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > 20 * LONGEST:
        return text
    try:
        value = json.loads(text)
        same = "".join(text.split()) in _compact(value)
        return json.dumps(value, indent=2, ensure_ascii=False) if same else text
    except (ValueError, RecursionError):
        return text


def _compact(value: object) -> Iterator[str]:
    """The two forms in which a value is usually written, without white space."""
    for ascii_only in (False, True):
        yield "".join(json.dumps(value, ensure_ascii=ascii_only).split())


def _events(text: str) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    stream = parse(text)
    return stream.events, stream.problems
