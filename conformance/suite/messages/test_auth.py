"""How a key, a version of the API and features of a beta are sent, all of them headers."""

from dataclasses import replace
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, not_applicable, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.messages import Ask
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import SECOND, MessagesCase
from conformance.trial.ask import NoControl

NO_KEY = "the target has no key"
UNAUTHORISED = (401, 403)
# The features that Claude Code names when it asks for a plain answer.
# What Claude Code 2.1.197 names with each request.
CLAUDE_CODE = (
    "claude-code-20250219",
    "interleaved-thinking-2025-05-14",
    "thinking-token-count-2026-05-13",
    "context-management-2025-06-27",
    "prompt-caching-scope-2026-01-05",
    "mid-conversation-system-2026-04-07",
    "effort-2025-11-24",
)


@claim("messages.auth.x_api_key", "messages.auth.bearer", "messages.auth.both", "messages.auth.bare")
async def test_accepted(case: MessagesCase, ask: Ask) -> Observation:
    """A key in this form is accepted: alone in x-api-key, as a bearer token, in both headers, or without a scheme."""
    if not case.keyed:
        return not_applicable(NO_KEY)
    # The request that shows whether a model answers at all has sent the key in its usual form, without streaming.
    request = case.vary(case.plain(), stream=True) if case.value == "key" else case.plain()
    reply = await ask(replace(request, auth=case.value))
    if reply.exchange.status in UNAUTHORISED:
        # Not `refused`: that is about what the request asks, and needs another status.
        return mishandled(f"the key is not accepted: {reply.exchange.status} {reply.error}")
    return _answered(reply)


@claim("messages.error.auth_envelope")
async def test_auth_envelope(case: MessagesCase, ask: Ask) -> Observation:
    """The refusal of a wrong key has the documented envelope and type."""
    if not case.keyed:
        return not_applicable(NO_KEY)
    reply = await ask(case.raw(case.plain().body, auth="wrong"))
    if reply.exchange.status not in UNAUTHORISED:
        return unanswered(f"the key was not refused with 401 or 403: status {reply.exchange.status}")
    body = reply.exchange.json
    kind = reply.error.type if reply.error else ""
    if isinstance(body, dict) and body.get("type") == "error" and kind in ("authentication_error", "permission_error"):
        return honoured(f"an error of type {kind}")
    return mishandled(f"expected an error of type authentication_error, got {reply.exchange.text[:120]!r}")


@claim("messages.version.v1", "messages.version.v2")
async def test_version(case: MessagesCase, ask: Ask) -> Observation:
    """A request in this version is answered, with the key sent as that version's clients do."""
    # It is streamed, since a plain one in the version of the case has shown before that the model answers.
    return _answered(await ask(case.versioned(case.vary(case.plain(), stream=True), case.value)))


@claim("messages.version.missing")
async def test_missing(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a request without a version is answered."""
    return _answered(await ask(case.versioned(case.plain(), None)))


@claim("messages.version.unknown")
async def test_unknown(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a version that never was is refused."""
    return (await ask(case.versioned(case.plain(), "2020-01-01"))).acceptance()


@claim("messages.version.v2_temperature", "messages.version.v2_top_p", "messages.version.v2_top_k")
async def test_second_sampling(case: MessagesCase, ask: Ask) -> Observation:
    """The second version refuses a parameter of sampling, while it answers without."""
    name = case.claim.id.rpartition("v2_")[2]
    request = case.request(**{name: case.value})
    return await _refused_in_second(case, ask, request)


@claim("messages.version.v2_document_in_assistant", "messages.version.v2_user_citations")
async def test_second_content(case: MessagesCase, ask: Ask) -> Observation:
    """The second version refuses a document of the assistant, and citations of the user."""
    question = {"role": "user", "content": "Reply with the single word: ready"}
    source = {"type": "text", "media_type": "text/plain", "data": "A page."}
    place = {"type": "char_location", "cited_text": "A", "document_index": 0, "document_title": "Page"}
    cited = {"type": "text", "text": "A page.", "citations": [{**place, "start_char_index": 0, "end_char_index": 1}]}
    said: dict[str, list[dict[str, Any]]] = {
        "document": [question, {"role": "assistant", "content": [{"type": "document", "source": source}]}, question],
        "citations": [{"role": "user", "content": [cited, {"type": "text", "text": question["content"]}]}],
    }
    return await _refused_in_second(case, ask, case.request(messages=said[case.value]))


@claim("messages.beta.unknown")
async def test_unknown_beta(case: MessagesCase, ask: Ask) -> Observation:
    """Whether an unknown feature in the beta header is refused."""
    return (await ask(case.with_beta(case.plain(), "conformance-2020-01-01"))).acceptance()


@claim("messages.beta.claude_code_set")
async def test_claude_code(case: MessagesCase, ask: Ask) -> Observation:
    """The features that Claude Code names do not break a plain request."""
    return _answered(await ask(case.with_beta(case.plain(), *CLAUDE_CODE)))


@claim("messages.beta.query")
async def test_query(case: MessagesCase, ask: Ask) -> Observation:
    """A request with beta=true behind the path, as client libraries send it, is answered."""
    request = case.plain()
    return _answered(await ask(replace(request, path=f"{request.path}?beta=true")))


async def _refused_in_second(case: MessagesCase, ask: Ask, request: Request) -> Observation:
    """Return whether a request is refused in the second version, which must answer a plain one."""
    reply = await ask(case.versioned(request, SECOND))
    if reply.ok:
        return reply.acceptance()
    control = await ask(case.versioned(case.plain(), SECOND))
    if not control.ok:
        raise NoControl(f"version {SECOND} is not answered: {control.refusal().detail}")
    return reply.refusal()


def _answered(reply: MessagesReply) -> Observation:
    """Return honoured for an answer, else what the refusal shows."""
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()
