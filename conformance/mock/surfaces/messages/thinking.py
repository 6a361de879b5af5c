"""Thinking in the mock: what a model thinks, and the signature that shows that a block came back unchanged."""

import base64
import hashlib
from typing import Any

from conformance.mock.engine import prose
from conformance.mock.engine.request import Request, digest
from conformance.mock.engine.tokens import split

Json = dict[str, Any]
SECRET = b"mock thinking"  # that of every gateway, so that a block can be sent back to another one
NONCE = 12  # bytes at the beginning of a signature that make it different for each answer


def thoughts(request: Request, tokens: int) -> str:
    """Return what a model thinks before it answers, in this number of tokens."""
    seed = digest([request.model, request.messages, "thinking"])
    return "".join(split(prose.paragraph(request.prompt, seed, tokens))[:tokens]).strip()


def signature(text: str, nonce: bytes) -> str:
    """Return the signature of the text of a block."""
    start = nonce[:NONCE]
    mark = hashlib.blake2b(start + text.encode("utf-8", "replace"), key=SECRET, digest_size=36).digest()
    return base64.b64encode(start + mark).decode()


def is_signed(block: Json) -> bool:
    """Return whether a thinking block has the signature of its text."""
    try:
        nonce = base64.b64decode(block["signature"], validate=True)[:NONCE]
    except ValueError:
        return False
    return bool(block["signature"] == signature(block["thinking"], nonce))
