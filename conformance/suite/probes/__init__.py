"""Shared probes: behaviours of models that any API can spell.  A claim names its probe; the case spells the requests."""

from conformance.surfaces.surface import Reply
from conformance.trial import ask

Ask = ask.Ask[Reply]
"""What a shared probe asks by: replies are those of whatever surface the case is of."""
