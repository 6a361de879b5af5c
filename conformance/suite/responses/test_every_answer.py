"""What holds for every answer: the fields of the response, and its usage.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from collections.abc import Callable
from typing import Any

from conformance.base.validation import own_problem
from conformance.suite.baselines import answers, plain
from conformance.suite.invariants import invariant
from conformance.suite.responses.baselines import cuts
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import CAP, ResponsesCase
from conformance.surfaces.values import as_count, as_text
from conformance.trial.invariants import SILENT, Finding, Subject

DAY = 86_400  # seconds
STATUSES = ("completed", "failed", "in_progress", "cancelled", "queued", "incomplete")
REASONS = ("max_output_tokens", "content_filter")
# The keys that OpenAI's description requires of a response, without those that have a claim of their own.
REQUIRED = (
    "id", "object", "created_at", "error", "incomplete_details", "instructions", "model", "tools", "output",
    "parallel_tool_calls", "metadata", "tool_choice", "temperature", "top_p",
)  # fmt: skip
# The further keys that Open Responses requires.
OPEN_RESPONSES = (
    "completed_at", "status", "previous_response_id", "truncation", "text", "presence_penalty", "frequency_penalty",
    "top_logprobs", "reasoning", "usage", "max_output_tokens", "max_tool_calls", "store", "background", "service_tier",
    "safety_identifier", "prompt_cache_key",
)  # fmt: skip


def _field(reply: ResponsesReply, name: str, is_right: Callable[[Any], object], wanted: str) -> Finding:
    value = reply.body.get(name)
    return None if is_right(value) else f"{name} must be {wanted}, got {value!r:.80}"


@invariant("responses.reply.schema", about=Subject.ANSWER, good="the response validates", asks=plain)
def test_schema(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The response validates against the schema of the documented fields."""
    return SILENT if reply.streamed else own_problem(reply.body, "wire/responses-reply")


