"""Reading the values of a JSON body leniently: what is missing or has the wrong type reads as absent."""

from __future__ import annotations

from typing import Any


def as_dict(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_dicts(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of an array; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str | None:
    """Return a string; None for anything else."""
    return value if isinstance(value, str) else None


def as_integer(value: Any) -> int | None:
    """Return a whole number; None for anything else, also for a boolean."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_count(value: Any) -> int | None:
    """Return a whole number of at least 0; None for anything else."""
    return number if (number := as_integer(value)) is not None and number >= 0 else None
