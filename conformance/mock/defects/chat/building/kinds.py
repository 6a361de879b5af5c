"""Groups of kinds of models that defects concern."""

SAMPLING_KINDS = ("chat", "claude", "gemini")  # they accept sampling parameters
MULTI_CHOICE_KINDS = (
    "chat",
    "reasoning",
    "gemini",
)  # they return more than one choice, and refuse unknown parameters
OPENAI_KINDS = ("chat", "reasoning")
CHAT_KINDS = ("chat",)
