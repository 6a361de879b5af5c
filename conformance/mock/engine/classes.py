"""The classes of models that the mock imitates, named as in the contract, and which of them behave alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelClass:
    """One class of models in a column; classes of the same `kind` behave alike."""

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
        ModelClass("claude-without-forced-tools", "claude", "claude"),
        ModelClass("gemini", "gemini", "gemini"),
        ModelClass("gemini-3", "gemini", "gemini-3"),
    )
}
KINDS = tuple(dict.fromkeys(row.kind for row in CLASSES.values()))


def other_class(name: str, column: str, *, reasons: bool) -> ModelClass:
    """Return a class that only the contract knows; it behaves like OpenAI's models, with limits of its own."""
    return ModelClass(name, column, "reasoning" if reasons else "chat")
