"""The contents of a request, read strictly: each content, its parts, and the data in them."""

import base64
from typing import Any
from urllib.parse import urlsplit

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.images import colour_of
from conformance.mock.surfaces.gemini.fields import array, decoded, fields, invalid, text, wrong_type

Content = dict[str, Any]

DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
PART = (*DATA, "thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata")
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
OTHER_MEDIA = ("audio/", "video/", "text/")
UNREACHABLE = (".invalid", ".test", ".example", ".localhost")  # names that no server has, RFC 2606


def read_contents(value: Any) -> list[Content]:
    """Return the contents of a request; raise ApiError if they are invalid."""
    if value is None or value == []:
        raise invalid("GenerateContentRequest.contents", "contents is not specified")
    return [read_content(f"contents[{place}]", each) for place, each in enumerate(array("contents", value))]


def read_content(path: str, value: Any) -> Content:
    """Return one content with the parts read."""
    known = fields(path, value, ("role", "parts"))
    role = text(f"{path}.role", known.get("role", "user"))
    parts = array(f"{path}.parts", known.get("parts", []))
    if not parts:
        raise invalid(f"GenerateContentRequest.{path}.parts", "contents.parts must not be empty.")
    return {"role": role, "parts": [read_part(f"{path}.parts[{place}]", part) for place, part in enumerate(parts)]}


def read_part(path: str, value: Any) -> dict[str, Any]:
    """Return one part, which holds one kind of data."""
    known = fields(path, value, PART)
    kinds = [name for name in DATA if name in known]
    if len(kinds) != 1:
        raise invalid(f"GenerateContentRequest.{path}.data", "required oneof field 'data' must have one field.")
    if "thoughtSignature" in known:
        decoded(f"{path}.thought_signature", known["thoughtSignature"])
    reader = READERS.get(kinds[0])
    return {**known, kinds[0]: reader(f"{path}.{kinds[0]}", known[kinds[0]])} if reader else known


def read_inline(path: str, value: Any) -> dict[str, Any]:
    """Return media that a request holds; raise ApiError for a type or an image that cannot be read."""
    known = fields(path, value, ("mimeType", "data", "displayName"))
    kind = text(f"{path}.mime_type", known.get("mimeType", ""))
    if kind not in IMAGES and kind != "application/pdf" and not kind.startswith(OTHER_MEDIA):
        raise ApiError(f"Unsupported MIME type: {kind}", param=path)
    data = base64.b64encode(decoded(f"{path}.data", known.get("data", ""))).decode()
    if kind == "image/png" and colour_of(f"data:{kind};base64,{data}") is None:
        raise ApiError("Unable to process input image.", param=path)
    return {"mimeType": kind, "data": data}


def read_file(path: str, value: Any) -> dict[str, Any]:
    """Return media by its address; raise ApiError unless it is a public address."""
    known = fields(path, value, ("mimeType", "fileUri", "displayName"))
    address = urlsplit(text(f"{path}.file_uri", known.get("fileUri", "")))
    host = address.hostname or ""
    if address.scheme != "https" or "." not in host or host.endswith(UNREACHABLE):
        raise ApiError(f"Cannot fetch content from the provided URL: {address.geturl()}", param=path)
    return known


def read_call(path: str, value: Any) -> dict[str, Any]:
    """Return a call."""
    known = fields(path, value, ("id", "name", "args"))
    named(path, known)
    return {**known, "args": object_at(f"{path}.args", known.get("args", {}))}


def read_response(path: str, value: Any) -> dict[str, Any]:
    """Return what a call returned."""
    known = fields(path, value, ("id", "name", "response", "parts", "willContinue", "scheduling"))
    named(path, known)
    return {**known, "response": object_at(f"{path}.response", known.get("response", {}))}


def named(path: str, known: dict[str, Any]) -> None:
    """Refuse a call or a response without a name."""
    if not text(f"{path}.name", known.get("name", "")):
        raise invalid(f"GenerateContentRequest.{path}.name", "Name cannot be empty.")


def object_at(path: str, value: Any) -> dict[str, Any]:
    """Return an object with any keys; raise ApiError for anything else."""
    if not isinstance(value, dict):
        raise wrong_type(path, "type.googleapis.com/google.protobuf.Struct", value)
    return value


READERS = {
    "text": text,
    "inlineData": read_inline,
    "fileData": read_file,
    "functionCall": read_call,
    "functionResponse": read_response,
}
