"""The lists of models: the one in OpenAI's shape, and the gateway's own catalogue."""
