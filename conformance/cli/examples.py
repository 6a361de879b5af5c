"""The examples at the end of the help of a command."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """Return commands as the last paragraph of a help text, whose lines click does not join (the sign \\b says so)."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])
