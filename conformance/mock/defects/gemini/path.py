"""Defects of paths."""

from collections.abc import Callable, Mapping

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import is_short
from conformance.mock.defects.gemini.building.error import as_status
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def missing(part: str) -> Callable[[str, Mapping[str, str]], None]:
    """Return what knows no path with this part."""

    def find(path: str, headers: Mapping[str, str]) -> None:
        if part in path:
            raise ApiError(f"The path {path} is not found.", code="unknown_url", status=404)

    return find


def without_streams(request: GeminiRequest) -> GeminiRequest:
    """Refuse to stream a single word, as if there were no operator for it."""
    if request.stream and request.as_events and is_short(request):
        raise ApiError("The method streamGenerateContent is not found.", code="unknown_url", status=404)
    return request


def of_body(body: Json) -> Json:
    """Look for the model that a body names in place of the one in the path."""
    if "model" in body:
        raise ApiError(f"The model {body['model']} is not found.", code="model_not_found", status=404)
    return body


DEFECTS = (
    GeminiDefect(
        "gemini_is_unavailable_for_unknown_models",
        "An unknown model gets status 503.",
        ("gemini.path.unknown_model", "gemini.path.models_prefix", "gemini.path.get"),
        refusal=as_status(503, lambda refusal: refusal.error.code == "model_not_found"),
    ),
    GeminiDefect(
        "gemini_fails_on_unknown_operators",
        "An unknown operator or method makes the server fail.",
        ("gemini.path.unknown_operator",),
        refusal=as_status(500, lambda refusal: refusal.error.status == 405 or refusal.error.code == "unknown_url"),
    ),
    GeminiDefect(
        "gemini_knows_no_stream_operator",
        "The path of a stream does not exist for short prompts.",
        ("gemini.path.v1beta",),
        request=without_streams,
    ),
    GeminiDefect(
        "gemini_has_no_v1",
        "The path with v1 in place of v1beta does not exist.",
        ("gemini.path.v1",),
        address=missing("/v1/"),
    ),
    GeminiDefect(
        "gemini_takes_encoded_colons_for_names",
        "A colon before the operator that is percent-encoded is not found.",
        ("gemini.path.encoded_colon",),
        address=missing("%3A"),
    ),
    GeminiDefect(
        "gemini_looks_up_the_model_in_the_body",
        "The model is looked up in the body.",
        ("gemini.path.model_in_body",),
        reports=("N156",),
        body=of_body,
    ),
)
