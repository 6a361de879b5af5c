"""Defects of how a key is taken."""

from collections.abc import Callable, Mapping

from conformance.mock.defects.gemini.building.error import as_status, changed
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def of_keys(refusal: Refusal) -> bool:
    """Return whether a key was refused."""
    return refusal.error.code == "invalid_api_key"


Headers = Mapping[str, str]


def denying(when: Callable[[str, Headers], bool]) -> Callable[[str, Headers], None]:
    """Return what takes a right key for a wrong one where a condition on path and headers holds."""

    def deny(path: str, headers: Headers) -> None:
        if when(path, headers):
            raise ApiError("API key not valid. Please pass a valid API key.", code="invalid_api_key", status=401)

    return deny


def in_a_header(headers: Headers) -> bool:
    """Return whether a header holds a key."""
    return "x-goog-api-key" in headers or "authorization" in headers


def is_bearer(headers: Headers) -> bool:
    """Return whether Authorization holds a key with a scheme."""
    return "authorization" in headers and not is_bare(headers)


def is_bare(headers: Headers) -> bool:
    """Return whether Authorization holds the key and no scheme."""
    return "authorization" in headers and " " not in headers["authorization"]


DEFECTS = (
    GeminiDefect(
        "gemini_fails_on_unknown_keys",
        "A wrong key makes the server fail.",
        ("gemini.auth.none", "gemini.auth.bad", "gemini.auth.bad_query"),
        refusal=as_status(500, of_keys),
    ),
    GeminiDefect(
        "gemini_fails_without_a_key_in_a_header",
        "A request that no header authorises makes the server fail, unless the query has the right key.",
        ("gemini.auth.none", "gemini.auth.bad_query"),
        refusal=as_status(500, lambda refusal: of_keys(refusal) and not in_a_header(refusal.request_headers)),
    ),
    GeminiDefect(
        "gemini_shows_keys",
        "The error for a wrong key shows the key.",
        ("gemini.auth.no_leak",),
        refusal=lambda refusal: (
            changed(lambda error: {**error, "message": f"Unknown key {refusal.request_headers.get('x-goog-api-key')}"})(
                refusal
            )
            if of_keys(refusal)
            else refusal
        ),
    ),
    GeminiDefect(
        "gemini_reads_no_google_key_for_streams",
        "A stream is refused if the key comes in x-goog-api-key alone.",
        ("gemini.auth.goog_key",),
        address=denying(lambda path, headers: ":stream" in path and "authorization" not in headers),
    ),
    GeminiDefect(
        "gemini_reads_no_bearer_tokens",
        "A key that is sent as a bearer token is refused.",
        ("gemini.auth.bearer",),
        address=denying(lambda path, headers: "x-goog-api-key" not in headers and is_bearer(headers)),
    ),
    GeminiDefect(
        "gemini_refuses_two_keys",
        "The key in x-goog-api-key is refused if there is an Authorization too.",
        ("gemini.auth.both",),
        reports=("N263",),
        address=denying(lambda path, headers: "x-goog-api-key" in headers and "authorization" in headers),
    ),
    GeminiDefect(
        "gemini_wants_a_scheme",
        "A key alone in Authorization is refused.",
        ("gemini.auth.bare",),
        address=denying(lambda path, headers: is_bare(headers)),
    ),
    GeminiDefect(
        "gemini_reads_no_key_in_the_query",
        "A key in the query is refused.",
        ("gemini.auth.query_key",),
        address=denying(lambda path, headers: not in_a_header(headers)),
    ),
)
