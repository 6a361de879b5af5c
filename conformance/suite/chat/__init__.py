"""The surface `chat`: POST /v1/chat/completions, one module per parameter."""
