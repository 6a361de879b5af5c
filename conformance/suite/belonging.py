"""Words that tell an answer to another request: those that the suite made up, and that this request does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.suite.media import COLOUR
from conformance.suite.recalling import FLOWERS
from conformance.suite.results import MARKER
from conformance.surfaces.markers import foreign_markers, markers_in

_KEYS = re.compile(r"\b[a-z]+_q7\b")  # all keys and values that the suite's schemas ask for end like this
_NUMBERS = " ".join(map(str, range(5, 13)))  # a part of every long count that the suite asks for
_COUNTING = re.compile(r"\bcount\b", re.IGNORECASE)
_TOOLS = frozenset({"get_weather", "get_time", "get_server_status", "save_memo", "add_entry"})  # those that it declares

_ANSWERS = frozenset({*FLOWERS, COLOUR})  # words that it asks for by themselves, and that no model says for another one
# An answer about something else may name one flower, as a colour; not two of those that the suite names.
FLOWERS_OF_A_LIST = 2


def foreign_word(said: str, called: Iterable[str], sent: str) -> str | None:
    """Return a word of another request in what a reply says or calls; None if there is none.

    `sent` is the body of the request that was answered.
    """
    words = foreign_markers(said, sent)
    words |= {word for word in _KEYS.findall(said) if word not in sent}
    words |= {name for name in called if name in _TOOLS and name not in sent}
    words |= {MARKER} if MARKER in said and MARKER not in sent else set()
    own = {flower for flower in FLOWERS if flower in sent.lower()}
    listed = {flower for flower in FLOWERS if flower in said.lower()}
    # Who is asked for flowers and finds none makes some up, as after an earlier answer that the request only refers to.
    made_up = "flower" in sent.lower() and not own
    if len(listed) >= FLOWERS_OF_A_LIST and not own & listed and not made_up:
        words |= listed
    if markers_in(sent):  # it asks for a word of its own, so that one of these is the answer to another
        words |= {word for word in map(_bare, said.splitlines()) if word in _ANSWERS and word not in sent.lower()}
    if _NUMBERS in said and _NUMBERS not in sent and not _COUNTING.search(sent):
        words.add(_NUMBERS)
    return min(words, default=None)


def _bare(line: str) -> str:
    return line.strip().strip(".!\"'").lower()
