"""Caching of prompts: what is written and read, and how the usage counts it.

The prefix is longer than the longest minimum that Anthropic documents for a model, so these claims are dear.
"""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.messages import Ask
from conformance.suite.toolbox import WEATHER
from conformance.surfaces.markers import marker
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase, declared, text
from conformance.surfaces.values import as_count, as_dict

LINES = 300  # of about 18 tokens each: more than 4,096 tokens, the longest minimum that is documented
HOURS = (
    "hour",
    "second hour",
    "third hour",
)  # one for each look that a deviation takes: the look before has cached its own
MARK = {"cache_control": {"type": "ephemeral"}}
WRITTEN, READ = "cache_creation_input_tokens", "cache_read_input_tokens"


@claim("messages.cache.write_read")
async def test_write_read(case: MessagesCase, ask: Ask) -> Observation:
    """The first request writes the prefix to the cache, or finds it there; the second one reads it."""
    pair = await _pair(case, ask)
    if isinstance(pair, Observation):
        return pair
    first, second = pair
    detail = f"{_of(first, WRITTEN)} tokens written and {_of(first, READ)} read, then {_of(second, READ)} read"
    if not (_of(first, WRITTEN) or _of(first, READ)):
        return ignored(f"nothing is cached: {detail}")
    return honoured(detail) if _of(second, READ) else ignored(detail)


@claim("messages.usage.not_double")
async def test_not_double(case: MessagesCase, ask: Ask) -> Observation:
    """Tokens that are read from the cache are not part of input_tokens."""
    pair = await _pair(case, ask)
    if isinstance(pair, Observation):
        return pair
    fresh, read = _of(pair[1], "input_tokens"), _of(pair[1], READ)
    if not read:
        return unanswered("nothing was read from the cache")
    detail = f"input_tokens {fresh} beside {read} tokens that were read from the cache"
    return honoured(detail) if fresh < read else mishandled(detail, enforced=True)


@claim("messages.cache.ttl_1h")
async def test_hour(case: MessagesCase, ask: Ask) -> Observation:
    """What is cached for an hour is counted as such, of the first prefix that is not in the cache already."""
    for prefix in HOURS:
        reply = await ask(_request(case, prefix, ttl="1h"))
        if not reply.ok:
            return reply.refusal()
        hour = as_count(as_dict(reply.usage.get("cache_creation")).get("ephemeral_1h_input_tokens"))
        if hour:
            return honoured(f"{hour} tokens are cached for an hour")
        if not _of(reply, READ):
            return ignored(f"no tokens are counted as cached for an hour, {_of(reply, WRITTEN)} are written")
    return unanswered("every prefix was cached already")


@claim("messages.cache.most_marks")
async def test_most_marks(case: MessagesCase, ask: Ask) -> Observation:
    """Four marks, the documented maximum, are accepted over system, tools and messages."""
    reply = await ask(_with_four_marks(case))
    if not reply.ok:
        await ask.control(_with_mark(case))
    return reply.acceptance()


@claim("messages.cache.too_short")
async def test_too_short(case: MessagesCase, ask: Ask) -> Observation:
    """A prefix that is too short to be cached is no error, and counts as nothing cached."""
    reply = await ask(_with_four_marks(case))
    if not reply.ok:
        reply = await ask(_with_mark(case))
    if not reply.ok:
        return reply.refusal()
    counts = {name: reply.usage.get(name) for name in (WRITTEN, READ)}
    if any(counts.values()):
        unmarked = await ask(case.plain(), 1)
        if _of(unmarked, READ) or _of(unmarked, WRITTEN):
            return unanswered("the server caches prefixes that no mark asks it to cache")
        return mishandled(f"a prefix of a few tokens is counted as cached: {counts}")
    return honoured("nothing is counted as cached")


@claim("messages.stream.cache_counts")
async def test_streamed(case: MessagesCase, ask: Ask) -> Observation:
    """A stream counts what is cached as a plain answer does."""
    pair = await _pair(case, ask)
    if isinstance(pair, Observation):
        return pair
    if not (_of(pair[1], READ) or _of(pair[1], WRITTEN)):
        return unanswered("nothing is cached without streaming either")
    reply = await ask(case.vary(_request(case, "pair"), stream=True))
    if not reply.ok:
        return reply.refusal()
    counts = {name: reply.usage.get(name) for name in (WRITTEN, READ)}
    return honoured(f"{counts}") if any(counts.values()) else mishandled(f"a stream counts nothing as cached: {counts}")


def _with_mark(case: MessagesCase) -> Request:
    """Return a request with one mark on a short system prompt."""
    return case.control(system=[{**text("Be brief."), **MARK}])


def _with_four_marks(case: MessagesCase) -> Request:
    """Return a request with marks on a short system prompt, a tool, and two texts of a message."""
    said = [{**text(line), **MARK} for line in ("Do not call a tool.", case.question())]
    tools = [{**declared(WEATHER), **MARK}]
    return case.control(
        system=[{**text("Be brief."), **MARK}], tools=tools, messages=[{"role": "user", "content": said}]
    )


async def _pair(case: MessagesCase, ask: Ask) -> tuple[MessagesReply, MessagesReply] | Observation:
    """Return the answers to the same long request, asked twice one after the other, or a refusal."""
    first = await ask(_request(case, "pair"))
    second = await ask(_request(case, "pair"), 1)
    for reply in (first, second):
        if not reply.ok:
            return reply.refusal()
    return first, second


def _request(case: MessagesCase, name: str, **control: str) -> Request:
    """Return a request with a long system prompt that is to be cached; another name makes another prefix."""
    word = marker(f"{case.model.id} cache {name}")
    lines = (f"Rule {number} of {word}: keep every answer short, calm, friendly and exact." for number in range(LINES))
    mark = {"type": "text", "text": "\n".join(lines), "cache_control": {"type": "ephemeral", **control}}
    return case.control(system=[mark])


def _of(reply: MessagesReply, name: str) -> int:
    """Return a count of the usage; 0 where it is missing."""
    return as_count(reply.usage.get(name)) or 0
