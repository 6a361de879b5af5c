"""The mock's reader of the contract files: ranges per parameter and column, and the class of a model id.

The mock shares these files with the suite, but no code; this reader knows only the keys that the mock needs.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "contracts" / "cometapi"


@cache
def read(stem: str) -> dict[str, Any]:
    """Return the parsed file of the contract with this stem."""
    with (FOLDER / f"{stem}.toml").open("rb") as file:
        return tomllib.load(file)


def shared() -> dict[str, Any]:
    """Return the part that all surfaces of the contract share: columns and model classes."""
    return read("contract")


def limits(surface: str, parameter: str, column: str) -> tuple[float, float]:
    """Return minimum and maximum of a parameter on a column, the widest that a document states; open ends are infinite."""
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
    """Return the first class of the column with a pattern that is found in the id, or the plain class.

    As in the suite, only the part after the last "/" counts, in lower case.
    """
    name = model.rsplit("/", 1)[-1].lower()
    for candidate in classes(column):
        if any(re.search(pattern, name) for pattern in shared()["classes"][candidate]["patterns"]):
            return candidate
    return str(shared()["columns"][column]["plain"])
