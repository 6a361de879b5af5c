"""The tools of all surfaces as this API declares them, and the function of a call."""

from __future__ import annotations

from typing import Any

from conformance.suite import toolbox
from conformance.surfaces.chat.request import declared

WEATHER = declared(toolbox.WEATHER)
CLOCK = declared(toolbox.CLOCK)


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    """Return the function of a call or of a fragment of one; empty if there is none."""
    function = call.get("function")
    return function if isinstance(function, dict) else {}
