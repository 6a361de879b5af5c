"""Defects of headers of an answer."""

from dataclasses import replace

from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    MessagesDefect(
        "tells_the_rate",
        "A message says in headers what is left of the rate.",
        ("messages.headers.ratelimit",),
        answered=lambda request, wire: replace(
            wire, headers={**wire.headers, "anthropic-ratelimit-requests-limit": "1000"}
        ),
    ),
)
