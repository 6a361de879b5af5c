"""The state of a watch between two nights: a folder with what is known of each cell, and when it was asked.

`matrix.json` is a matrix like that of a run, with the newest verdict of every cell, so that all commands that take a run take the
folder.  `watch.json` has the rest (schema: schemas/data/watch).  `nights` holds the evidence of nights in which something turned.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.reading import read_json
from conformance.base.validation import own_problem
from conformance.base.writing import write_texts
from conformance.results.matrix import Cell, Matrix
from conformance.results.reading import MATRIX, read
from conformance.results.turning import Turned

VERSION = 1
FILE = "watch.json"
NIGHTS = "nights"
_ROOM = "make room, or name another folder with --state"
_HINT = "move the folder away, and the watch begins anew"


@dataclass(frozen=True)
class State:
    """What a watch knows: the number of nights so far, and by cell its newest verdict, the last night in which it was asked, and
    the last in which it was against the contract.

    `again` are the cells that the next night asks first, `untold` the turns that somebody was not told of yet, by who it is,
    `worse` and `better` the number of turns since the beginning.
    """

    night: int = 0
    known: dict[str, Cell] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    against: dict[str, int] = field(default_factory=dict)
    again: frozenset[str] = frozenset()
    untold: Mapping[str, tuple[Turned, ...]] = field(default_factory=dict)
    worse: int = 0
    better: int = 0

    def asked_of(self, model: str) -> dict[str, int]:
        """Return the night in which each claim about a model was asked last."""
        places = ((cell.partition("@"), night) for cell, night in self.asked.items())
        return {claim: night for (claim, _, name), night in places if name == model}

    def first_of(self, model: str) -> list[str]:
        """Return the claims about a model that are to be asked first."""
        places = (cell.partition("@") for cell in sorted(self.again))
        return [claim for claim, _, name in places if name == model]

    def within(self, claims: Collection[str], models: Collection[str]) -> State:
        """Return the state without what is known of other claims and models, which the contract or the target no longer has."""

        def there(cell: str) -> bool:
            claim, _, model = cell.partition("@")
            return claim in claims and model in models

        return replace(
            self,
            known={name: cell for name, cell in self.known.items() if there(name)},
            asked={name: night for name, night in self.asked.items() if there(name)},
            against={name: night for name, night in self.against.items() if there(name)},
            again=frozenset(filter(there, self.again)),
        )

    def with_baseline(self, matrix: Matrix) -> State:
        """Return the state with what a run found out; nothing was asked by the watch yet."""
        return replace(self, known={cell.id: cell for cell in matrix.cells})


def load(folder: Path, target: str, contract: str) -> State | None:
    """Return the state in a folder; None if no watch has begun there.

    Raises UsageError for a state that cannot be read, and for that of another target or contract.
    """
    path = folder / FILE
    if not path.exists():
        return None
    data = read_json(path, "the state of a watch", _HINT)
    if wrong := own_problem(data, "data/watch"):
        raise UsageError(f"{path} must be the state of a watch: {wrong}", _HINT)
    for name, mine in (("target", target), ("contract", contract)):
        if data[name] != mine:
            raise UsageError(
                f"{folder} watches {name} {data[name]}, got {name} {mine}",
                "give each target a folder of its own with --state",
            )
    cells = read(folder).cells if (folder / MATRIX).exists() else ()
    return State(
        data["night"],
        {cell.id: cell for cell in cells},
        data["asked"],
        data["against"],
        frozenset(data["again"]),
        {name: tuple(map(Turned.from_document, rows)) for name, rows in data["untold"].items()},
        data["worse"],
        data["better"],
    )


def save(state: State, folder: Path, matrix: Matrix | None, target: str, contract: str) -> None:
    """Write the state; `matrix` has the facts of the last night, None if it could not ask anything.

    What is untold is written first: if the process dies in between, a turn is found once more, and not lost.
    """
    document = {
        "schema": VERSION,
        "target": target,
        "contract": contract,
        "night": state.night,
        "asked": state.asked,
        "against": state.against,
        "again": sorted(state.again),
        "untold": {name: [turn.document() for turn in turns] for name, turns in state.untold.items()},
        "worse": state.worse,
        "better": state.better,
    }
    write_texts({FILE: json.dumps(document, indent=1, ensure_ascii=False) + "\n"}, folder, _ROOM)
    if matrix is not None:
        whole = replace(matrix, cells=tuple(_in_order(state.known.values())))
        write_texts({MATRIX: json.dumps(whole.document(), indent=1, ensure_ascii=False) + "\n"}, folder, _ROOM)


def _in_order(cells: Iterable[Cell]) -> list[Cell]:
    """Return cells by model and claim: the order in which nights happened to ask them says nothing."""
    return sorted(cells, key=lambda cell: (cell.surface, cell.parameter, cell.claim, cell.column, cell.model))
