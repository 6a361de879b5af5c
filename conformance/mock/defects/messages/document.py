"""Defects of documents."""

from conformance.mock.defects.messages.building.blocks import DOT, without_blocks
from conformance.mock.defects.messages.building.bodies import lax, of_blocks, strict
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    strict(
        "refuses_text_documents",
        "A document of plain text is refused.",
        "messages.document.text",
        "messages.document.citations",
        wrong=lambda body: "text/plain" in str(body.get("messages")),
    ),
    strict(
        "refuses_pdf",
        "A PDF is refused.",
        "messages.document.pdf",
        wrong=lambda body: "application/pdf" in str(body.get("messages")),
    ),
    lax(
        "drops_documents",
        "Documents never reach the model.",
        "messages.document.bad",
        change=without_blocks("document"),
    ),
    MessagesDefect(
        "cites_nothing",
        "No text cites a document.",
        ("messages.document.citations",),
        message=with_blocks(
            "text", lambda block: {name: value for name, value in block.items() if name != "citations"}
        ),
    ),
    lax(
        "drops_documents_of_other_types",
        "A document of any media type is accepted.",
        "messages.document.bad",
        change=of_blocks(
            lambda block: DOT if block.get("type") == "document" and "tiff" in str(block.get("source")) else block
        ),
    ),
)
