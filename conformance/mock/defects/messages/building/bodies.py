"""Changes of requests: what a lax gateway drops or mends before it checks them, and what a strict one refuses."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.messages.defect import MessagesDefect

Change = Callable[[Json], Json]


def without(*names: str) -> Change:
    """Return the change that drops these fields."""
    return lambda body: {name: value for name, value in body.items() if name not in names}


def where(wrong: Callable[[Json], bool], change: Change) -> Change:
    """Return a change that applies to the bodies which are wrong in one way."""
    return lambda body: change(body) if wrong(body) else body


def with_field(name: str, change: Callable[[object], object]) -> Change:
    """Return the change of one field, where it is there."""
    return lambda body: {**body, name: change(body[name])} if name in body else body


def refuse(wrong: Callable[[Json], bool], message: str) -> Change:
    """Return the change that refuses the bodies which have something."""

    def refused(body: Json) -> Json:
        if wrong(body):
            raise ApiError(message)
        return body

    return refused


def lax(name: str, symptom: str, *claims: str, change: Change, reports: tuple[str, ...] = ()) -> MessagesDefect:
    """Return the defect that accepts what is to be refused, by a change of the body."""
    return MessagesDefect(name, symptom, claims=claims, reports=reports, body=change)


def strict(name: str, symptom: str, *claims: str, wrong: Callable[[Json], bool]) -> MessagesDefect:
    """Return the defect that refuses what is to be accepted."""
    return MessagesDefect(name, symptom, claims=claims, body=refuse(wrong, "This is not supported."))
