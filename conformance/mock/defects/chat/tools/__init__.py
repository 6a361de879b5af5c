"""Defects of tools: of their declarations, of calls in plain answers, and of calls in streams."""
