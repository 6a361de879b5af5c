"""The seams that all fronts share: the answer of the engine, and its bytes on the wire."""

from conformance.mock.defects.defect import Defects, apply_to
from conformance.mock.engine.answer import Choice, draft, finish
from conformance.mock.engine.request import Request
from conformance.mock.server.wire import Wire


def choice(request: Request, index: int, defects: Defects) -> Choice:
    """Return the choice at an index, after the defects of drafts and choices."""
    whole = apply_to(request, draft(request, index), (defect.draft for defect in defects))
    return apply_to(request, finish(request, index, whole), (defect.choice for defect in defects))


def sent(request: Request, wire: Wire, defects: Defects) -> Wire:
    """Return an answer as it is sent, after the defects of streamed or of plain answers."""
    if request.stream:
        return apply_to(request, wire, (defect.streamed for defect in defects))
    return apply_to(request, wire, (defect.answered for defect in defects))
