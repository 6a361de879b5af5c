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


def strict(
    name: str, symptom: str, *claims: str, wrong: Callable[[Json], bool], reports: tuple[str, ...] = ()
) -> MessagesDefect:
    """Return the defect that refuses what is to be accepted."""
    return MessagesDefect(name, symptom, claims=claims, reports=reports, body=refuse(wrong, "This is not supported."))


def of_turns(change: Callable[[Json], Json | None]) -> Change:
    """Return the change of every message of a body that is an object; None leaves it out."""

    def changed(body: Json) -> Json:
        messages = body.get("messages")
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            return body
        return {**body, "messages": [new for message in messages if (new := change(message)) is not None]}

    return changed


def of_blocks(change: Callable[[Json], Json | None]) -> Change:
    """Return the change of every block in the contents of messages; None leaves it out."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
            return message
        return {**message, "content": [new for block in content if (new := change(block)) is not None]}

    return of_turns(message_with)


def of_tools(change: Callable[[Json], Json | None]) -> Change:
    """Return the change of every tool that is an object; None leaves it out."""

    def changed(body: Json) -> Json:
        tools = body.get("tools")
        if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
            return body
        return {**body, "tools": [new for tool in tools if (new := change(tool)) is not None]}

    return changed


def has_block(*types: str) -> Callable[[Json], bool]:
    """Return whether a message of a body has a block of one of these types, results included."""

    def found(value: object) -> bool:
        if isinstance(value, list):
            return any(map(found, value))
        return isinstance(value, dict) and (value.get("type") in types or found(value.get("content")))

    return lambda body: found(body.get("messages"))


def of_said(change: Callable[[str], str], *places: str) -> Change:
    """Return the change of the texts of system, user, assistant and results, or of these places only."""

    def wanted(place: str) -> bool:
        return not places or place in places

    def texts(value: object, place: str) -> object:
        if isinstance(value, str) and wanted(place):
            return change(value)
        return [part(each, place) for each in value] if isinstance(value, list) else value

    def part(block: object, place: str) -> object:
        if not isinstance(block, dict):
            return block
        if isinstance(block.get("text"), str) and wanted(place):
            return {**block, "text": change(block["text"])}
        return (
            {**block, "content": texts(block["content"], "result")}
            if block.get("type") == "tool_result" and "content" in block
            else block
        )

    def changed(body: Json) -> Json:
        system = {"system": texts(body["system"], "system")} if "system" in body else {}
        turns = of_turns(
            lambda message: (
                {**message, "content": texts(message.get("content"), str(message.get("role")))}
                if "content" in message
                else message
            )
        )
        return {**turns(body), **system}

    return changed
