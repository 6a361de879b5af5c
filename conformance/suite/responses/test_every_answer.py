"""What holds for every answer: the fields of the response, its items, its usage, and the settings that it repeats.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from collections.abc import Callable
from typing import Any

from conformance.base.validation import own_problem
from conformance.suite.baselines import answers, calls, plain
from conformance.suite.invariants import invariant
from conformance.suite.responses.baselines import alternatives, chains, cuts, echoes, parallel_calls, thoughts
from conformance.surfaces.reply import End
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import CAP, ResponsesCase
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
DEFAULTS: dict[str, Any] = {
    "temperature": 1,
    "top_p": 1,
    "store": True,
    "truncation": "disabled",
    "tool_choice": "auto",
    "parallel_tool_calls": True,
}


def _field(reply: ResponsesReply, name: str, is_right: Callable[[Any], bool], wanted: str) -> Finding:
    value = reply.body.get(name)
    return None if is_right(value) else f"{name} must be {wanted}, got {value!r:.80}"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


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
    return _field(reply, "id", _is_text, "a non-empty string")


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
    return _field(reply, "model", _is_text, "a non-empty string")


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


@invariant("responses.reply.output", about=Subject.ANSWER, good="a message or a call in every output", asks=plain)
def test_output(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The output of a completed answer has a message or a call."""
    if reply.status != "completed":
        return SILENT
    kinds = [item.get("type") for item in reply.output]
    said = any(kind == "message" or str(kind).endswith("_call") for kind in kinds)
    return None if said else f"the output must have a message or a call, got items {kinds}"


