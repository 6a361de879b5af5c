"""What is stored of a response: going on from it, reading it, deleting it, and making it in the background."""

from conformance.base.observation import (
    Observation,
    Seen,
    accepted,
    honoured,
    mishandled,
    not_applicable,
    refused,
    unanswered,
)
from conformance.suite import claim
from conformance.suite.conversing import marker_reaches_model
from conformance.suite.mistakes import is_outage
from conformance.suite.responses import Ask
from conformance.suite.responses.baselines import CODE_WORD
from conformance.surfaces.reply import Reply
from conformance.surfaces.responses.mistakes import UNKNOWN_RESPONSE
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import LEAST_CAP, ResponsesCase

WORD = "heliotrope"
QUESTION = "What is the code word? Reply with one word."
ONWARD = "Reply with the single word: onward"
LOOKS = 20  # at a response in the background, until it is complete
NO_STORE = "the endpoint has no such path"


@claim("responses.state.previous")
async def test_previous(case: ResponsesCase, ask: Ask) -> Observation:
    """What the first request said is known to the one that goes on from its response, and to no other."""
    first = await ask.control(case.control(CODE_WORD))
    return await marker_reaches_model(
        case, ask, case.after(first, QUESTION), case.control(QUESTION), WORD, earlier=first
    )


@claim("responses.state.previous_chain3")
async def test_chain(case: ResponsesCase, ask: Ask) -> Observation:
    """What the first of three requests said is known to the third."""
    first = await ask.control(case.control(CODE_WORD))
    second = await ask(case.after(first, ONWARD))
    if not second.ok:
        return second.refusal()
    alone = await ask.control(case.control(ONWARD))
    whole, without = case.after(second, QUESTION), case.after(alone, QUESTION)
    return await marker_reaches_model(case, ask, whole, without, WORD, earlier=first)


@claim("responses.state.branch")
async def test_branch(case: ResponsesCase, ask: Ask) -> Observation:
    """Two requests that go on from one response do not know of each other."""
    first = await ask.control(case.control("Reply with the single word: start"))
    one = await ask(case.after(first, CODE_WORD))
    if not one.ok:
        return one.refusal()
    other = await ask(case.after(first, f"{QUESTION} If none was given, reply with the word none."))
    if not other.ok:
        return other.refusal()
    if WORD in other.text.lower():
        return mishandled(f"the answer knows the word that only the other branch was told: {other.quoted_text()}")
    return honoured(f"the other branch knows no word: {other.quoted_text()}")


@claim("responses.state.previous_incomplete")
async def test_after_incomplete(case: ResponsesCase, ask: Ask) -> Observation:
    """A request can go on from a response that its cap cut, also one that was cut in its reasoning and has no text."""
    first = await ask.control(case.capped(case.repeatable_control(), LEAST_CAP))
    if not first.cut:
        return unanswered(f"the response was not cut at {LEAST_CAP} tokens: {first.quoted_text()}")
    reply = await ask(case.after(first, ONWARD))
    if not reply.ok:
        return reply.refusal()
    return honoured(f"answered {reply.quoted_text()}, after {first.quoted_text()}")


@claim("responses.state.previous_after_store_false")
async def test_after_unstored(case: ResponsesCase, ask: Ask) -> Observation:
    """A request cannot go on from a response that was not to be stored."""
    first = await ask.control(case.control(CODE_WORD, store=False))
    return (await ask(case.after(first, QUESTION))).acceptance()


