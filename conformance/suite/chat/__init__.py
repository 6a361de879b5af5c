"""The surface `chat`: POST /v1/chat/completions, one module per parameter."""

from conformance.surfaces.chat.reply import ChatReply
from conformance.trial import ask

Ask = ask.Ask[ChatReply]
"""What a test of chat asks by: replies are those of Chat Completions."""
