"""Defects of system."""

from conformance.mock.defects.messages.building.bodies import lax, where, with_field, without

LETTERS = 300  # that are left of a system prompt


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about system."""
    return tuple(f"messages.system.{name}" for name in names)


DEFECTS = (
    lax(
        "ignores_system",
        "What system says never reaches the model.",
        *claims("string", "blocks", "long"),
        change=where(
            lambda body: isinstance(body.get("system"), str | list) and "cache" not in str(body["system"]),
            without("system"),
        ),
    ),
    lax(
        "reads_first_block_of_system",
        "Only the first block of system reaches the model.",
        *claims("blocks"),
        "messages.messages.parts",
        change=with_field("system", lambda value: value[:1] if isinstance(value, list) else value),
    ),
    lax(
        "reads_last_block_of_system",
        "Only the last block of system reaches the model.",
        *claims("blocks"),
        "messages.messages.parts",
        change=with_field("system", lambda value: value[-1:] if isinstance(value, list) else value),
    ),
    lax(
        "cuts_system",
        "Of system only 300 letters reach the model.",
        *claims("long"),
        change=with_field("system", lambda value: value[:LETTERS] if isinstance(value, str) else value),
    ),
    lax(
        "takes_any_system",
        "A system that is a number is dropped.",
        *claims("wrong_type"),
        change=with_field("system", lambda value: value if isinstance(value, str | list) else ""),
    ),
)
