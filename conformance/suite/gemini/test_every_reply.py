"""What holds for every answer of content generation: its candidates, its parts, the types and names of its fields.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

import base64
import re
from collections.abc import Iterator
from typing import Any

from conformance.base.validation import own_problem
from conformance.http.exchange import parse_json
from conformance.suite.gemini.baselines import answers, calls, plain
from conformance.suite.invariants import invariant
from conformance.surfaces.gemini.reply import FINISH_REASONS, GENERATE, GeminiReply
from conformance.surfaces.gemini.request import CONFIG, GeminiCase
from conformance.surfaces.reply import End
from conformance.surfaces.values import as_dict, as_dicts, as_integer
from conformance.trial.invariants import SILENT, Finding, Subject

# Tokens that an answer may stop short of its cap: the last one may be a part of a character, and some servers count it apart.
SHORT_OF_CAP = 8
COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
)
_CHAT_KEYS = ("choices", "object")
_VERSION = re.compile(r"[-@]?(\d{3}|latest|preview[-\w]*|exp[-\w]*)$")  # what providers write behind the id of a model
_UNDERSCORE = re.compile(r"[a-z]_[a-z]")


@invariant("gemini.reply.candidates", about=Subject.REPLY, good="as many candidates as asked for", asks=plain)
def test_candidates(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A reply has the candidates that were asked for; it has none only if the prompt was blocked."""
    if not _is_response(reply) or reply.blocked or any("error" in chunk for chunk in reply.chunks):
        return SILENT
    asked = as_integer(as_dict(reply.request_body.get(CONFIG)).get("candidateCount")) or 1
    found = len(reply.candidates)
    return None if found == asked else f"the answer must have {asked} candidates, got {found}"


