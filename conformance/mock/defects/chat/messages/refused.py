"""Defects that refuse valid messages of longer conversations."""

from collections.abc import Callable
from itertools import pairwise

from conformance.mock.defects.chat.building.messages import change_checked_messages
from conformance.mock.defects.chat.messages.conversations import with_results_in_place
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def refuse_repeated_roles(role: str) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that raises ApiError if two messages of a role follow each other."""

    def checked(request: ChatRequest) -> ChatRequest:
        roles = [message["role"] for message in request.messages]
        if (role, role) in pairwise(roles):
            raise ApiError("Conversation roles must alternate.", param="messages")
        return request

    return checked


def refuse_names(message: Json) -> Json:
    """Return a message; raise ApiError if it has a name."""
    if "name" in message:
        raise ApiError("Extra inputs are not permitted: name.", param="messages", status=422)
    return message


def refuse_null_refusal(message: Json) -> Json:
    """Return a message; raise ApiError if its refusal is null."""
    if "refusal" in message and message["refusal"] is None:
        raise ApiError("Value is not a string: null", param="messages")
    return message


def refuse_annotations(message: Json) -> Json:
    """Return a message; raise ApiError if it has annotations."""
    if "annotations" in message:
        raise ApiError("Extra inputs are not permitted: annotations.", param="messages", status=422)
    return message


def refuse_result_parts(message: Json) -> Json:
    """Return a message; raise ApiError if it is a tool message whose content is an array of text."""
    content = message["content"] if message["role"] == "tool" else ""
    if isinstance(content, list) and all(part["type"] == "text" for part in content):
        raise ApiError("Content of a tool message has to be a string.", param="messages")
    return message


def refuse_other_order(request: ChatRequest) -> ChatRequest:
    """Return the request; raise ApiError if its results come in another order than their calls."""
    if with_results_in_place(request).messages != request.messages:
        raise ApiError("Tool results have to be in the order of their calls.", param="messages")
    return request


def refuse_images_in_results(message: Json) -> Json:
    """Return a message; raise ApiError if it is a tool message with an image."""
    content = message.get("content")
    parts = content if message["role"] == "tool" and isinstance(content, list) else []
    if any(part["type"] == "image_url" for part in parts):
        raise ApiError("An image may be in a user message only.", param="messages")
    return message


def refuse_null_beside_calls(message: Json) -> Json:
    """Return a message; raise ApiError if it has calls, and null as its content."""
    if message.get("tool_calls") and message.get("content", "") is None:
        raise ApiError("'content' has to be a string or an array.", param="messages")
    return message


def refuse_developers(message: Json) -> Json:
    """Return a message; raise ApiError if its role is developer."""
    if message["role"] == "developer":
        raise ApiError("Invalid role: developer.", param="messages")
    return message


def refuse_several_parts(message: Json) -> Json:
    """Return the message; raise ApiError if it has several texts and is not the user's."""
    content = message.get("content")
    texts = [part for part in content if part["type"] == "text"] if isinstance(content, list) else []
    if message["role"] in ("system", "assistant") and len(texts) > 1:
        raise ApiError(f"The {message['role']} message should be a single text.", param="messages")
    return message


DEFECTS = (
    ChatDefect(
        "refuses_several_parts_but_of_users",
        "A message of the system or the assistant with several text parts is refused.",
        claims=("chat.messages.parts",),
        reports=("C06",),
        request=change_checked_messages(refuse_several_parts),
    ),
    ChatDefect(
        "refuses_null_beside_calls",
        "An assistant message with tool calls and null as its content is refused.",
        claims=("chat.messages.tool_result",),
        reports=("B31",),
        request=change_checked_messages(refuse_null_beside_calls),
    ),
    ChatDefect(
        "refuses_developer_messages",
        "A message with the role developer is refused.",
        claims=("chat.messages.developer", "chat.messages.developer_and_system", "chat.example.answered"),
        reports=("B32",),
        request=change_checked_messages(refuse_developers),
    ),
    ChatDefect(
        "demands_alternating_roles",
        "Two assistant messages in a row are refused.",
        claims=("chat.messages.consecutive_assistant",),
        request=refuse_repeated_roles("assistant"),
    ),
    ChatDefect(
        "refuses_names",
        "A message with a name is refused.",
        claims=("chat.messages.name",),
        request=change_checked_messages(refuse_names),
    ),
    ChatDefect(
        "refuses_refusal_null",
        "An assistant message in which refusal is null is refused, also if the endpoint wrote it.",
        claims=("chat.messages.null_keys", "chat.messages.sent_back"),
        reports=("E026",),
        request=change_checked_messages(refuse_null_refusal),
    ),
    ChatDefect(
        "refuses_own_annotations",
        "An assistant message is refused with the annotations that the endpoint wrote.",
        claims=("chat.messages.sent_back",),
        request=change_checked_messages(refuse_annotations),
    ),
    ChatDefect(
        "refuses_parts_in_results",
        "A tool message whose content is an array of text parts is refused.",
        claims=("chat.messages.tool_parts",),
        reports=("B30",),
        request=change_checked_messages(refuse_result_parts),
    ),
    ChatDefect(
        "demands_results_in_order",
        "Results in another order than their calls are refused.",
        claims=("chat.messages.results_order",),
        request=refuse_other_order,
    ),
    ChatDefect(
        "refuses_images_in_results",
        "A tool message whose content has an image is refused.",
        claims=("chat.messages.tool_image",),
        reports=("E020",),
        request=change_checked_messages(refuse_images_in_results),
    ),
)
