"""Responses: from the bytes of a request to a response or a stream, through the engine, and what is stored of it."""
