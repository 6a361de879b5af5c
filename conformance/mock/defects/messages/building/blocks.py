"""Changes of the blocks of a request."""

from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import of_blocks

DOT: Json = {"type": "text", "text": "."}


def without_blocks(*types: str) -> Any:
    """Return the change that leaves blocks of these types out."""
    return of_blocks(lambda block: None if block.get("type") in types else block)


def without_pictures(block: Json) -> Json:
    """Return a result without its pictures, any other block as it is."""
    held = block.get("content")
    if block.get("type") != "tool_result" or not isinstance(held, list):
        return block
    return {**block, "content": [part for part in held if part.get("type") != "image"]}