@claim("responses.state.conversation")
async def test_conversation(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a conversation that was never created is accepted."""
    return (await ask(case.request(conversation="conv_conformance"))).acceptance()


@claim("responses.state.get")
async def test_get(case: ResponsesCase, ask: Ask) -> Observation:
    """A stored response can be read, as it was given."""
    first = await ask.control(case.control(CODE_WORD))
    reply = await ask(case.stored(first.response_id))
    if not _is_response(reply):
        return without_path(reply)
    for name in ("id", "output", "status", "model"):
        if reply.body.get(name) != first.body.get(name):
            return mishandled(f"{name} of the response as it is read differs from what was given")
    return honoured("the response is read as it was given")


@claim("responses.state.get_unknown")
async def test_get_unknown(case: ResponsesCase, ask: Ask) -> Observation:
    """Reading an unknown response gets a 404 with an error."""
    reply = await ask(case.stored(UNKNOWN_RESPONSE, mistake=True))
    if reply.exchange.status == 404 and reply.error:
        return refused(f"404 {reply.error}")
    if reply.exchange.status == 200:
        return accepted("status 200 for an unknown response")
    if is_outage(reply):
        return unanswered(reply.refusal().detail)
    return mishandled(f"status must be 404 with an error, got {reply.refusal().detail}", suspect=True)


@claim("responses.state.delete")
async def test_delete(case: ResponsesCase, ask: Ask) -> Observation:
    """A stored response can be deleted, and cannot be read afterwards."""
    first = await ask.control(case.control("Reply with the single word: fleeting"))
    deleted = await ask(case.stored(first.response_id, method="DELETE"))
    if deleted.exchange.status != 200:
        return without_path(deleted)
    if deleted.body.get("deleted") is not True:
        return mishandled(f"deleted must be true, got {deleted.body.get('deleted')!r}")
    again = await ask(case.stored(first.response_id, mistake=True))
    if again.exchange.status == 404:
        return honoured("deleted, and not found afterwards")
    return mishandled(f"a deleted response must not be found, got status {again.exchange.status}")


@claim("responses.state.background")
async def test_background(case: ResponsesCase, ask: Ask) -> Observation:
    """A response in the background is queued at once, and complete when it is read later."""
    first = await ask(case.control("Reply with the single word: later", background=True))
    if not first.ok:
        return first.refusal()
    if first.status not in ("queued", "in_progress"):
        return mishandled(f"status of a response in the background must be queued or in_progress, got {first.status!r}")
    for look in range(LOOKS):
        reply = await ask(case.stored(first.response_id), look)
        if not _is_response(reply):
            return without_path(reply)
        if reply.status not in ("queued", "in_progress"):
            return honoured(f"first {first.status}, then {reply.status}")
    return unanswered(f"not complete after {LOOKS} looks")


@claim("responses.state.cancel")
async def test_cancel(case: ResponsesCase, ask: Ask) -> Observation:
    """A response in the background can be cancelled, one that is finished cannot."""
    first = await ask(case.control("Reply with the single word: never", background=True))
    if not first.ok:
        return first.refusal()
    reply = await ask(case.stored(first.response_id, "/cancel", method="POST"))
    if not _is_response(reply):
        return without_path(reply)
    if reply.status not in ("cancelled", "completed"):
        return mishandled(f"status after it is cancelled must be cancelled, got {reply.status!r}")
    done = await ask.control(case.control(CODE_WORD))
    late = await ask(case.stored(done.response_id, "/cancel", method="POST", mistake=True))
    if late.exchange.status == 400:
        return honoured(f"{reply.status}; a finished response is refused with 400")
    return mishandled(f"cancelling a finished response must get a 400, got status {late.exchange.status}")


@claim("responses.state.input_tokens")
async def test_input_tokens(case: ResponsesCase, ask: Ask) -> Observation:
    """The endpoint that counts an input counts as many tokens as the response to it is billed for."""
    control = await ask.control(case.control(CODE_WORD))
    body = case.without(case.control(CODE_WORD), "max_output_tokens").body
    counted = await ask(case.raw(body, path=f"{case.context.path}/input_tokens", mistake=False))
    if "input_tokens" not in counted.body:
        return without_path(counted)
    found, billed = counted.body["input_tokens"], control.counts.prompt
    return (
        honoured(f"{found} tokens")
        if found == billed
        else mishandled(f"{found} tokens are counted, {billed} are billed")
    )


@claim("responses.state.no_key")
async def test_no_key(case: ResponsesCase, ask: Ask) -> Observation:
    """A stored response cannot be read without the right key."""
    if not case.keyed:
        return not_applicable("the target has no key, so the endpoint need not ask for one")
    first = await ask.control(case.control(CODE_WORD))
    for auth in ("none", "wrong"):
        reply = await ask(case.stored(first.response_id, auth=auth, mistake=True))
        if reply.exchange.status == 200:
            return accepted(f"the response is read with {'no' if auth == 'none' else 'a wrong'} key")
        if is_outage(reply):
            return unanswered(reply.refusal().detail)
        if not 400 <= (reply.exchange.status or 0) < 500:
            return mishandled(f"status must be a 4xx, got {reply.refusal().detail}", suspect=True)
    return refused("neither without a key nor with a wrong one")


def _is_response(reply: ResponsesReply) -> bool:
    return reply.exchange.status == 200 and reply.body.get("object") == "response"


def without_path(reply: Reply) -> Observation:
    """Return what a reply shows that is not what the path gives: nothing, if the endpoint does not have the path."""
    if reply.exchange.status in (404, 405):
        return refused(f"{NO_STORE}: {reply.refusal().detail}")
    seen = reply.refusal()
    return seen if seen.seen is not Seen.HONOURED else unanswered(seen.detail)
