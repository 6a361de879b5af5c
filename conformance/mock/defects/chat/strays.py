"""Errors for what is odd about a request as a whole: a stray path, method or key, a body too large, a form of message."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.refusals import ANSWER, KEYS, PAGE, of_long_prompt, server_fault
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.openai import envelope

Test = Callable[[Refusal], bool]

SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")
STREAMED_TOOLS = (
    *(f"chat.tool_choice.{word}" for word in ("named", "none", "required")),
    *(f"chat.tools.{word}" for word in ("called", "arguments", "finish_reason", "ids", "parallel")),
    *(f"chat.tools.stream_{word}" for word in ("agrees", "first", "index", "repeats")),
)
AT_ONCE = {"retry-after": "0"}


def of_code(code: str) -> Test:
    """Whether an error has this code."""
    return lambda refusal: refusal.error.code == code


def of_unknown_parameter(refusal: Refusal) -> bool:
    """Whether a parameter of the body itself was unknown."""
    return refusal.error.code == "unknown_parameter" and "." not in (refusal.error.param or "")


def where(test: Test, change: Callable[[Refusal], Refusal]) -> Callable[[Refusal], Refusal]:
    """A refusal that is changed where a test holds."""
    return lambda refusal: change(refusal) if test(refusal) else refusal


def web_page(status: int, **headers: str) -> Callable[[Refusal], Refusal]:
    """A refusal as a web page."""
    return lambda refusal: replace(
        refusal, status=status, body=PAGE, media_type="text/html", headers={**refusal.headers, **headers}
    )


def without_id(refusal: Refusal) -> Refusal:
    """The refusal with nothing in the header that names the request."""
    return replace(refusal, headers={**refusal.headers, "x-request-id": ""})


def with_upstream_text(refusal: Refusal) -> Refusal:
    """The error as a router's library writes it: no type, no param, the status as a text."""
    upstream = envelope(refusal.error)["error"]
    message = f"UpstreamError: {upstream!r}. Model group: default. Fallbacks: None"
    return refusal.saying({"error": {"message": message, "type": None, "param": None, "code": str(refusal.status)}})


def messages_of(body: Json) -> list[Json]:
    """The messages of a body that are objects."""
    given: Any = body.get("messages")
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def broken_by_system_parts(body: Json) -> Json:
    """The body, unless a system message is in parts: that breaks the server."""
    if any(each.get("role") == "system" and isinstance(each.get("content"), list) for each in messages_of(body)):
        raise ApiError('can only concatenate str (not "list") to str', status=500, type="server_error")
    return body


def with_short_ids(body: Json) -> Json:
    """The body, unless a tool message names its call otherwise than one vendor spells its own ids."""
    for each in messages_of(body):
        if isinstance(each.get("tool_call_id"), str) and not SHORT_ID.fullmatch(each["tool_call_id"]):
            raise ApiError("Tool call id has to be nine letters or digits.", code="invalid_request")
    return body


def without_streamed_tools(body: Json) -> Json:
    """The body, unless it wants tools in a stream."""
    if body.get("stream") is True and body["tools"]:
        raise ApiError("Tool calls are not available in streams.", param="stream")
    return body


DEFECTS = (
    ChatDefect(
        "answers_any_path_with_a_page",
        "A path that does not exist is answered with a web page and status 200.",
        claims=("chat.error.unknown_path",),
        refusal=where(of_code("unknown_url"), web_page(200)),
    ),
    ChatDefect(
        "breaks_on_wrong_method",
        "A GET of completions is a fault of the server.",
        claims=("chat.error.wrong_method",),
        refusal=where(of_code("method_not_allowed"), server_fault),
    ),
    ChatDefect(
        "reads_any_content_type",
        "JSON that is called plain text is answered, as if no header said so.",
        claims=("chat.error.content_type",),
        refusal=where(of_code("unsupported_media_type"), lambda it: it.saying(ANSWER, 200)),
    ),
    ChatDefect(
        "blanks_request_id",
        "The x-request-id of an error is empty.",
        claims=("chat.error.request_id",),
        refusal=without_id,
    ),
    ChatDefect(
        "breaks_on_unknown_parameter",
        "A parameter that nobody knows is a fault of the server.",
        claims=("chat.unknown_parameter.refused",),
        reports=("D248",),
        kinds=("chat", "reasoning", "gemini"),
        refusal=where(of_unknown_parameter, server_fault),
    ),
    ChatDefect(
        "swallows_unknown_parameters",
        "A parameter that nobody knows is ignored by models that document refusing it.",
        claims=("chat.unknown_parameter.refused",),
        kinds=("chat", "reasoning", "gemini"),
        refusal=where(of_unknown_parameter, lambda it: it.saying(ANSWER, 200)),
    ),
    ChatDefect(
        "forwards_upstream_errors_as_text",
        "An error has no type, and its message holds the upstream error as a program prints it.",
        claims=("chat.error.envelope", *KEYS),
        reports=("D241",),
        refusal=with_upstream_text,
    ),
    ChatDefect(
        "long_prompts_are_unavailable",
        "A prompt beyond the context meets a 503 with a web page of the network in front, which clients retry.",
        claims=("chat.error.too_long",),
        reports=("D243",),
        refusal=where(of_long_prompt, web_page(503, **AT_ONCE)),
    ),
    ChatDefect(
        "breaks_on_system_parts",
        "A system message whose content is an array of parts is a fault of the server.",
        claims=("chat.messages.parts",),
        reports=("D262",),
        body=broken_by_system_parts,
    ),
    ChatDefect(
        "demands_short_call_ids",
        "A tool message is refused unless the id of its call has the form of one vendor's ids.",
        claims=("chat.messages.tool_result",),
        reports=("D273",),
        body=with_short_ids,
    ),
    ChatDefect(
        "refuses_tools_in_streams",
        "tools are refused where a stream is asked for.",
        claims=STREAMED_TOOLS,
        reports=("D285",),
        parameter="tools",
        body=without_streamed_tools,
    ),
)
