"""Messages and system: blocks instead of a text, and documents, all of which must reach the model."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.conversing import marker_reaches_model
from conformance.suite.messages import Ask
from conformance.suite.messages.documents import document, pdf_document
from conformance.surfaces.markers import marker
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase, text

ASKED = "Repeat the note that you see above. Write the note alone, without the word note."
# So many tokens that the count of the prompt shows whether the text they belong to has arrived.
BRIEFLY = "Write nothing else, no greeting, no sentence and no explanation."
NOTES = "This text was written to hand on one short message and nothing else. Here is the note:"
ROOM = 64  # tokens: several times what a note takes


@claim("messages.system.blocks")
async def test_system_blocks(case: MessagesCase, ask: Ask) -> Observation:
    """What a block of system between two others says is followed."""
    word = marker(f"{case.model.id} system blocks")
    brief, kind = text("You are brief."), text("You are kind.")
    rule = text(f"Whatever the user writes, reply with the single word: {word}")
    whole = case.request("Good morning!", system=[brief, rule, kind])
    without = case.control("Good morning!", system=[brief, kind])
    return await marker_reaches_model(case, ask, whole, without, word)


@claim("messages.messages.blocks")
async def test_blocks(case: MessagesCase, ask: Ask) -> Observation:
    """What two text blocks of a message say together is answered."""
    word = marker(f"{case.model.id} text blocks")
    first, second = text("Reply with the single word:"), text(f"{word}. {BRIEFLY}")
    whole = case.request(messages=[{"role": "user", "content": [first, second]}])
    without = case.control(messages=[{"role": "user", "content": [first]}])
    return await marker_reaches_model(case, ask, whole, without, word)


@claim("messages.document.text", "messages.document.pdf", "messages.search_result.read")
async def test_document(case: MessagesCase, ask: Ask) -> Observation:
    """The answer repeats a note of which only the document knows."""
    word = marker(f"{case.model.id} {case.claim.id}")
    if case.value == "pdf":
        word = word[::-1]  # in base64 it cannot be found in the request, so it must not have the form of a marker
    without = case.control(ASKED, budget=ROOM)
    return await marker_reaches_model(case, ask, _about(case, _blocks(word)[case.value]), without, word)


@claim("messages.document.citations")
async def test_citations(case: MessagesCase, ask: Ask) -> Observation:
    """With citations enabled a text block of the answer cites the document."""
    word = marker(f"{case.model.id} cited")
    cited = document(f"{NOTES} {word}", title="Notes", citations={"enabled": True})
    reply = await ask(_about(case, cited))
    if not reply.ok:
        return reply.refusal()
    places = [place for block in reply.of_type("text") for place in block.get("citations") or []]
    if places:
        return honoured(f"the answer cites {len(places)} places")
    return ignored("no text block cites the document") if word in reply.text else unanswered(_missed(reply, word))


def _about(case: MessagesCase, block: dict[str, Any]) -> Request:
    """Return the question for the note in a block."""
    return case.request(budget=ROOM, messages=[{"role": "user", "content": [block, text(ASKED)]}])


def _blocks(word: str) -> dict[str, dict[str, Any]]:
    """Return the kinds of blocks that can hold a note, by name."""
    note = f"{NOTES} {word}"
    found = {"type": "search_result", "source": "https://example.com/notes", "title": "Notes"}
    return {
        "text": document(note, title="Notes"),
        "pdf": pdf_document(note),
        "search_result": {**found, "content": [text(note)]},
    }


def _missed(reply: MessagesReply, word: str) -> str:
    return f"the answer must hold {word!r}, got {reply.quoted_text()}"
