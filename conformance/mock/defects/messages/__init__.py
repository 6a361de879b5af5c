"""Defects of the Messages API, a file for each parameter or area."""
