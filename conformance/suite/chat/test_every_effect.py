"""What holds for every answer to a request for JSON, whatever else was asked; what all APIs share is in the probes.

It is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.suite.chat.baselines import objects
from conformance.suite.invariants import invariant
from conformance.suite.probes.test_every_schema import form_fault
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant(
    "chat.response_format.every_object", about=Subject.ANSWER, good="every answer is a JSON object", asks=objects
)
def test_object(case: ChatCase, reply: ChatReply) -> Finding:
    """Every whole choice of a request with json_object is one JSON object."""
    return form_fault(reply, {"type": "object"}) if _format(reply).get("type") == "json_object" else SILENT


def _format(reply: ChatReply) -> dict[str, Any]:
    """Return the response_format of a request; empty if it has none."""
    value = reply.request_body.get("response_format")
    return value if isinstance(value, dict) else {}
