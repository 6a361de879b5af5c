"""Defects of response_format: of structured answers, of schemas, and of combinations with other parameters."""
