"""Defects of the lists of models, a module per list."""
