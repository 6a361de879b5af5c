"""What several defects of Responses share: changes of a response, of its items, of events, and of the rules for parameters."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.rules import Rule
from conformance.mock.surfaces.responses.columns import Profile
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest

Events = Iterator[Json]
Change = Callable[[Json], Json]

# Most statements about every response can be broken in one request of the suite alone, the one with every setting that a response
# repeats; so a defect that shows there disturbs nothing else.
ONE_REQUEST = "metadata"


def field(name: str, symptom: str, claims: str, change: Change, **more: Any) -> ResponsesDefect:
    """Return a defect of the fields of a plain response; `claims` are topics with their statements, separated by spaces."""
    settings: dict[str, Any] = {"parameter": ONE_REQUEST, "whole": of_response(change), **more}
    return ResponsesDefect(name, symptom, named(claims), **settings)


def event(name: str, symptom: str, claims: str, change: Callable[[Events], Events], **more: Any) -> ResponsesDefect:
    """Return a defect of the events of a stream, before they are numbered."""
    return ResponsesDefect(name, symptom, named(claims), events=lambda request, events: change(events), **more)


def named(claims: str) -> tuple[str, ...]:
    """Return the ids of claims of this surface that are separated by spaces."""
    return tuple(f"responses.{claim}" for claim in claims.split())


def of_response(change: Change) -> Callable[[ResponsesRequest, Json], Json]:
    """Return a mutation of a response that does not look at its request."""
    return lambda request, response: change(response)


def put(**values: Any) -> Change:
    """Return a change that sets keys of an object."""
    return lambda value: {**value, **values}


def drop(*names: str) -> Change:
    """Return a change that takes keys from an object."""
    return lambda value: {name: part for name, part in value.items() if name not in names}


def in_usage(**values: Any) -> Change:
    """Return a change of the usage of a response."""
    return lambda response: {**response, "usage": {**response["usage"], **values}}


def in_items(change: Change, *types: str) -> Change:
    """Return a change of the items of a response, of all or of these types."""

    def changed(response: Json) -> Json:
        items = [change(item) if not types or item["type"] in types else item for item in response["output"]]
        return {**response, "output": items}

    return changed


def in_parts(change: Change) -> Change:
    """Return a change of the parts of messages."""
    return in_items(lambda item: {**item, "content": [change(part) for part in item["content"]]}, "message")


def without(*types: str) -> Callable[[Events], Events]:
    """Return a change that takes events of these types from a stream."""
    return lambda events: (event for event in events if event["type"] not in types)


def in_events(change: Change, *types: str) -> Callable[[Events], Events]:
    """Return a change of the events of these types."""
    return lambda events: (change(event) if event["type"] in types else event for event in events)


def in_response(change: Change) -> Change:
    """Return a change of the response that an event carries."""
    return lambda event: {**event, "response": change(event["response"])}


def in_item(change: Change) -> Change:
    """Return a change of the item that an event carries."""
    return lambda event: {**event, "item": change(event["item"])}


def rule(name: str, symptom: str, claims: str, parameter: str, changed: Callable[[Rule], Rule], **more: Any) -> Any:
    """Return a defect of the rule for one parameter."""

    def profile(before: Profile) -> Profile:
        return replace(before, rules={**before.rules, parameter: changed(before.rules[parameter])})

    return ResponsesDefect(name, symptom, named(claims), parameter=parameter, profile=profile, **more)


def repaired(name: str, symptom: str, claims: str, repair: Change, **more: Any) -> ResponsesDefect:
    """Return a defect that accepts a mistake, since the body is made right before it is checked."""
    return ResponsesDefect(name, symptom, named(claims), body=repair, **more)
