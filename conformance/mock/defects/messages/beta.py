"""Defects of the header anthropic-beta."""

from conformance.mock.defects.messages.building.errors import refuse_query
from conformance.mock.surfaces.messages.answering import BETA
from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    MessagesDefect(
        "takes_any_feature",
        "An unknown feature in the beta header is accepted.",
        ("messages.beta.unknown",),
        headers=lambda headers: {name: value for name, value in headers.items() if name != BETA},
    ),
    MessagesDefect(
        "knows_no_features",
        "Any feature in the beta header is refused.",
        ("messages.beta.claude_code_set",),
        reports=("N125",),
        headers=lambda headers: {**headers, BETA: "unknown"} if BETA in headers else headers,
    ),
    MessagesDefect(
        "knows_no_query",
        "A request with a query behind its path is answered with status 404.",
        ("messages.beta.query",),
        reports=("N098",),
        query=refuse_query("/messages"),
    ),
)
