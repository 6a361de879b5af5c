"""count_tokens: counting a request before it is sent, and what the count has to do with the usage of the answer."""

from conformance.base.observation import Observation, Seen, honoured, mishandled, unanswered
from conformance.http.exchange import dumped
from conformance.suite import claim
from conformance.suite.media import large_data_url
from conformance.suite.messages import Ask
from conformance.suite.probes.test_image import with_picture
from conformance.suite.results import call
from conformance.suite.toolbox import WEATHER
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase, declared, image, made, text

LONGER = "The lake lies between two hills, and a path leads around it. " * 4
# Tokens that a count may differ from the usage: Anthropic calls it an estimate, and adds tokens of its own to a request.
NEAR = 16


@claim("messages.count.answer")
async def test_answer(case: MessagesCase, ask: Ask) -> Observation:
    """A count has input_tokens, more than none."""
    return _counted(await ask(case.count()))


@claim("messages.count.not_zero")
async def test_not_zero(case: MessagesCase, ask: Ask) -> Observation:
    """A count with status 200 is never 0 or missing: a client takes the conversation for empty."""
    reply = await ask(case.count())
    if reply.exchange.status != 200:
        return unanswered(f"tokens are not counted: status {reply.exchange.status}")
    if reply.count:
        return honoured(f"{reply.count} tokens")
    return mishandled(f"a count must be above 0, got {reply.exchange.text[:80]!r}", enforced=True)


@claim("messages.count.unsupported")
async def test_unsupported(case: MessagesCase, ask: Ask) -> Observation:
    """Whether tokens are counted, and else with which error a client learns that they are not."""
    return _counted(await ask(case.count()))


@claim("messages.count.beta_query")
async def test_beta_query(case: MessagesCase, ask: Ask) -> Observation:
    """A count with beta=true behind the path is answered as the one without."""
    return _counted(await ask(case.count("?beta=true")))


@claim("messages.count.system_tools")
async def test_system_tools(case: MessagesCase, ask: Ask) -> Observation:
    """A count grows with a system prompt, and with a tool."""
    plain = await ask(case.count())
    if not plain.count:
        return _counted(plain)
    with_system = await ask(case.count(system=LONGER))
    with_tool = await ask(case.count(tools=[declared(WEATHER)]))
    for name, reply in (("a system prompt", with_system), ("a tool", with_tool)):
        if reply.count is None:
            return _counted(reply)
        if reply.count <= plain.count:
            return mishandled(f"{reply.count} tokens with {name}, {plain.count} without", enforced=True)
    return honoured(f"{plain.count} tokens, {with_system.count} with a system prompt, {with_tool.count} with a tool")


@claim("messages.count.pictures")
async def test_pictures(case: MessagesCase, ask: Ask) -> Observation:
    """A count grows with a picture in a message, and by no less with a result that has the same picture."""
    plain, with_tool = await ask(case.count()), await ask(case.count(tools=[declared(WEATHER)]))
    if not plain.count or not with_tool.count:
        return _counted(with_tool if plain.count else plain)
    asked, picture, called = case.plain().json["messages"][0]["content"], image(large_data_url()), call("Paris")
    returned = {"type": "tool_result", "tool_use_id": called.id, "content": [text("A screenshot."), picture]}
    turns = [("user", asked), ("assistant", [made(called)]), ("user", [returned])]
    shown = await ask(case.count(messages=[{"role": "user", "content": [text(asked), picture]}]))
    in_result = await ask(
        case.count(messages=[{"role": role, "content": content} for role, content in turns], tools=[declared(WEATHER)])
    )
    if not shown.count or not in_result.count:
        reply = in_result if shown.count else shown
        return await with_picture(case, ask, reply) if reply.exchange.status != 200 else _counted(reply)
    cost, more = shown.count - plain.count, in_result.count - with_tool.count
    detail = f"a picture adds {cost} tokens to a message, a call with it in its result adds {more}"
    return honoured(detail) if 0 < cost <= more else mishandled(detail, enforced=True)


@claim("messages.count.extra_keys")
async def test_extra_keys(case: MessagesCase, ask: Ask) -> Observation:
    """A count with parameters of the answer is answered or refused, and is no failure of the server."""
    reply = await ask(case.count(max_tokens=16, temperature=0.5))
    if reply.count:
        return honoured(f"{reply.count} tokens")
    seen = reply.refusal()
    return honoured(f"refused: {seen.detail}") if seen.seen is Seen.REFUSED else seen


@claim("messages.count.bad")
async def test_bad(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a count without messages is refused."""
    request = case.count()
    body = {name: value for name, value in request.json.items() if name != "messages"}
    reply = await ask(case.raw(dumped(body), path=request.path))
    return honoured(f"counted {reply.count} tokens") if reply.count else reply.refusal()


@claim("messages.usage.count_equal")
async def test_count_equal(case: MessagesCase, ask: Ask) -> Observation:
    """The count of a request is near the tokens of the prompt in the usage of its answer."""
    counted = await ask(case.count(messages=[{"role": "user", "content": LONGER}]))
    if not counted.count:
        return _counted(counted)
    reply = await ask(case.request(LONGER, budget=1))
    if not reply.ok or reply.counts.prompt is None:
        return unanswered("the request was not answered with a usage")
    detail = f"{counted.count} tokens counted, {reply.counts.prompt} in the usage"
    return honoured(detail) if abs(counted.count - reply.counts.prompt) <= NEAR else mishandled(detail, enforced=True)


@claim("messages.usage.grows")
async def test_grows(case: MessagesCase, ask: Ask) -> Observation:
    """A longer prompt has more input tokens."""
    short, long = await ask.control(case.plain()), await ask.control(case.control(LONGER, budget=1))
    less, more = short.counts.prompt, long.counts.prompt
    if less is None or more is None:
        return unanswered("the answers have no counts")
    detail = f"{less} tokens for a short prompt, {more} for a long one"
    return honoured(detail) if less < more else mishandled(detail, enforced=True)


def _counted(reply: MessagesReply) -> Observation:
    """Return honoured for a count, else what the refusal shows."""
    if reply.count:
        return honoured(f"{reply.count} tokens")
    if reply.exchange.status == 200:
        return mishandled(f"a count must have input_tokens above 0, got {reply.exchange.text[:80]!r}", enforced=True)
    return reply.refusal()
