"""Defects of Chat Completions, a module per parameter or area that they affect."""