@invariant("responses.reply.object", about=Subject.ANSWER, good="object is response", asks=plain)
def test_object(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The object is response."""
    return _field(reply, "object", lambda value: value == "response", "response")


@invariant("responses.reply.id", about=Subject.ANSWER, good="id is a non-empty string", asks=plain)
def test_id(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The id is a string that is not empty."""
    return _field(reply, "id", as_text, "a non-empty string")


@invariant(
    "responses.reply.created_at", about=Subject.ANSWER, good="created_at is the second of the answer", asks=plain
)
def test_created_at(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The creation time is a whole number of seconds, within a day of when the request was sent."""

    def is_now(value: Any) -> bool:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        return whole and abs(value - reply.exchange.started) < DAY

    return _field(reply, "created_at", is_now, "a whole number of seconds within a day of now")


@invariant(
    "responses.reply.completed_at", about=Subject.ANSWER, good="no answer is complete before it began", asks=plain
)
def test_completed_at(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The time of completion is not before that of creation, and only a completed response has one."""
    if "completed_at" not in reply.body:
        return SILENT
    at, since = reply.body["completed_at"], reply.body.get("created_at")
    if at is None:
        return "completed_at of a completed response must be a time, got null" if reply.status == "completed" else None
    if reply.status != "completed":
        return f"completed_at must be null with the status {reply.status!r}, got {at!r:.40}"
    if not isinstance(at, int | float) or not isinstance(since, int | float) or at < since:
        return f"completed_at must be at least created_at, {since!r}, got {at!r:.40}"
    return None


@invariant("responses.reply.status_set", about=Subject.ANSWER, good="every status is a documented one", asks=plain)
def test_status_set(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The status is one of the documented ones."""
    return _field(reply, "status", lambda value: value in STATUSES, f"one of {', '.join(STATUSES)}")


@invariant("responses.reply.status", about=Subject.ANSWER, good="an answer that is not cut is completed", asks=plain)
def test_status(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """An answer with a message and below its cap has the status completed."""
    cap = reply.request_body.get(CAP)
    used = reply.counts.answer
    if not reply.text or reply.request_body.get("background") or used is None:
        return SILENT
    if (isinstance(cap, int) and used >= cap) or reply.reason is not None:
        return SILENT
    return _field(reply, "status", lambda value: value == "completed", "'completed' for a whole answer")


@invariant("responses.reply.incomplete_reason", about=Subject.ANSWER, good="what is incomplete says why", asks=cuts)
def test_incomplete_reason(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """An incomplete response gives a documented reason, and no other response gives one."""
    if reply.status == "incomplete":
        return None if reply.reason in REASONS else f"the reason must be one of {REASONS}, got {reply.reason!r:.40}"
    return SILENT


@invariant("responses.reply.error_null", about=Subject.ANSWER, good="no completed answer has an error", asks=plain)
def test_error_null(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The keys error and incomplete_details of a completed response are null."""
    if reply.status != "completed":
        return SILENT
    for name in ("error", "incomplete_details"):
        value = reply.body.get(name, "missing")
        if value is not None:
            return f"{name} of a completed response must be null, got {value!r:.60}"
    return None


@invariant("responses.reply.model", about=Subject.ANSWER, good="model is a non-empty string", asks=plain)
def test_model(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The answer names a model."""
    return _field(reply, "model", as_text, "a non-empty string")


@invariant("responses.reply.required_keys", about=Subject.ANSWER, good="all required keys are there", asks=plain)
def test_required_keys(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The keys that OpenAI's description requires are there."""
    lacking = [name for name in REQUIRED if name not in reply.body]
    return f"the response lacks {', '.join(lacking)}" if lacking else None


@invariant("responses.reply.openresponses_keys", about=Subject.ANSWER, good="all keys of Open Responses", asks=plain)
def test_openresponses_keys(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The further keys that Open Responses requires are there."""
    lacking = [name for name in OPEN_RESPONSES if name not in reply.body]
    return f"the response lacks {', '.join(lacking)}" if lacking else None


@invariant("responses.reply.no_chat_keys", about=Subject.REPLY, good="no key of chat", asks=plain, absence=True)
def test_no_chat_keys(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """No reply is a completion of Chat Completions."""
    body = reply.exchange.json
    if reply.exchange.status != 200 or not isinstance(body, dict):
        return SILENT
    found = next((name for name in ("choices", "finish_reason") if name in body), None)
    if found or body.get("object") == "chat.completion":
        return f"the reply must be a response, got {found or body.get('object')!r} of Chat Completions"
    return None


@invariant("responses.reply.service_tier_used", about=Subject.ANSWER, good="the tier used is named", asks=plain)
def test_service_tier_used(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Whether the tier that is named is the one that was used, and not auto."""
    if reply.request_body.get("service_tier") is not None:
        return SILENT
    named = reply.body.get("service_tier")
    return None if named in ("default", "flex", "priority", "scale") else f"service_tier is {named!r:.40}"


@invariant("responses.usage.present", about=Subject.ANSWER, good="every answer has usage", asks=answers)
def test_usage_present(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every answer has usage with its five counts."""
    if reply.status in ("queued", "in_progress"):
        return SILENT
    counts = reply.counts
    names = ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens")
    values = (counts.prompt, counts.answer, counts.total, counts.reasoning, counts.cached)
    lacking = [name for name, value in zip(names, values, strict=True) if value is None]
    return f"usage must have {', '.join(lacking)}" if lacking else None


@invariant("responses.usage.integers", about=Subject.ANSWER, good="every count is an integer", asks=answers)
def test_usage_integers(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every count of usage that is there is an integer of at least 0; others end the turn of a client."""
    if not reply.usage:
        return SILENT
    found = [(name, reply.usage.get(name)) for name in ("input_tokens", "output_tokens", "total_tokens")]
    for part, inner in (("input_tokens_details", "cached_tokens"), ("output_tokens_details", "reasoning_tokens")):
        details = reply.usage.get(part)
        found += [(inner, details.get(inner))] if isinstance(details, dict) else []
    odd = next(((name, value) for name, value in found if as_count(value) is None), None)
    return None if odd is None else f"{odd[0]} must be an integer of at least 0, got {odd[1]!r:.40}"


@invariant("responses.usage.sum", about=Subject.ANSWER, good="usage adds up", asks=answers)
def test_usage_sum(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The total is the sum of input and output, which are at least 1 where there is any."""
    prompt, answer, total = reply.counts.prompt, reply.counts.answer, reply.counts.total
    if prompt is None or answer is None or total is None:
        return SILENT
    if not prompt or (reply.text and not answer):
        return f"tokens of input and of a text must be at least 1, got {prompt} and {answer}"
    return None if prompt + answer == total else f"total_tokens must be {prompt} + {answer}, got {total}"
