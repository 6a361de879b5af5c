"""Count the imports between the folders of the package, and those against the order of layers.

A module at the top of the package counts as a folder.  An import of one folder by another counts once.  The longest chain is
the largest number of folders that import each other in a row.  An import is against the order if the imported folder comes
later in the list of tests/test_layers.py.

    python benchmarks/folder_imports.py [PACKAGE_FOLDER]
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def modules(package: Path) -> dict[str, Path]:
    """Return the path of every module of the package by its dotted name, without the name of the package."""
    paths = {}
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        paths[name] = path
    return paths


def imported(path: Path, package: str) -> Iterator[str]:
    """Yield the dotted names in the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}."))


def imports_by_folder(package: Path) -> dict[str, set[str]]:
    """Return the folders that each folder imports."""
    known = modules(package)
    folders = {name.partition(".")[0] for name in known if name != "__init__"}
    imports: dict[str, set[str]] = {folder: set() for folder in folders}
    for name, path in known.items():
        folder = name.partition(".")[0]
        if folder in imports:
            imports[folder] |= {
                place for dotted in imported(path, package.name) if (place := dotted.partition(".")[0]) in folders
            }
    return {folder: others - {folder} for folder, others in imports.items()}


def longest_chain(imports: dict[str, set[str]]) -> int:
    """Return the length of the longest chain of imports; a circle is cut where it closes."""

    @cache
    def chain(folder: str, seen: frozenset[str]) -> int:
        return 1 + max((chain(other, seen | {folder}) for other in imports[folder] - seen - {folder}), default=0)

    return max(chain(folder, frozenset()) for folder in imports)


def against_order(imports: dict[str, set[str]], order: list[str]) -> list[tuple[str, str]]:
    """Return the imports of a folder that comes later in the order; folders that it lacks count as last."""
    rank = {folder: place for place, folder in enumerate(order)}
    last = len(order)
    return sorted(
        (folder, other)
        for folder, others in imports.items()
        for other in others
        if rank.get(other, last) > rank.get(folder, last)
    )


def declared_order(root: Path) -> list[str]:
    """Return the order of folders in the layering test."""
    tree = ast.parse((root / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FOLDERS":
            return [str(name.value) for name in ast.walk(node.value) if isinstance(name, ast.Constant)]
    return []


def main() -> None:
    """Print the four figures, and the imports against the order."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).parents[1] / "conformance")
    package = parser.parse_args().package.resolve()
    imports = imports_by_folder(package)
    upward = against_order(imports, declared_order(package.parent))
    count = sum(len(others) for others in imports.values())
    print(
        f"folders {len(imports)}, imports {count}, longest chain {longest_chain(imports)}, against the order {len(upward)}"
    )
    for folder, other in upward:
        print(f"  {folder} imports {other}")


if __name__ == "__main__":
    main()
