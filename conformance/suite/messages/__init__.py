"""The surface `messages`: POST /v1/messages and count_tokens, one module per parameter or area."""

from conformance.surfaces.messages.reply import MessagesReply
from conformance.trial import ask

Ask = ask.Ask[MessagesReply]
"""The type of `ask` in a test of messages; replies are messages."""
