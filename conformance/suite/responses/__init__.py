"""The surface `responses`: POST /v1/responses, what only this API has."""

from conformance.surfaces.responses.reply import ResponsesReply
from conformance.trial import ask

Ask = ask.Ask[ResponsesReply]
"""The type of `ask` in a test of this API; replies are responses."""
