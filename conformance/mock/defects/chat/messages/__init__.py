"""Defects of conversations, by what becomes of the messages."""
