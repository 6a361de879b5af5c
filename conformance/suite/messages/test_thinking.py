"""Thinking: blocks with a signature before the answer, and their way back in the next turn."""

from typing import Any

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.efforts import SAMPLES, compared
from conformance.suite.messages import Ask
from conformance.suite.messages.baselines import ROOM, THOUGHTFUL
from conformance.suite.toolbox import QUESTION, WEATHER
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.prompt import Prompt, Result, assistant, user

SMALLEST = 1024  # tokens, the smallest budget of thinking
# Characters for a token of English at most, twice the usual: fewer tokens than this cannot be the whole answer.
CHARACTERS = 8
RIDDLE = (
    "A farmer has 17 sheep. All but 9 run away, then he buys twice as many as are left. How many has he? Think well."
)


@claim("messages.thinking.enabled", "messages.thinking.adaptive")
async def test_thinks(case: MessagesCase, ask: Ask) -> Observation:
    """A thinking block comes before the text; a model that decides for itself may leave it out."""
    kind = case.value
    budget = {"budget_tokens": SMALLEST} if kind == "enabled" else {}
    reply = await ask(case.request(THOUGHTFUL, max_tokens=ROOM, thinking={"type": kind, **budget}))
    if not reply.ok:
        return reply.refusal()
    if reply.of_type("thinking") or reply.of_type("redacted_thinking"):
        return honoured("a thinking block comes before the text")
    return accepted("answered without thinking") if kind == "adaptive" else ignored("no thinking block comes")


@claim("messages.thinking.display_omitted")
async def test_omitted(case: MessagesCase, ask: Ask) -> Observation:
    """Thinking that is not to be shown comes as a block with an empty text and a signature."""
    reply = await ask(case.request(THOUGHTFUL, max_tokens=ROOM, thinking=case.thinking(display="omitted")))
    if not reply.ok:
        return reply.refusal()
    blocks = reply.of_type("thinking")
    if not blocks:
        return unanswered("the model did not think")
    if reply.thoughts:
        return ignored(f"{len(reply.thoughts)} characters of thinking are shown")
    signed = all(block.get("signature") for block in blocks)
    return honoured("signed and not shown") if signed else mishandled("a block that is not shown has no signature")


@claim("messages.thinking.tokens")
async def test_tokens(case: MessagesCase, ask: Ask) -> Observation:
    """The tokens of thinking are part of output_tokens."""
    reply = await ask(case.request(THOUGHTFUL, max_tokens=ROOM, thinking=case.thinking()))
    if not reply.ok:
        return reply.refusal()
    spent, shown = reply.answer_tokens, len(reply.thoughts) + len(reply.text)
    if not reply.thoughts or spent is None:
        return unanswered("there is no thinking, or no count, to look at")
    detail = f"{spent} tokens for {shown} characters of thinking and text"
    if spent < (reply.counts.reasoning or 0):
        return mishandled(f"{spent} tokens of the answer are fewer than {reply.counts.reasoning} of thinking")
    return honoured(detail) if spent * CHARACTERS >= shown else mishandled(f"only {detail}", enforced=True)


@claim("messages.thinking.round_trip")
async def test_round_trip(case: MessagesCase, ask: Ask) -> Observation:
    """The blocks of an answer that thought and called a tool are accepted, unchanged, with the result of the call."""
    first = await _called(case, ask)
    if isinstance(first, Observation):
        return first
    reply = await ask(_second_turn(case, first, first.body["content"]))
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()


@claim("messages.thinking.tampered")
async def test_tampered(case: MessagesCase, ask: Ask) -> Observation:
    """A thinking block with a changed signature is refused, while the unchanged one is accepted."""
    first = await _called(case, ask)
    if isinstance(first, Observation):
        return first
    reply = await ask(_second_turn(case, first, [_tampered(block) for block in first.blocks]))
    await ask.control(_second_turn(case, first, first.body["content"]))
    return reply.acceptance()


@claim("messages.effort.effect")
async def test_effort(case: MessagesCase, ask: Ask) -> Observation:
    """An answer with little effort takes fewer tokens than one with the most, in each of two samples."""
    # The tokens are those of thinking where every answer counts them, since the length of the text is chance.
    low, most = [
        await ask.samples(
            case.request(RIDDLE, max_tokens=4 * SMALLEST, thinking=case.thinking(), output_config={"effort": effort}),
            SAMPLES,
        )
        for effort in ("low", "max")
    ]
    replies = (*low, *most)
    for reply in replies:
        if not reply.ok:
            return reply.refusal()
    if not any(reply.of_type("thinking") for reply in replies):
        return unanswered("the model did not think, so how much it wrote is chance")
    thought = [reply.counts.reasoning or 0 for reply in replies]
    spent = thought if all(thought) else [reply.answer_tokens or 0 for reply in replies]
    if not all(spent):
        return unanswered("the answers have no counts of tokens")
    less, more = spent[: len(low)], spent[len(low) :]
    return compared(less, more, f"{less} tokens with low effort, {more} with max")


async def _called(case: MessagesCase, ask: Ask) -> MessagesReply | Observation:
    """Return an answer that thought and called the tool, or what else was seen."""
    prompt = Prompt.of(QUESTION, tools=(WEATHER,), choice="auto")
    reply = await ask(case.spelt(prompt, max_tokens=ROOM, thinking=case.thinking()))
    if not reply.ok:
        return reply.refusal()
    if reply.of_type("thinking") and reply.calls:
        return reply
    return unanswered("the model did not think, or called no tool")


def _second_turn(case: MessagesCase, first: MessagesReply, content: Any) -> Request:
    """Return the turn that gives the results of all calls, with this content of the turn before."""
    results = tuple(Result(call, "18 degrees") for call in first.made)
    turns = (user(QUESTION), assistant("replaced"), user("", results=results))
    request = case.spelt(Prompt(turns, tools=(WEATHER,)), max_tokens=ROOM, thinking=case.thinking())
    messages = request.json["messages"]
    said = {"role": "assistant", "content": content}
    return case.vary(request, messages=[messages[0], said, messages[2]])


def _tampered(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block with another letter in the middle of its signature."""
    signature = block.get("signature")
    if not isinstance(signature, str) or not signature:
        return block
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return {**block, "signature": f"{signature[:middle]}{other}{signature[middle + 1 :]}"}
