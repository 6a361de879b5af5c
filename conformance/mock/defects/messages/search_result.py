"""Defects of search results."""

from conformance.mock.defects.messages.building.bodies import strict

DEFECTS = (
    strict(
        "refuses_search_results",
        "A search result is refused.",
        "messages.search_result.read",
        wrong=lambda body: "'type': 'search_result'" in str(body.get("messages")),
    ),
)
