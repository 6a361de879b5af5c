"""Defects of tools: of what is declared, of the choice among them, of calls, and of their results."""
