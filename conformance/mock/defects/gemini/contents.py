"""Defects of what reaches a model: conversations, instructions, names of fields, and checks that are left out."""

import re
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_given_parts, of_parts, plainly
from conformance.mock.defects.gemini.building.contents import unchecked, without
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini import conversation
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def turns(body: Json) -> list[Json]:
    """Return the turns of a body that are objects."""
    contents = body.get("contents")
    return [content for content in contents if isinstance(content, dict)] if isinstance(contents, list) else []


def with_role(body: Json) -> Json:
    """Refuse contents without a role."""
    if any("role" not in content for content in turns(body)):
        raise ApiError("Please use a valid role: user, model.", param="contents")
    return body


def ends_with_user(body: Json) -> Json:
    """Refuse a history that ends with the model."""
    contents = body.get("contents")
    if (
        isinstance(contents, list)
        and contents
        and isinstance(contents[-1], dict)
        and contents[-1].get("role") == "model"
    ):
        raise ApiError("Please ensure that the last turn is the user's.", param="contents")
    return body


def last_turn_only(request: GeminiRequest) -> GeminiRequest:
    """Return a request with the system instruction and the last turn, where no calls are in between."""
    if any(message.get("tool_calls") or message["role"] == "tool" for message in request.messages):
        return request
    system = tuple(message for message in request.messages if message["role"] == "system")
    return replace(request, messages=(*system, request.messages[-1]))


def without_empty_parts(body: Json) -> Json:
    """Return a body in which empty turns and parts are filled."""
    known = turns(body)
    if not all(isinstance(content.get("parts"), list) for content in known):
        return body
    filled = [{**content, "parts": [part or {"text": "."} for part in content["parts"] or [{}]]} for content in known]
    return {**body, "contents": filled} if filled else body


def with_something(body: Json) -> Json:
    """Return a body with contents, whatever it had in their place."""
    contents = body.get("contents")
    filled = [{"parts": [{"text": "."}]}]
    return body if contents and contents != 7 else {**body, "contents": filled}


TURNS = 8  # of a history that reach the model


def last_turns(request: GeminiRequest) -> GeminiRequest:
    """Return a request with the last turns of a long conversation."""
    return replace(request, messages=request.messages[-TURNS:]) if len(request.messages) > 2 * TURNS else request


def first_text(parts: list[Json]) -> list[Json]:
    """Return the first of several texts, or parts of other kinds as they are."""
    return parts[:1] if all(set(part) == {"text"} for part in parts) else parts


def in_ascii(parts: list[Json]) -> list[Json]:
    """Return parts with a question mark for each character that is not ASCII."""
    return [
        {**part, "text": part["text"].encode("ascii", "replace").decode()}
        if isinstance(part.get("text"), str)
        else part
        for part in parts
    ]


def without_tags(parts: list[Json]) -> list[Json]:
    """Return parts without what is in angle brackets."""
    return [{**part, "text": re.sub(r"<[^<>]*>", "", part["text"])} if "text" in part else part for part in parts]


DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_contents",
        "Contents that are missing, empty or a number are taken.",
        (
            "gemini.contents.missing",
            "gemini.contents.empty",
            "gemini.contents.wrong_type",
            "gemini.openai_keys.refused",
        ),
        body=lambda body: with_something(without("messages", "max_tokens")(body)),
    ),
    GeminiDefect(
        "gemini_takes_any_role",
        "Any role is taken.",
        ("gemini.contents.bad_role",),
        profile=unchecked(conversation.roles),
    ),
    GeminiDefect(
        "gemini_fills_empty_turns",
        "A turn without parts, or with an empty one, is taken.",
        ("gemini.contents.empty_parts",),
        body=without_empty_parts,
    ),
    GeminiDefect(
        "gemini_takes_turns_in_any_order",
        "Calls and results are taken in any order and number.",
        (
            "gemini.contents.starts_with_call",
            "gemini.tools.response_unknown_name",
            "gemini.tools.response_missing",
            "gemini.tools.response_count",
        ),
        profile=unchecked(conversation.order),
    ),
    GeminiDefect(
        "gemini_wants_roles", "Contents without a role are refused.", ("gemini.contents.role_absent",), body=with_role
    ),
    GeminiDefect(
        "gemini_wants_user_last",
        "A history that ends with the model is refused.",
        ("gemini.contents.ends_on_model",),
        body=ends_with_user,
    ),
    GeminiDefect(
        "gemini_forgets_history",
        "Only the last turn reaches the model.",
        ("gemini.contents.history",),
        request=last_turn_only,
    ),
    GeminiDefect(
        "gemini_forgets_old_turns",
        "Of a long conversation only the last turns reach the model.",
        ("gemini.contents.long_history",),
        request=last_turns,
    ),
    GeminiDefect(
        "gemini_reads_first_text",
        "Of several texts in a turn only the first reaches the model.",
        ("gemini.contents.parts_many",),
        body=of_given_parts(first_text),
    ),
    GeminiDefect(
        "gemini_reads_ascii",
        "Letters that are not ASCII reach the model as question marks.",
        ("gemini.contents.unicode",),
        body=of_given_parts(in_ascii),
    ),
    GeminiDefect(
        "gemini_removes_tags",
        "What is in angle brackets is removed from answers.",
        ("gemini.contents.comes_back",),
        whole=plainly(of_parts(without_tags)),
    ),
)
