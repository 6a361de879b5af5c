"""The seams that every front passes its answers through: what the engine says, and the wire."""

from conformance.mock.defects.defect import Defects, apply_to
from conformance.mock.engine.answer import Choice, draft, finish
from conformance.mock.engine.request import Request
from conformance.mock.server.wire import Wire


def choice(request: Request, index: int, defects: Defects) -> Choice:
    """Return the choice at an index: what the engine wants to say, and what is left of it."""
    whole = apply_to(request, draft(request, index), (defect.draft for defect in defects))
    return apply_to(request, finish(request, index, whole), (defect.choice for defect in defects))


def sent(request: Request, wire: Wire, defects: Defects) -> Wire:
    """Return an answer as it goes out, streamed or plain."""
    if request.stream:
        return apply_to(request, wire, (defect.streamed for defect in defects))
    return apply_to(request, wire, (defect.answered for defect in defects))
