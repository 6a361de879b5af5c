"""Defects of Chat Completions, by the parameter or area that they lie about."""
