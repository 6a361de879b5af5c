"""Defects of errors, by what is wrong with them."""
