"""Defects of streams: their events, the responses in them, their items and calls, and how they are written."""
