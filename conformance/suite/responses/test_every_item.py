"""What holds for every item of an answer: messages and their parts, calls, and reasoning.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from conformance.suite.baselines import calls, plain
from conformance.suite.invariants import invariant
from conformance.suite.responses.baselines import cuts, thoughts
from conformance.surfaces.reply import End
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase
from conformance.surfaces.values import as_text
from conformance.trial.invariants import SILENT, Finding, Subject


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
    odd = [name for name in ids if not as_text(name)]
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
            if not as_text(item.get(name)):
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
