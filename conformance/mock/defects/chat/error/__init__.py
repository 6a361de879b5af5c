"""Defects of errors: of their envelope, their status, and errors that concern the endpoint as a whole."""
