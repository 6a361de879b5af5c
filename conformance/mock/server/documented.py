"""The contract's data as the mock reads it: ranges per parameter and column, and the class of a model id.

The mock shares the files with the suite and no code: this is its own, smaller reader.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "contracts" / "cometapi"


@cache
def read(stem: str) -> dict[str, Any]:
    """Return a file of the contract, as parsed."""
    with (FOLDER / f"{stem}.toml").open("rb") as file:
        return tomllib.load(file)


def shared() -> dict[str, Any]:
    """Return what all surfaces of the contract share: the columns and the model classes."""
    return read("contract")


def limits(surface: str, parameter: str, column: str) -> tuple[float, float]:
    """Return the widest range that a document states for a parameter on a column; open ends are infinite."""
    row = read(surface)["parameters"][parameter]
    low, *high = row.get("on", {}).get(column, row).get("range", [float("-inf")])
    return low, high[0] if high else float("inf")


def values(surface: str, parameter: str) -> tuple[str, ...]:
    """Return the documented values of an enumerated parameter."""
    return tuple(read(surface)["parameters"][parameter]["values"])


def columns() -> tuple[str, ...]:
    """Return the columns of the provider table, in its order."""
    return tuple(shared()["columns"])


def classes(column: str) -> tuple[str, ...]:
    """Return the model classes of a column, in the contract's order."""
    return tuple(name for name, row in shared()["classes"].items() if row["column"] == column)


def class_of(column: str, model: str) -> str:
    """Return the first class of the column with a pattern in the id, else the plain one.

    As the suite does, look at what follows the last "/" only, in small letters.
    """
    name = model.rsplit("/", 1)[-1].lower()
    for candidate in classes(column):
        if any(re.search(pattern, name) for pattern in shared()["classes"][candidate]["patterns"]):
            return candidate
    return str(shared()["columns"][column]["plain"])
