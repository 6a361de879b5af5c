"""What the suite says of every message and every error: sound ones, and the same broken in one place at a time."""

from typing import Any

from tests.support.collecting import over
from tests.support.messages import CALL as STREAMED_CALL
from tests.support.messages import USAGE, after, found, message, plain, streamed, text

CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
THOUGHT = {"type": "thinking", "thinking": "It rains, so that the lake is full to its brim today.", "signature": "SIG"}
ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "No."}, "request_id": "req_1"}
SOUND = {
    "text": message(text("ready")),
    "call": message(CALL, stop_reason="tool_use"),
    "thought": message(THOUGHT, text("full")),
    "stopped": message(text("one"), stop_reason="stop_sequence", stop_sequence=" two"),
    "refused": message(stop_reason="refusal", stop_details={"type": "refusal"}),
}
RULES = [
    *("answered", "schema", "type", "role", "id", "model", "content", "stop_reason", "stop_sequence", "no_chat_keys"),
    *("stray_keys", "content_type", "stop_details"),
]


@over("name, rule", [(name, rule) for name in SOUND for rule in RULES])
def test_a_sound_answer_is_in_order(name: str, rule: str) -> None:
    """No rule finds a fault."""
    assert found(f"reply.{rule}", plain(SOUND[name], stop_sequences=[" two"])) is None


BROKEN: list[tuple[str, Any]] = [
    ("reply.answered", ERROR),
    ("reply.schema", message(text("x"), usage=None)),
    ("reply.type", message(type="completion")),
    ("reply.role", message(role="model")),
    ("reply.id", message(id="")),
    ("reply.model", message(model="another")),
    ("reply.model", message(model=None)),
    ("reply.content", message({"text": "x"})),
    ("reply.text_block", message({"type": "text"})),
    ("reply.stop_reason", message(stop_reason=None)),
    ("reply.stop_reason", message(stop_reason="stop")),
    ("reply.stop_sequence", message(stop_sequence="")),
    ("reply.stop_sequence", message(stop_reason="stop_sequence", stop_sequence="other")),
    ("reply.no_chat_keys", message(choices=[])),
    ("reply.stray_keys", message({**text("x"), "input": {}})),
    ("reply.stop_details", message(stop_details={"type": "refusal"})),
    ("usage.present", message(usage={"input_tokens": 1})),
    ("usage.cache_keys", message(usage={"input_tokens": 1, "output_tokens": 1})),
    ("usage.input_positive", message(usage={**USAGE, "input_tokens": 0})),
    ("usage.output_positive", message(usage={**USAGE, "output_tokens": 0})),
    ("usage.service_tier", message()),
    ("usage.details_sum", message(usage={**USAGE, "output_tokens_details": {"thinking_tokens": 2}})),
    (
        "usage.details_sum",
        message(
            usage={**USAGE, "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0}},
        ),
    ),
    ("tools.block", message({**CALL, "input": "{}"}, stop_reason="tool_use")),
    ("tools.block", message({**CALL, "id": None}, stop_reason="tool_use")),
    ("tools.id_form", message({**CALL, "id": "call/1"})),
    ("tools.id_unique", message(CALL, CALL)),
    ("tools.stop_reason", message(CALL)),
    ("tools.stop_reason", message(text("x"), stop_reason="tool_use")),
    ("thinking.signed", message({**THOUGHT, "signature": ""})),
    ("thinking.signed", message({**THOUGHT, "thinking": None})),
    ("thinking.first", message(text("x"), THOUGHT)),
    ("thinking.not_as_text", message(THOUGHT, text(THOUGHT["thinking"]))),
    ("thinking.not_as_text", message(THOUGHT, text("<thinking>It rains.</thinking> full"))),
]


@over("rule, body", BROKEN)
def test_a_broken_answer_is_found_by_its_rule(rule: str, body: Any) -> None:
    """The rule that is broken says so."""
    assert found(rule, plain(body)) not in (None, "silent")


@over("rule", ["tools.block", "tools.id_form", "tools.stop_reason", "thinking.signed", "thinking.first"])
def test_a_streamed_call_is_in_order(rule: str) -> None:
    """What is joined from a stream is judged as a plain answer is."""
    assert found(rule, streamed(STREAMED_CALL)) is None


WRONG: list[tuple[str, Any, int]] = [
    ("error.type_known", {**ERROR, "error": {"type": "new_api_error", "message": "No."}}, 400),
    ("error.type_status", {**ERROR, "error": {"type": "api_error", "message": "No."}}, 400),
    ("error.no_nested_json", {**ERROR, "error": {**ERROR["error"], "message": 'bad: {"error": {}}'}}, 400),
    ("error.request_id", {**ERROR, "request_id": None}, 400),
]


@over("rule, body, status", WRONG)
def test_a_broken_error_is_found_by_its_rule(rule: str, body: Any, status: int) -> None:
    """The rule that is broken says so; a sound error, and an outage, break none."""
    assert found(rule, plain(body, status)) not in (None, "silent")
    assert found(rule, plain(ERROR, 400)) is None
    assert found(rule, plain({**ERROR, "error": {"type": "overloaded_error", "message": "{}"}}, 529)) == "silent"


def test_another_content_type_of_an_answer_is_found() -> None:
    """Clients hand out anything else as text."""
    sound = plain(message(text("x")))
    assert found("reply.content_type", after(sound, headers=(("content-type", "text/plain"),))) not in (None, "silent")
