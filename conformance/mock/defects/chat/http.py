"""Defects of HTTP: requests that are refused, or answered wrongly, for how they are sent."""

from collections.abc import Callable

from conformance.mock.defects.chat.building.refusals import COMPLETION, Predicate, internal_error, only_if, web_page
from conformance.mock.defects.defect import Transfer
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect

BIG = 1_000_000  # bytes: the default limit of a body in several frameworks is about as large


def refuse_if(predicate: Callable[[Transfer], bool], message: str, status: int = 400) -> Callable[[Transfer], None]:
    """Return what refuses the requests for which a predicate holds."""

    def refuse(transfer: Transfer) -> None:
        if predicate(transfer):
            raise ApiError(message, status=status)

    return refuse


def is_chunked(transfer: Transfer) -> bool:
    """Return whether the body came in pieces, without its length."""
    return "chunked" in transfer.headers.get("transfer-encoding", "")


def media_type(transfer: Transfer) -> str:
    """Return the content type of a request."""
    return transfer.headers.get("content-type", "")


def has_wrong_method(method: str) -> Predicate:
    """Return the predicate for refusals of this method."""
    return lambda refusal: refusal.method == method and refusal.error.code == "method_not_allowed"


def has_trailing_slash(refusal: Refusal) -> bool:
    """Return whether a path was refused that ends in a slash."""
    return refusal.error.code == "unknown_url" and "completions/)" in refusal.error.message


def as_missing(refusal: Refusal) -> Refusal:
    """Return the refusal of a large body as that of a path which does not exist."""
    if int(refusal.request_headers.get("content-length", 0)) <= BIG:
        return refusal
    said = {"message": "Cannot POST /v1/chat/completions", "error": "Not Found", "statusCode": 404}
    return refusal.with_json(said, 404)


DEFECTS = (
    ChatDefect(
        "reads_no_chunked_body",
        "A body that is sent in pieces, without its length, is refused as invalid JSON.",
        claims=("chat.http.chunked_body",),
        reports=("E014",),
        transfer=refuse_if(is_chunked, "invalid JSON"),
    ),
    ChatDefect(
        "refuses_charset",
        "A content type of JSON with a charset is refused with status 415.",
        claims=("chat.http.content_type",),
        reports=("E034",),
        transfer=refuse_if(lambda transfer: ";" in media_type(transfer), "It must be application/json.", 415),
    ),
    ChatDefect(
        "compares_content_type_by_case",
        "A content type with capital letters is refused with status 415.",
        claims=("chat.http.content_type",),
        transfer=refuse_if(lambda transfer: "JSON" in media_type(transfer), "It must be application/json.", 415),
    ),
    ChatDefect(
        "refuses_big_bodies_as_missing",
        "A body of more than 1 MB is answered with status 404, as if the path did not exist.",
        claims=("chat.http.big_body",),
        reports=("E040",),
        transfer=refuse_if(lambda transfer: transfer.size > BIG, "The body is too large.", 413),
        refusal=as_missing,
    ),
    ChatDefect(
        "breaks_on_big_bodies",
        "A body of more than 1 MB is answered with a web page and status 500.",
        claims=("chat.http.big_body",),
        transfer=refuse_if(lambda transfer: transfer.size > BIG, "The body is too large.", 413),
        refusal=only_if(lambda refusal: refusal.error.status == 413, web_page(500)),
    ),
    ChatDefect(
        "leaves_refused_body_unread",
        "The body of a refused request stays on the connection, and the next request on it cannot be read.",
        claims=("chat.http.after_refusal",),
        transfer=refuse_if(lambda transfer: transfer.follows_refusal, "Bad request syntax."),
    ),
    ChatDefect(
        "cuts_gzip",
        "An answer in the encoding gzip lacks its last bytes.",
        claims=("chat.http.gzip",),
        compressed=lambda body: body[:-8],
    ),
    ChatDefect(
        "refuses_expectation",
        "A request that expects 100 Continue is refused with status 417.",
        claims=("chat.http.expect_continue",),
        transfer=refuse_if(lambda transfer: "expect" in transfer.headers, "Expectation failed.", 417),
    ),
    ChatDefect(
        "refuses_headers_of_clients",
        "A request with a header that the server does not know is refused.",
        claims=("chat.http.client_headers",),
        transfer=refuse_if(lambda transfer: "x-stainless-lang" in transfer.headers, "Unknown header."),
    ),
    ChatDefect(
        "breaks_on_options",
        "OPTIONS is answered with status 500.",
        claims=("chat.http.options",),
        refusal=only_if(has_wrong_method("OPTIONS"), internal_error),
    ),
    ChatDefect(
        "breaks_on_head",
        "HEAD is answered with status 500.",
        claims=("chat.http.head",),
        refusal=only_if(has_wrong_method("HEAD"), internal_error),
    ),
    ChatDefect(
        "answers_trailing_slash",
        "A path with a slash at its end is answered like the one without.",
        claims=("chat.http.trailing_slash",),
        refusal=only_if(has_trailing_slash, lambda refusal: refusal.with_json(COMPLETION, 200)),
    ),
)
