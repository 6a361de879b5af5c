"""Defects of the lists of models, by the list that they lie about."""
