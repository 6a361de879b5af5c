"""Defects of Responses, a file for each parameter or area."""
