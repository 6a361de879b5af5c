"""Kinds of models that take a parameter or behave in one way."""

SAMPLED = ("chat", "claude", "gemini")  # those that take sampling parameters
SEVERAL = ("chat", "reasoning", "gemini")  # those that give more than one choice, and refuse what they do not know
OPENAI = ("chat", "reasoning")
CHAT = ("chat",)
