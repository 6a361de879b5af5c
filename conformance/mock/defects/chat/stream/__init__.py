"""Defects of streams, by what is wrong with them."""
