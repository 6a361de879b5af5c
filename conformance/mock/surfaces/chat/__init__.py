"""Chat Completions: from the bytes of a request to a reply or a stream, through the engine."""
