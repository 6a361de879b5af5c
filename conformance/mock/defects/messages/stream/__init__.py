"""Defects of streams: of single events, and those on which official clients fail."""
