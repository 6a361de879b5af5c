"""Defects of counts of tokens."""

from conformance.mock.defects.messages.building.bodies import refuse, without
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about counts."""
    return tuple(f"messages.count.{name}" for name in names)


DEFECTS = (
    MessagesDefect(
        "counts_zero",
        "A count of tokens is always 0.",
        claims("not_zero", "answer"),
        reports=("N096",),
        count=lambda counted: {"input_tokens": 0},
    ),
    MessagesDefect(
        "counts_messages_only",
        "A count of tokens leaves out system and tools.",
        claims("system_tools"),
        reports=("N093",),
        asked=without("system", "tools"),
    ),
    MessagesDefect(
        "counts_without_messages",
        "A count of tokens without messages is answered.",
        claims("bad"),
        asked=lambda body: {"messages": [{"role": "user", "content": "x"}], **body},
    ),
    MessagesDefect(
        "counts_nothing",
        "Tokens are not counted.",
        claims("answer", "unsupported"),
        reports=("N224",),
        asked=refuse(lambda body: True, "Unknown path."),
    ),
)
