"""A conformance suite for OpenAI-compatible endpoints.

Data flows one way, and each step lives in the modules named here:

    contract -> cases -> ask (transport, evidence) -> observation -> verdict -> matrix -> renderers, gate
"""

__version__ = "0.1.0"
