"""The forms of an input: which the model is given, and which are refused."""

import base64
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.media import data_url
from conformance.suite.probes.test_image import with_picture
from conformance.suite.responses import Ask
from conformance.suite.responses.baselines import CODE_WORD
from conformance.surfaces.dialogue import PLAIN
from conformance.surfaces.markers import markers_in
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase, image_part, message

# A PDF of one page that shows a note, with the bare minimum of objects; readers repair a missing table of references.
WRITTEN = "quillfern"
_CONTENT = f"BT /F1 24 Tf 72 700 Td (Note: {WRITTEN}) Tj ET"
PDF = (
    "%PDF-1.4\n"
    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>endobj\n"
    "4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    f"5 0 obj<</Length {len(_CONTENT)}>>stream\n{_CONTENT}\nendstream endobj\n"
    "trailer<</Root 1 0 R>>\n%%EOF\n"
)
FORMS: dict[str, Any] = {
    "string": lambda text: f"Hello.\n{text}",  # in two lines, as no other text of the suite
    "items": lambda text: [message("user", text)],
    "typeless": lambda text: [{"role": "user", "content": text}],
    "parts": lambda text: [message("user", [{"type": "input_text", "text": text}])],
}
NOTE = "Repeat the note. Note: zażółć 日本語 🙂"
ASKED_FOR_WORD = "What is the code word? Reply with one word."
WORD = "heliotrope"


@claim("responses.input.string", "responses.input.items", "responses.input.typeless", "responses.input.parts")
async def test_form(case: ResponsesCase, ask: Ask) -> Observation:
    """A question in this form reaches the model: the answer is the word that it asks for."""
    form = FORMS[case.claim.id.rsplit(".", 1)[-1]]
    return shows(await ask(case.request(form(case.question()))), *markers_in(case.question()))


@claim("responses.input.system", "responses.input.developer")
async def test_role(case: ResponsesCase, ask: Ask) -> Observation:
    """An instruction in the input with this role is followed."""
    word = case.question().rsplit(" ", 1)[-1]
    orders = message(case.claim.id.rsplit(".", 1)[-1], f"Answer every message with the single word: {word}")
    return shows(await ask(case.request([orders, message("user", "Hello.")])), word)


@claim("responses.input.assistant_output_text", "responses.input.assistant_without_id")
async def test_replayed(case: ResponsesCase, ask: Ask) -> Observation:
    """An answer comes back as the endpoint wrote it, or without its ids, with what was said before."""
    question = message("user", CODE_WORD)
    first = await ask.control(case.control([question]))
    output = first.output
    if case.claim.id.endswith("without_id"):
        kept = [item for item in output if item.get("type") == "message"]
        output = [{name: part for name, part in item.items() if name not in ("id", "status")} for item in kept]
    return shows(await ask(case.request([question, *output, message("user", ASKED_FOR_WORD)])), WORD)


@claim("responses.input.unicode")
async def test_unicode(case: ResponsesCase, ask: Ask) -> Observation:
    """Letters of other scripts and an emoji come back as they were sent."""
    return shows(await ask(case.request(NOTE, budget=64)), NOTE.partition("Note: ")[2])


@claim("responses.input.image_detail")
async def test_image_detail(case: ResponsesCase, ask: Ask) -> Observation:
    """An image with this detail is accepted."""
    picture = image_part(data_url(), detail=case.value)
    content = [{"type": "input_text", "text": case.question()}, picture]
    return await with_picture(case, ask, await ask(case.request([message("user", content)])))


@claim("responses.input.file_data")
async def test_file_data(case: ResponsesCase, ask: Ask) -> Observation:
    """The text of a PDF that is sent in the request reaches the model."""
    reply = await ask(case.request(_about_file(filename="report.pdf"), budget=64))
    return shows(reply, WRITTEN)


@claim("responses.input.file_name_missing")
async def test_file_name_missing(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a file without a name is accepted."""
    return (await ask(case.request(_about_file(), budget=64))).acceptance()


@claim("responses.input.tool_search_items")
async def test_tool_search_items(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether items of a search for tools are accepted in a conversation."""
    items = [
        {"type": "tool_search_call", "call_id": "call_conformance2", "execution": "client", "arguments": {}},
        {"type": "tool_search_output", "call_id": "call_conformance2", "execution": "client", "tools": []},
    ]
    return (await ask(case.request([*items, message("user", case.question())]))).acceptance()


@claim("responses.input.unstored_ids")
async def test_unstored_ids(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether items with ids that were never stored are accepted."""
    question = message("user", CODE_WORD)
    first = await ask.control(case.control([question], store=False))
    said = [item for item in first.output if item.get("type") == "message"]
    items = [question, *said, message("user", ASKED_FOR_WORD)]
    return (await ask(case.request(items, store=False))).acceptance()


@claim("responses.input.instructions_not_inherited")
async def test_instructions_not_inherited(case: ResponsesCase, ask: Ask) -> Observation:
    """Instructions of a response do not act on the one that goes on from it."""
    word = "zinnia"
    orders = f"Answer every message with the single word: {word}"
    first = await ask.control(case.control("Hello.", instructions=orders))
    if word not in first.text.lower():
        return unanswered(f"the first answer does not follow its instructions: {first.quoted_text()}")
    reply = await ask(case.after(first, PLAIN))
    if not reply.ok:
        return reply.refusal()
    if word in reply.text.lower():
        return ignored(f"the second answer still follows the instructions of the first: {reply.quoted_text()}")
    return honoured(f"the first answer is {first.quoted_text()}, the second {reply.quoted_text()}")


def shows(reply: ResponsesReply, *words: str) -> Observation:
    """Observe whether an answer has these words; an answer without them shows nothing, since models may refuse to say them."""
    if not reply.ok:
        return reply.refusal()
    lacking = [word for word in words if word.lower() not in reply.text.lower()]
    if lacking:
        return unanswered(f"the answer must have {lacking[0]!r}, got {reply.quoted_text()}")
    return honoured(f"the answer has {', '.join(map(repr, words))}")


def _about_file(**more: str) -> list[dict[str, Any]]:
    data = f"data:application/pdf;base64,{base64.b64encode(PDF.encode()).decode()}"
    question = {
        "type": "input_text",
        "text": "Repeat the note in the document, and nothing else.",
    }
    return [message("user", [{"type": "input_file", "file_data": data, **more}, question])]
