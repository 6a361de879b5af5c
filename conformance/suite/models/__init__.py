"""The surface `models`: the lists of models, in OpenAI's shape and the gateway's own."""
