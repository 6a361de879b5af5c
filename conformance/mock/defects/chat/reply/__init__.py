"""Defects of plain answers, by what is wrong with them."""