@invariant("responses.reply.item_ids", about=Subject.ANSWER, good="every item has an id", asks=calls)
def test_item_ids(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every item of the output has an id of its own."""
    ids = [item.get("id") for item in reply.output]
    odd = [name for name in ids if not _is_text(name)]
    if odd:
        return f"each item must have an id, got {odd[0]!r:.40}"
    return None if len(set(ids)) == len(ids) else f"each item must have an id of its own, got {ids!r:.120}"


@invariant("responses.reply.item_status", about=Subject.ANSWER, good="messages are complete", asks=plain)
def test_item_status(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Messages are complete, except for one that ends an incomplete response."""
    return _statuses(reply, "message")


@invariant("responses.tools.item_status", about=Subject.ANSWER, good="calls are complete", asks=calls)
def test_call_status(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Calls are complete, except for one that ends an incomplete response."""
    return _statuses(reply, "function_call")


@invariant(
    "responses.tools.call_id_unique", about=Subject.ANSWER, good="calls have ids of their own", asks=parallel_calls
)
def test_call_id_unique(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Several calls of one answer have different call_ids."""
    ids = [call.id for call in reply.made]
    if len(ids) < 2:
        return SILENT
    return None if len(set(ids)) == len(ids) else f"each call must have a call_id of its own, got {ids!r:.120}"


def _statuses(reply: ResponsesReply, kind: str) -> Finding:
    """Check the status of the items of one type."""
    if reply.status not in ("completed", "incomplete") or not reply.items(kind):
        return SILENT
    for item in reply.items(kind):
        last = reply.status == "incomplete" and item is reply.output[-1]
        if item.get("status") not in (("incomplete", "completed") if last else ("completed",)):
            return f"status of a {kind} must be 'completed', got {item.get('status')!r:.40}"
    return None


@invariant(
    "responses.max_output_tokens.item_status", about=Subject.ANSWER, good="cut messages are incomplete", asks=cuts
)
def test_cut_message(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The message of an answer that was cut at its cap has the status incomplete."""
    if reply.end is not End.LENGTH or not reply.output or reply.output[-1].get("type") != "message":
        return SILENT
    found = reply.output[-1].get("status")
    return None if found == "incomplete" else f"status of a message that was cut must be 'incomplete', got {found!r}"


@invariant("responses.reply.message_shape", about=Subject.ANSWER, good="messages are whole", asks=plain)
def test_message_shape(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every message has an id, a status, the role assistant and content."""
    messages = reply.items("message")
    for item in messages:
        if item.get("role") != "assistant":
            return f"the role of a message must be 'assistant', got {item.get('role')!r:.40}"
        lacking = [name for name in ("id", "status", "content") if not item.get(name)]
        if lacking:
            return f"a message must have {', '.join(lacking)}"
    return None if messages else SILENT


@invariant("responses.reply.output_text", about=Subject.ANSWER, good="texts are in parts of output_text", asks=plain)
def test_output_text(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The content of every message is a list of parts: output_text with text and annotations, or refusal."""
    messages = reply.items("message")
    for item in messages:
        content = item.get("content")
        if not isinstance(content, list):
            return f"content of a message must be a list of parts, got {content!r:.60}"
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind not in ("output_text", "refusal"):
                return f"a part must be output_text or refusal, got {kind!r:.40}"
            if kind == "output_text" and not (
                isinstance(part.get("text"), str) and isinstance(part.get("annotations"), list)
            ):
                return f"a part must have text and annotations, got {part!r:.80}"
    return None if messages else SILENT


@invariant("responses.reply.logprobs_key", about=Subject.ANSWER, good="every text has logprobs", asks=plain)
def test_logprobs_key(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Whether a part of text has the key logprobs without being asked for."""
    parts = [part for part in reply.parts if part.get("type") == "output_text"]
    if not parts:
        return SILENT
    return None if all("logprobs" in part for part in parts) else "a part of text has no key logprobs"


@invariant("responses.reply.call_shape", about=Subject.ANSWER, good="calls are whole", asks=calls)
def test_call_shape(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every call of a function has a call_id, a name, and arguments as a text."""
    called = reply.items("function_call")
    for item in called:
        for name in ("call_id", "name"):
            if not _is_text(item.get(name)):
                return f"{name} of a call must be a non-empty string, got {item.get(name)!r:.40}"
        if not isinstance(item.get("arguments"), str):
            return f"arguments of a call must be a text, got {item.get('arguments')!r:.60}"
    return None if called else SILENT


@invariant(
    "responses.reasoning.item_order", about=Subject.ANSWER, good="reasoning comes before the answer", asks=thoughts
)
def test_item_order(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """An item of reasoning comes before the message or the call that it leads to."""
    kinds = [item.get("type") for item in reply.output]
    if "reasoning" not in kinds:
        return SILENT
    return None if kinds[-1] != "reasoning" or len(kinds) == 1 else f"reasoning must not come last, got items {kinds}"


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
    odd = next(((name, value) for name, value in found if not _is_count(value)), None)
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


def _echo(reply: ResponsesReply, name: str) -> Finding:
    """Check that a setting of the request is repeated."""
    if reply.request_body.get(name) is None:
        return SILENT
    sent, got = reply.request_body[name], reply.body.get(name)
    return None if got == sent else f"{name} must be {sent!r:.60} as in the request, got {got!r:.60}"


@invariant("responses.reply.echo_temperature", about=Subject.ANSWER, good="temperature is repeated", asks=echoes)
def test_echo_temperature(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The temperature of the request is in the response."""
    return _echo(reply, "temperature")


@invariant("responses.reply.echo_top_p", about=Subject.ANSWER, good="top_p is repeated", asks=echoes)
def test_echo_top_p(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The top_p of the request is in the response."""
    return _echo(reply, "top_p")


@invariant("responses.reply.echo_instructions", about=Subject.ANSWER, good="instructions are repeated", asks=echoes)
def test_echo_instructions(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The instructions of the request are in the response."""
    return _echo(reply, "instructions")


@invariant("responses.reply.echo_metadata", about=Subject.ANSWER, good="metadata is repeated", asks=echoes)
def test_echo_metadata(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The metadata of the request is in the response."""
    return _echo(reply, "metadata")


@invariant("responses.reply.echo_max_output_tokens", about=Subject.ANSWER, good="the cap is repeated", asks=plain)
def test_echo_max_output_tokens(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The cap of the request is in the response."""
    return _echo(reply, CAP)


@invariant("responses.reply.echo_parallel_tool_calls", about=Subject.ANSWER, good="it is repeated", asks=echoes)
def test_echo_parallel_tool_calls(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """What the request says about parallel calls is in the response."""
    return _echo(reply, "parallel_tool_calls")


@invariant("responses.reply.echo_tool_choice", about=Subject.ANSWER, good="the choice is repeated", asks=calls)
def test_echo_tool_choice(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The choice of tools of the request is in the response."""
    return _echo(reply, "tool_choice")


@invariant("responses.reply.echo_tools", about=Subject.ANSWER, good="the tools are repeated", asks=calls)
def test_echo_tools(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The tools of the request are in the response, by type and name."""
    sent, got = reply.request_body.get("tools"), reply.body.get("tools")
    if not isinstance(sent, list) or not sent:
        return SILENT

    def named(tools: Any) -> list[Any]:
        rows = tools if isinstance(tools, list) else []
        return [(tool.get("type"), tool.get("name")) for tool in rows if isinstance(tool, dict)]

    return None if named(got) == named(sent) else f"tools must be {named(sent)!r:.80}, got {named(got)!r:.80}"


@invariant(
    "responses.reply.echo_top_logprobs", about=Subject.ANSWER, good="top_logprobs is repeated", asks=alternatives
)
def test_echo_top_logprobs(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The number of alternatives of the request is in the response."""
    return _echo(reply, "top_logprobs")


@invariant("responses.reply.echo_store", about=Subject.ANSWER, good="it is repeated", asks=echoes)
def test_echo_store(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Whether the request asks for storing is in the response."""
    return _echo(reply, "store")


@invariant("responses.reply.echo_truncation", about=Subject.ANSWER, good="truncation is repeated", asks=echoes)
def test_echo_truncation(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The truncation of the request is in the response."""
    return _echo(reply, "truncation")


@invariant("responses.reply.echo_text_format", about=Subject.ANSWER, good="the format is repeated", asks=echoes)
def test_echo_text_format(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The type of the format that the request asks for is in the response."""
    sent = _format(reply.request_body)
    if sent is None:
        return SILENT
    got = _format(reply.body)
    return None if got == sent else f"text.format must be of type {sent!r:.40}, got {got!r:.40}"


@invariant(
    "responses.reply.echo_previous_response_id", about=Subject.ANSWER, good="the earlier id is repeated", asks=chains
)
def test_echo_previous_response_id(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The id of the response that the request goes on from is in the response."""
    return _echo(reply, "previous_response_id")


@invariant("responses.reply.echo_defaults", about=Subject.ANSWER, good="what is left out has its default", asks=plain)
def test_echo_defaults(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """What the request leaves out is in the response with its documented default."""
    for name, value in DEFAULTS.items():
        if reply.request_body.get(name) is None and reply.body.get(name) != value:
            return f"{name} must be {value!r} where it is left out, got {reply.body.get(name)!r:.40}"
    if reply.request_body.get("text") is None and _format(reply.body) != "text":
        return f"text.format must be of type 'text' where it is left out, got {_format(reply.body)!r:.40}"
    return None


def _format(body: dict[str, Any]) -> Any:
    """Return the type of the format in a request or a response; None without one."""
    text = body.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    return wanted.get("type") if isinstance(wanted, dict) else None
