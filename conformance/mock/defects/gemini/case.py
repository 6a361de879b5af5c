"""Defects of names with underscores."""

from conformance.mock.defects.gemini.building.contents import Body, without
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def with_config(change: Body) -> Body:
    """Return a change of a body that changes its settings."""
    return lambda body: (
        {**body, "generationConfig": change(body["generationConfig"])} if "generationConfig" in body else body
    )


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_underscores_in_settings",
        "Settings with underscores in their names are dropped.",
        ("gemini.case.max_output_tokens",),
        body=with_config(without("max_output_tokens")),
    ),
)
