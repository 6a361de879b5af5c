"""Defects of files that are given by an address."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_given_parts
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def refusing_files(parts: list[Json]) -> list[Json]:
    """Refuse files."""
    if any("fileData" in part for part in parts):
        raise ApiError("File URIs are not supported.", param="contents")
    return parts


def reachable(parts: list[Json]) -> list[Json]:
    """Return parts without files that cannot be fetched."""
    return [part for part in parts if "conformance.invalid" not in str(part.get("fileData"))]


def typed(parts: list[Json]) -> list[Json]:
    """Refuse a file without a type, which is taken for a PDF."""
    if any("fileData" in part and "mimeType" not in part["fileData"] for part in parts):
        raise ApiError("The document has no pages.", param="contents")
    return parts


DEFECTS = (
    GeminiDefect(
        "gemini_refuses_files",
        "Files that are given by an address are refused.",
        ("gemini.file.uri_https", "gemini.file.type_absent"),
        body=of_given_parts(refusing_files),
    ),
    GeminiDefect(
        "gemini_drops_files_it_cannot_fetch",
        "A file that cannot be fetched is dropped.",
        ("gemini.file.uri_unreachable",),
        body=of_given_parts(reachable),
    ),
    GeminiDefect(
        "gemini_takes_files_for_documents",
        "A file without a type is taken for a PDF.",
        ("gemini.file.type_absent",),
        reports=("N259",),
        body=of_given_parts(typed),
    ),
)
