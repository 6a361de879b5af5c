"""Helpers for the defects of Chat Completions; nothing here is a defect by itself."""
