"""Defects of tools, by where they show."""
