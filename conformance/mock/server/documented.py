"""The contract's data as the mock reads it: ranges per parameter and column, and the class of a model id.

The mock shares the file with the suite and no code: this is its own, smaller reader.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "contracts" / "cometapi"


@cache
def contract() -> dict[str, Any]:
    """What the surfaces share and the chat surface of the contract, as parsed."""
    with (FOLDER / "contract.toml").open("rb") as shared, (FOLDER / "chat.toml").open("rb") as chat:
        return {**tomllib.load(shared), **tomllib.load(chat)}


def limits(parameter: str, column: str) -> tuple[float, float]:
    """The widest range that a document states for a parameter on a column; open ends are infinite."""
    row = contract()["parameters"][parameter]
    low, *high = row.get("on", {}).get(column, row).get("range", [float("-inf")])
    return low, high[0] if high else float("inf")


def values(parameter: str) -> tuple[str, ...]:
    """The documented values of an enumerated parameter."""
    return tuple(contract()["parameters"][parameter]["values"])


def columns() -> tuple[str, ...]:
    """The columns of the provider table, in its order."""
    return tuple(contract()["columns"])


def classes(column: str) -> tuple[str, ...]:
    """The model classes of a column, in the contract's order."""
    return tuple(name for name, row in contract()["classes"].items() if row["column"] == column)


def class_of(column: str, model: str) -> str:
    """Return the first class of the column with a pattern in the id, else the plain one.

    As the suite does, look at what follows the last "/" only, in small letters.
    """
    name = model.rsplit("/", 1)[-1].lower()
    for candidate in classes(column):
        if any(re.search(pattern, name) for pattern in contract()["classes"][candidate]["patterns"]):
            return candidate
    return str(contract()["columns"][column]["plain"])
