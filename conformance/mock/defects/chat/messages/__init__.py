"""Defects of messages: of their check, and on their way to the model."""
