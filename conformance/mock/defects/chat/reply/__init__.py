"""Defects of answers: of their fields, their texts and their usage."""