@invariant("gemini.reply.content_role", about=Subject.ANSWER, good="every content has the role model", asks=plain)
def test_content_role(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each content with parts has the role model."""
    contents = (as_dict(candidate.get("content")) for candidate in reply.candidates)
    roles = [content.get("role") for content in contents if content.get("parts")]
    odd = [role for role in roles if role != "model"]
    return f"the role of a content must be 'model', got {odd[0]!r}" if odd else None if roles else SILENT


@invariant("gemini.reply.parts_text", about=Subject.ANSWER, good="every text is in the parts", asks=answers)
def test_parts_text(case: GeminiCase, reply: GeminiReply) -> Finding:
    """An answer that ended by itself has text in a part, unless it calls a tool or holds other data."""
    others = [part for part in reply.parts if "text" not in part]
    if reply.end is not End.STOP or others or as_dict(reply.request_body.get(CONFIG)).get("stopSequences"):
        return SILENT
    return None if reply.text else f"the content must have a part with text, got {str(reply.content)[:80]}"


@invariant("gemini.reply.finish_set", about=Subject.ANSWER, good="every finishReason is a known word", asks=answers)
def test_finish_set(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each candidate has a finishReason, one of the documented words in capitals."""
    for candidate in reply.candidates:
        reason = candidate.get("finishReason")
        if not isinstance(reason, str) or reason not in FINISH_REASONS:
            return f"finishReason must be a documented word in capitals, got {reason!r}"
    return None


@invariant("gemini.reply.finish_stop", about=Subject.ANSWER, good="every whole answer ends with STOP", asks=calls)
def test_finish_stop(case: GeminiCase, reply: GeminiReply) -> Finding:
    """An answer that is whole ends with STOP: one that calls a tool, or JSON that is complete, whose cap left room for more."""
    cap, spent = reply.asked.cap, reply.answer_tokens
    if len(reply.candidates) > 1 or reply.end is End.FILTER or reply.end is End.OTHER:
        return SILENT
    if reply.finish_reason == "STOP":
        return None
    if reply.finish_reason is None:
        return "finishReason must be STOP, got None"
    # A text may be cut behind any word, also by a server whose own cap is lower.
    whole = reply.made or (reply.asked.formatted and isinstance(parse_json(reply.text), dict))
    if not whole or cap is None or spent is None or spent >= cap - SHORT_OF_CAP:
        return SILENT
    return f"finishReason {reply.finish_reason!r} after {spent} tokens of {cap}"


@invariant("gemini.reply.index", about=Subject.ANSWER, good="the candidates are numbered from 0", asks=plain)
def test_index(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The candidates have the indexes 0, 1 and so on; the index 0 may be left out."""
    found = [candidate.get("index") or 0 for candidate in reply.candidates]
    wanted = list(range(len(found)))
    return None if found == wanted else f"the indexes of the candidates must be {wanted}, got {found}"


@invariant("gemini.reply.camel_case", about=Subject.ANSWER, good="every name is in camel case", asks=answers)
def test_camel_case(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No field has an underscore in its name: clients do not see those that have."""
    odd = next((name for chunk in reply.chunks for name in names(chunk) if _UNDERSCORE.search(name)), None)
    return f"field names must be in camel case, got {odd!r}" if odd else None


@invariant("gemini.reply.model_version", about=Subject.ANSWER, good="every answer names its model", asks=plain)
def test_model_version(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The modelVersion is the model that was asked, perhaps with a version behind it."""
    version = reply.body.get("modelVersion")
    if not isinstance(version, str) or not version:
        return f"modelVersion must name the model, got {version!r}"
    named, asked = (name.rpartition("/")[2] for name in (version, case.model.id))
    same = named.startswith(_VERSION.sub("", asked)) or asked.startswith(_VERSION.sub("", named))
    return None if same else f"modelVersion must name {asked!r}, got {version!r}"


@invariant("gemini.reply.no_chat_keys", about=Subject.REPLY, good="no field of another API", asks=answers)
def test_no_chat_keys(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No reply has the fields of a Chat Completion."""
    if not _is_response(reply):
        return SILENT
    found = next((name for chunk in reply.chunks for name in _CHAT_KEYS if name in chunk), None)
    return f"{found} is a field of Chat Completions" if found else None


@invariant("gemini.reply.not_array", about=Subject.REPLY, good="every plain answer is an object", asks=plain)
def test_not_array(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The body of a plain answer is one object, not an array of them."""
    if reply.operator != GENERATE or reply.exchange.status != 200 or reply.exchange.failure:
        return SILENT
    return "the body must be an object, got an array" if isinstance(reply.exchange.json, list) else None


@invariant("gemini.reply.no_empty_part", about=Subject.ANSWER, good="no part is empty", asks=answers)
def test_no_empty_part(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No part is an empty object, or an empty text without a signature: clients drop such a turn from the history."""
    for number, part in enumerate(all_parts(reply), 1):
        empty_text = part.get("text") == "" and "thoughtSignature" not in part and not part.get("thought")
        if not part or (empty_text and not any(key != "text" for key in part)):
            return f"part {number} of the answer is empty: {part}"
    return None


@invariant("gemini.reply.count_types", about=Subject.ANSWER, good="every field has its type", asks=answers)
def test_count_types(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Counts are numbers, texts and reasons are strings."""
    for chunk in reply.chunks:
        used = as_dict(chunk.get("usageMetadata"))
        if odd := next(
            (name for name in COUNTS if used.get(name) is not None and as_integer(used[name]) is None), None
        ):
            return f"{odd} must be a number, got {used[odd]!r}"
        for candidate in as_dicts(chunk.get("candidates")):
            reason = candidate.get("finishReason")
            if reason is not None and not isinstance(reason, str):
                return f"finishReason must be a string, got {reason!r}"
    wrong = next((part["text"] for part in all_parts(reply) if not isinstance(part.get("text", ""), str)), None)
    return None if wrong is None else f"the text of a part must be a string, got {wrong!r}"


@invariant("gemini.reply.schema", about=Subject.ANSWER, good="every answer validates", asks=plain)
def test_schema(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A plain answer validates against the schema of the documented fields."""
    return own_problem(reply.exchange.json, "wire/gemini-reply") if reply.operator == GENERATE else SILENT


@invariant("gemini.usage.present", about=Subject.ANSWER, good="every answer has its usage", asks=answers)
def test_usage_present(case: GeminiCase, reply: GeminiReply) -> Finding:
    """An answer counts the prompt, what it holds, and the total."""
    counts = reply.counts
    if counts.prompt is None or counts.total is None:
        return f"usageMetadata must have promptTokenCount and totalTokenCount, got {str(reply.usage)[:100]}"
    counted = reply.usage.get("candidatesTokenCount") is not None
    return None if counted or not (reply.text or reply.made) else "usageMetadata must have candidatesTokenCount"


@invariant("gemini.usage.details", about=Subject.ANSWER, good="the details add up to the prompt", asks=plain)
def test_usage_details(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The tokens by modality, where they are given, add up to those of the prompt."""
    details, prompt = as_dicts(reply.usage.get("promptTokensDetails")), as_integer(reply.usage.get("promptTokenCount"))
    counts = [as_integer(row.get("tokenCount")) or 0 for row in details]
    if not details or prompt is None:
        return SILENT
    return None if sum(counts) == prompt else f"promptTokensDetails add up to {sum(counts)}, the prompt has {prompt}"


@invariant(
    "gemini.tools.args_object", about=Subject.ANSWER, good="every call has its arguments as an object", asks=calls
)
def test_args_object(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A call has a name, and its arguments, where there are any, are an object."""
    if not reply.calls:
        return SILENT
    for part in reply.calls:
        call = part["functionCall"]
        if not isinstance(call.get("name"), str) or not isinstance(call.get("args", {}), dict):
            return f"a call must have a name and an object as args, got {str(call)[:100]}"
    return None


@invariant("gemini.signature.base64", about=Subject.ANSWER, good="every signature is base64", asks=calls)
def test_signature_base64(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each signature is text in base64: clients cannot read an answer with any other."""
    signatures = [part["thoughtSignature"] for part in all_parts(reply) if "thoughtSignature" in part]
    odd = next((signed for signed in signatures if not _is_base64(signed)), None)
    return SILENT if not signatures else None if odd is None else f"a signature must be base64, got {str(odd)[:60]!r}"


@invariant("gemini.thinking.not_included", about=Subject.ANSWER, good="no thoughts that nobody asked for", asks=answers)
def test_thoughts_not_included(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Without includeThoughts no part is a thought."""
    thinking = as_dict(as_dict(reply.request_body.get(CONFIG)).get("thinkingConfig"))
    if thinking.get("includeThoughts") or "generation_config" in reply.request_body:
        return SILENT
    return f"a thought comes though none was asked for: {reply.thoughts[:60]!r}" if reply.thoughts else None


def names(value: Any, within: str = "") -> Iterator[str]:
    """Yield the names of fields at any depth, without those of objects that a client or a model fills in."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            if name not in ("args", "response", "groundingMetadata", "details"):
                yield from names(part, name)
    for part in value if isinstance(value, list) else ():
        yield from names(part, within)


def all_parts(reply: GeminiReply) -> list[dict[str, Any]]:
    """Return all parts of all candidates, in each response of a stream."""
    candidates = (candidate for chunk in reply.chunks for candidate in as_dicts(chunk.get("candidates")))
    return [part for candidate in candidates for part in as_dicts(as_dict(candidate.get("content")).get("parts"))]


def _is_response(reply: GeminiReply) -> bool:
    """Return whether a reply with status 200 came to a request for content."""
    return bool(
        reply.exchange.status == 200 and not reply.exchange.failure and reply.operator.endswith("enerateContent")
    )


def _is_base64(signed: Any) -> bool:
    if not isinstance(signed, str):
        return False
    try:
        base64.b64decode(signed.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:  # also for a text that is not ASCII
        return False
    return True
