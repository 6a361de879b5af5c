"""The surface `chat`: POST /v1/chat/completions, one module per parameter."""

from conformance.surfaces.chat.reply import ChatReply
from conformance.trial import ask

Ask = ask.Ask[ChatReply]
"""The type of `ask` in a test of chat; replies are Chat Completions."""
