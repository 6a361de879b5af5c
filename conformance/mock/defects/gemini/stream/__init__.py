"""Defects of streams of content."""
