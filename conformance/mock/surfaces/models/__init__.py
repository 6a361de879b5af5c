"""The lists of models: the list in OpenAI's format, and the gateway's own catalogue."""
