"""What holds for every answer, streamed or not: the fields of a message, its blocks, why it ended, and its usage.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

import re

from conformance.base.validation import own_problem
from conformance.suite.invariants import invariant
from conformance.suite.messages.baselines import answers, calls, plain, stopped, thoughts
from conformance.surfaces.messages.reply import CACHE_COUNTS, MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.reply import End
from conformance.surfaces.values import as_count, as_dict
from conformance.trial.invariants import SILENT, Finding, Subject

REASONS = (
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
)
_ID = re.compile(r"[A-Za-z0-9_-]+")  # what the API takes when a call comes back


@invariant("messages.reply.schema", about=Subject.ANSWER, good="every message validates", asks=plain)
def test_schema(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A plain answer validates against the schema of the documented fields."""
    return SILENT if reply.streamed else own_problem(reply.body, "wire/messages-reply")


@invariant("messages.reply.type", about=Subject.ANSWER, good="type is message", asks=plain)
def test_type(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The type of a reply is message."""
    return _constant(reply, "type", "message")


@invariant("messages.reply.role", about=Subject.ANSWER, good="role is assistant", asks=plain)
def test_role(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The role of a reply is assistant."""
    return _constant(reply, "role", "assistant")


@invariant("messages.reply.id", about=Subject.ANSWER, good="every message has an id", asks=plain)
def test_id(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A message has an id, a string that is not empty."""
    value = reply.body.get("id")
    return None if isinstance(value, str) and value else f"id must be a string that is not empty, got {value!r}"


@invariant("messages.reply.model", about=Subject.ANSWER, good="every message names a model", asks=plain)
def test_model(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A message names the model, with the id that was asked or a snapshot of it."""
    asked, echoed = str(reply.request_body.get("model")), reply.echoed_model
    if echoed is None:
        return f"model must be a string that is not empty, got {reply.body.get('model')!r}"
    # Gateways put a provider before a name and a date behind it.
    name = asked.rsplit("/", 1)[-1]
    return None if name in echoed or echoed in asked else f"model must be {asked!r} or a snapshot of it, got {echoed!r}"


@invariant("messages.reply.content", about=Subject.ANSWER, good="content is blocks with types", asks=plain)
def test_content(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The content is an array of blocks, each with a type."""
    content = reply.body.get("content")
    items = content if isinstance(content, list) else []
    odd = [item for item in items if not isinstance(as_dict(item).get("type"), str)]
    return f"a block must be an object with a type, got {str(odd[0])[:80]}" if odd else None


@invariant("messages.reply.text_block", about=Subject.ANSWER, good="every text block has a text", asks=plain)
def test_text_block(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A text block has a text."""
    blocks = reply.of_type("text")
    if not blocks:
        return SILENT
    odd = [block for block in blocks if not isinstance(block.get("text"), str)]
    return f"text of a text block must be a string, got {odd[0].get('text')!r}" if odd else None


@invariant("messages.reply.stop_reason", about=Subject.ANSWER, good="every stop_reason is documented", asks=plain)
def test_stop_reason(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The stop_reason of an answer is one of those documented, never null."""
    reason = reply.stop_reason
    return None if reason in REASONS else f"stop_reason must be one of those documented, got {reason!r}"


@invariant("messages.reply.stop_sequence", about=Subject.ANSWER, good="stop_sequence fits the reason", asks=stopped)
def test_stop_sequence(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A stop_sequence is named exactly where it ended the answer, and it is one of those sent."""
    found, reason = reply.body.get("stop_sequence"), reply.stop_reason
    if reason != "stop_sequence":
        return None if found is None else f"stop_sequence must be null with {reply.end_as_sent}, got {found!r}"
    sent = reply.request_body.get("stop_sequences")
    if isinstance(sent, list) and found in sent:
        return None
    return f"stop_sequence must be one of {str(sent)[:60]}, got {found!r}"


@invariant(
    "messages.reply.no_chat_keys", about=Subject.ANSWER, good="no field of another API", asks=plain, absence=True
)
def test_no_chat_keys(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A message has no fields of Chat Completions."""
    odd = [name for name in ("choices", "object", "created") if name in reply.body]
    return f"a message has the field {odd[0]!r} of Chat Completions" if odd else None


@invariant(
    "messages.reply.stray_keys", about=Subject.ANSWER, good="blocks have their own fields", asks=plain, absence=True
)
def test_stray_keys(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A text or thinking block has no fields of a call."""
    blocks = [*reply.of_type("text"), *reply.of_type("thinking")]
    odd = [name for block in blocks for name in ("input", "name") if name in block]
    return f"a block that is no call has the field {odd[0]!r}" if odd else None


@invariant(
    "messages.reply.stop_details", about=Subject.ANSWER, good="stop_details fits the reason", asks=plain, absence=True
)
def test_stop_details(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Details of a refusal come only with stop_reason refusal."""
    details = reply.body.get("stop_details")
    if details is None or reply.stop_reason == "refusal":
        return None
    return f"stop_details must be null with {reply.end_as_sent}, got {str(details)[:60]}"


@invariant("messages.usage.present", about=Subject.ANSWER, good="every message has its counts", asks=answers)
def test_usage_present(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The usage has input_tokens and output_tokens, whole numbers."""
    for name in ("input_tokens", "output_tokens"):
        if as_count(reply.usage.get(name)) is None:
            return f"{name} must be a whole number, got {reply.usage.get(name)!r}"
    return None


@invariant("messages.usage.cache_keys", about=Subject.ANSWER, good="every usage counts cached tokens", asks=answers)
def test_cache_keys(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The usage has cache_creation_input_tokens and cache_read_input_tokens, whole numbers."""
    for name in CACHE_COUNTS:
        if as_count(reply.usage.get(name)) is None:
            return f"{name} must be a whole number, got {reply.usage.get(name)!r}"
    return None


@invariant("messages.usage.input_positive", about=Subject.ANSWER, good="every prompt has tokens", asks=answers)
def test_input_positive(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The tokens of a prompt, cached ones included, are more than none."""
    prompt = reply.counts.prompt
    if prompt is None:
        return SILENT
    return None if prompt else "input_tokens and the cached tokens are 0 for a prompt that was answered"


@invariant("messages.usage.output_positive", about=Subject.ANSWER, good="every answer has tokens", asks=answers)
def test_output_positive(case: MessagesCase, reply: MessagesReply) -> Finding:
    """An answer has at least one token."""
    if reply.answer_tokens is None:
        return SILENT
    return None if reply.answer_tokens else "output_tokens is 0"


@invariant("messages.usage.service_tier", about=Subject.ANSWER, good="the tier is named", asks=plain)
def test_service_tier(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Whether the usage names the tier that served the request."""
    tier = reply.usage.get("service_tier")
    return None if isinstance(tier, str) and tier else f"service_tier is {tier!r}"


@invariant("messages.usage.details_sum", about=Subject.ANSWER, good="parts are within their wholes", asks=thoughts)
def test_details_sum(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Tokens cached for five minutes and an hour add up to those written, and thinking is within the answer."""
    parts = as_dict(reply.usage.get("cache_creation"))
    written = as_count(reply.usage.get("cache_creation_input_tokens"))
    halves = [as_count(parts.get(f"ephemeral_{span}_input_tokens")) for span in ("5m", "1h")]
    thought, spent = reply.counts.reasoning, reply.answer_tokens
    if written is not None and None not in halves and sum(half or 0 for half in halves) != written:
        return (
            f"{written} tokens are written to the cache, of which {halves[0]} for 5 minutes and {halves[1]} for an hour"
        )
    if thought is not None and spent is not None and thought > spent:
        return f"{thought} tokens of thinking are in an answer of {spent} tokens"
    return None if (written is not None and None not in halves) or thought is not None else SILENT


@invariant("messages.tools.block", about=Subject.ANSWER, good="every call has id, name and input", asks=calls)
def test_call_block(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A call is a tool_use block with an id, a name and an object as its input."""
    if not reply.calls:
        return SILENT
    for block in reply.calls:
        for name in ("id", "name"):
            if not isinstance(block.get(name), str) or not block[name]:
                return f"a call must have a {name}, got {block.get(name)!r}"
        if not isinstance(block.get("input"), dict) and not reply.cut:
            return f"input of a call must be an object, got {str(block.get('input'))[:80]!r}"
    return None


@invariant("messages.tools.id_form", about=Subject.ANSWER, good="ids are letters, digits, _ and -", asks=calls)
def test_call_id_form(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The id of a call consists of the characters that the API takes when it comes back."""
    names = [name for block in reply.calls if isinstance(name := block.get("id"), str) and name]
    if not names:
        return SILENT
    odd = [name for name in names if not _ID.fullmatch(name)]
    return f"the id of a call must be letters, digits, _ and -, got {odd[0][:60]!r}" if odd else None


@invariant("messages.tools.stop_reason", about=Subject.ANSWER, good="calls and stop_reason agree", asks=calls)
def test_tool_stop_reason(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The stop_reason is tool_use exactly where a tool is called, unless the answer was cut."""
    if reply.cut or not (reply.calls or reply.end is End.CALLS):
        return SILENT
    if bool(reply.calls) is (reply.end is End.CALLS):
        return None
    return f"{reply.end_as_sent} for an answer with {len(reply.calls)} calls"


@invariant("messages.thinking.signed", about=Subject.ANSWER, good="every thought is signed", asks=thoughts)
def test_signed(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A thinking block has a text and a signature."""
    blocks = reply.of_type("thinking")
    if not blocks or reply.cut:
        return SILENT
    for block in blocks:
        if not isinstance(block.get("thinking"), str):
            return f"thinking of a thinking block must be a string, got {block.get('thinking')!r}"
        if not isinstance(block.get("signature"), str) or not block["signature"]:
            return f"a thinking block must have a signature, got {block.get('signature')!r}"
    return None


@invariant("messages.thinking.first", about=Subject.ANSWER, good="thinking comes before text", asks=thoughts)
def test_thinking_first(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The first thinking block comes before the first text and the first call."""
    kinds = [block.get("type") for block in reply.blocks]
    if "thinking" not in kinds:
        return SILENT
    before = kinds[: kinds.index("thinking")]
    odd = [kind for kind in before if kind in ("text", "tool_use")]
    return f"a {odd[0]} block comes before the thinking" if odd else None


def _constant(reply: MessagesReply, name: str, wanted: str) -> Finding:
    value = reply.body.get(name)
    return None if value == wanted else f"{name} must be {wanted!r}, got {value!r}"
