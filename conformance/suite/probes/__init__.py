"""Shared probes: behaviours that any API can have.  A claim names its probe, and the case builds the requests of its API."""

from conformance.surfaces.reply import Reply
from conformance.trial import ask

Ask = ask.Ask[Reply]
"""The type of `ask` in a shared probe; replies belong to the surface of the case."""
