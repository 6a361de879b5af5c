"""A comparison of two matrices as annotations of a GitHub workflow: commands that the runner reads from the output of a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.base.observation import printable
from conformance.render.gate import lines, result, title, unknown
from conformance.results.expectations import lines as stale_lines
from conformance.results.findings import findings
from conformance.results.gate import FAILS, LEAVES_OPEN, Comparison, Kind

MOST = 10  # GitHub shows ten errors and ten warnings of a step and drops the others without a word
Note = tuple[str, str]  # title and message


def commands(found: Comparison) -> str:
    """Return an error for each cause that fails the gate, a warning for each that leaves it open, and the result.

    What reached the result from outside cannot be a command of its own: each text is on one line, behind the command.
    """
    stale = [("stale expectation", line) for line in stale_lines(found.stale)]
    gaps = [("not judged", line) for line in unknown(found)]
    every = [
        *_commands("error", [*stale, *_notes(found, FAILS)]),
        *_commands("warning", [*gaps, *_notes(found, LEAVES_OPEN)]),
        result(found),
    ]
    return "\n".join(every) + "\n"


def _notes(found: Comparison, kinds: Iterable[Kind]) -> Iterator[Note]:
    for kind in sorted(kinds, key=list(Kind).index):
        for finding in findings(found, kind):
            yield f"{kind.value}: {title(finding, found)}", "\n".join(lines(finding, kind)) or title(finding, found)


def _commands(level: str, notes: list[Note]) -> Iterator[str]:
    """Yield at most MOST commands of a level; if there are more notes, the last says how many are left out."""
    shown = notes if len(notes) <= MOST else notes[: MOST - 1]
    rest = len(notes) - len(shown)
    more = [(f"{rest} more", f"{rest} more are in the file that --json names")] if rest else []
    for name, message in (*shown, *more):
        yield f"::{level} title={_property(name)}::{_message(message)}"


def _message(text: str) -> str:
    return printable(text, keep="\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
