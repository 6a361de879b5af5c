"""The surface `models`: the lists of models, in OpenAI's format and in the gateway's own."""

from conformance.surfaces.models import ModelsReply
from conformance.trial import ask

Ask = ask.Ask[ModelsReply]
"""The type of `ask` in a test of the lists."""
