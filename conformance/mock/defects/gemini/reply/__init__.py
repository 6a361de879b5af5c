"""Defects of what answers hold."""
