"""The surface `gemini`: what only content generation has, one module per topic."""

from conformance.surfaces.gemini.reply import GeminiReply
from conformance.trial import ask

Ask = ask.Ask[GeminiReply]
"""The type of `ask` in a test of this surface; replies are responses of content generation."""
