"""Count how the package is connected: rooms, arrows, floors, and arrows that run up.

A room is a folder of the package or a module beside the folders, an arrow one room importing another, floors the longest
chain of arrows.  An arrow runs up where a room imports one that comes later in the order of tests/test_layers.py.

    python benchmarks/rooms.py [PACKAGE_FOLDER]
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def modules(package: Path) -> dict[str, Path]:
    """The dotted name of every module below the package, without the package's own name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path
    return found


def imported(path: Path, package: str) -> Iterator[str]:
    """The dotted names below the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}."))


def arrows(package: Path) -> dict[str, set[str]]:
    """The rooms that each room imports."""
    known = modules(package)
    rooms = {name.partition(".")[0] for name in known if name != "__init__"}
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for name, path in known.items():
        room = name.partition(".")[0]
        if room in found:
            found[room] |= {
                place for dotted in imported(path, package.name) if (place := dotted.partition(".")[0]) in rooms
            }
    return {room: others - {room} for room, others in found.items()}


def floors(found: dict[str, set[str]]) -> int:
    """How many rooms the longest chain of imports passes; one that runs in a circle is cut where it closes."""

    @cache
    def height(room: str, seen: frozenset[str]) -> int:
        return 1 + max((height(other, seen | {room}) for other in found[room] - seen - {room}), default=0)

    return max(height(room, frozenset()) for room in found)


def upward(found: dict[str, set[str]], order: list[str]) -> list[tuple[str, str]]:
    """The arrows that lead to a room later in the order; a room that it lacks is taken for the last."""
    rank = {room: place for place, room in enumerate(order)}
    last = len(order)
    return sorted(
        (room, other)
        for room, others in found.items()
        for other in others
        if rank.get(other, last) > rank.get(room, last)
    )


def declared(root: Path) -> list[str]:
    """The order of folders that the layering test holds."""
    tree = ast.parse((root / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FOLDERS":
            return [word.value for word in ast.walk(node.value) if isinstance(word, ast.Constant)]
    return []


def main() -> None:
    """Print the four figures, and the arrows that run up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).parents[1] / "conformance")
    package = parser.parse_args().package.resolve()
    found = arrows(package)
    up = upward(found, declared(package.parent))
    count = sum(len(others) for others in found.values())
    print(f"rooms {len(found)}, arrows {count}, floors {floors(found)}, arrows that run up {len(up)}")
    for room, other in up:
        print(f"  {room} imports {other}")


if __name__ == "__main__":
    main()
