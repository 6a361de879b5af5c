"""Defects of the results of calls, and of what is said with them."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, of_blocks, of_said, of_turns, strict
from conformance.mock.defects.messages.building.errors import answered, only_if, says
from conformance.mock.surfaces.messages.defect import MessagesDefect

LETTERS = 300  # that are left of a result


def results(body: Json) -> list[Json]:
    """Return the results in the last message of a body."""
    turns = body.get("messages")
    content = turns[-1].get("content") if isinstance(turns, list) and turns and isinstance(turns[-1], dict) else None
    return (
        [part for part in content if isinstance(part, dict) and part.get("type") == "tool_result"]
        if isinstance(content, list)
        else []
    )


def in_the_order_of_calls(body: Json) -> Json:
    """Return a body whose results name the calls of the message before in their order."""
    names: list[str] = []

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
            return message
        several = sum(block.get("type") == "tool_result" for block in content) > 1
        left = iter(names if several else ())
        renamed = [
            {**block, "tool_use_id": next(left, block.get("tool_use_id"))}
            if block.get("type") == "tool_result"
            else block
            for block in content
        ]
        names[:] = [str(block.get("id")) for block in content if block.get("type") == "tool_use"]
        return {**message, "content": renamed}

    return of_turns(message_with)(body)


def without_text_beside_calls(message: Json) -> Json:
    """Return a message without its texts if it has calls."""
    content = message.get("content")
    if message.get("role") != "assistant" or not isinstance(content, list) or "'tool_use'" not in str(content):
        return message
    return {**message, "content": [block for block in content if block.get("type") != "text"]}


def has_text_behind_results(body: Json) -> bool:
    """Return whether the last message has a text beside results."""
    return bool(results(body)) and any(part.get("type") == "text" for part in body["messages"][-1]["content"])


DEFECTS = (
    strict(
        "refuses_results_without_content",
        "A result without content is refused.",
        "messages.tools.result_empty",
        wrong=lambda body: any("content" not in block for block in results(body)),
    ),
    strict(
        "refuses_failed_results",
        "A result that reports an error is refused.",
        "messages.tools.result_is_error",
        wrong=lambda body: "is_error" in str(body.get("messages")),
    ),
    strict(
        "wants_results_as_text",
        "A result whose content is blocks is refused.",
        "messages.tools.result_blocks",
        "messages.tools.text_behind_results",
        wrong=lambda body: any(isinstance(block.get("content"), list) for block in results(body)),
    ),
    strict(
        "takes_one_result",
        "Two results in one message are refused.",
        "messages.tools.parallel_results",
        wrong=lambda body: len(results(body)) > 1,
    ),
    MessagesDefect(
        "takes_results_in_any_order",
        "Calls without results, and results without calls, are accepted.",
        ("messages.tools.result_unknown_id", "messages.tools.result_missing"),
        refusal=only_if(says("names no tool_use block", "without a tool_result"), answered),
    ),
    strict(
        "refuses_texts_behind_results",
        "A text behind the results in a message is refused.",
        "messages.tools.text_behind_results",
        wrong=has_text_behind_results,
    ),
    lax(
        "forgets_results",
        "Results of calls never reach the model.",
        "messages.tools.second_turn",
        "messages.tools.result_text",
        "messages.system.text",
        change=of_blocks(
            lambda block: (
                {**block, "content": "."}
                if block.get("type") == "tool_result" and isinstance(block.get("content"), str)
                else block
            )
        ),
    ),
    lax(
        "cuts_results_of_messages",
        "Of a result only 300 letters reach the model.",
        "messages.tools.result_text",
        change=of_said(lambda text: text[:LETTERS], "result"),
    ),
    lax(
        "matches_results_by_place",
        "Results are matched with calls by their order, whatever their tool_use_id.",
        "messages.tools.results_order",
        change=in_the_order_of_calls,
    ),
    lax(
        "drops_texts_beside_calls",
        "A text beside a call never reaches the model.",
        "messages.tools.text_beside_calls",
        change=of_turns(without_text_beside_calls),
    ),
)
