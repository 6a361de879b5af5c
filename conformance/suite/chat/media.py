"""A picture and a sound as content parts of this API."""

from __future__ import annotations

import base64
from typing import Any

from conformance.suite.media import wav

Part = dict[str, Any]


def picture(url: str, detail: str | None = None) -> Part:
    """Return a picture in a data URL as a content part, with this detail or with none."""
    image = {"url": url, **({} if detail is None else {"detail": detail})}
    return {"type": "image_url", "image_url": image}


def sound() -> Part:
    """Return a tenth of a second of silence as a content part."""
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode(), "format": "wav"}}
