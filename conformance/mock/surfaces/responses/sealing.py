"""The encrypted content of reasoning: made for one model, and recognised only if nobody changed it."""

import base64
import binascii
import hashlib
import hmac

SECRET = b"the mock's own key"  # anybody may read it here: what it protects is a test, not a thought


def sealed(thought: str, model: str) -> str:
    """Return the encrypted content of a thought."""
    data = thought.encode("utf-8", "replace")
    return base64.b64encode(mac(data, model) + data).decode()


def is_sealed(content: str, model: str) -> bool:
    """Return whether content is what the model wrote, unchanged."""
    data = decoded(content)
    return len(data) > 32 and hmac.compare_digest(data[:32], mac(data[32:], model))


def mac(data: bytes, model: str) -> bytes:
    """Return the 32 bytes that only the mock can make for a thought of a model."""
    return hmac.digest(SECRET, model.encode("utf-8", "replace") + b"\x00" + data, hashlib.sha256)


def decoded(text: str) -> bytes:
    """Return the bytes of base64, in a data URL or not; none for anything else."""
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        return b""
