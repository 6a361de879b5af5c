"""The classes of models that are imitated, in the contract's words, and which of them behave alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelClass:
    """One class of models of a column; `kind` groups classes that behave alike."""

    name: str
    column: str
    kind: str


CLASSES = {
    row.name: row
    for row in (
        ModelClass("chat", "openai", "chat"),
        ModelClass("reasoning", "openai", "reasoning"),
        ModelClass("reasoning-gpt-5", "openai", "reasoning"),
        ModelClass("claude", "claude", "claude"),
        ModelClass("claude-without-sampling", "claude", "claude"),
        ModelClass("gemini", "gemini", "gemini"),
    )
}
KINDS = tuple(dict.fromkeys(row.kind for row in CLASSES.values()))
