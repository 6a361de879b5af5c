"""The surface `models`: the lists of models, in OpenAI's shape and the gateway's own."""

from conformance.surfaces.models import ModelsReply
from conformance.trial import ask

Ask = ask.Ask[ModelsReply]
"""What a test of the lists asks by."""
