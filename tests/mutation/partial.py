"""Lies that are told only now and then: a defect of the mock gateway that shows on some requests, or in a part of an answer.

A gateway has several code paths, and many real faults are in one of them: only with tools, only in streams, only in the second
choice.  A condition restricts any defect in this way.  `python -m tests.mutation --partial` runs every defect under every
condition and prints those that change a reply and are not found; tests/mutation/test_partial.py holds a sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from unittest import mock

from conformance.mock.defects.defect import Defect, Json
from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.server import registry
from tests.mutation.mutating import RED, Mutation, content
from tests.mutation.touching import touches
from tests.support.in_process import Direct

Seam = Callable[..., Any]

# Where a value is changed: `body` and `request` take one argument, the others the request and the value.
OF_BODY = ("body",)
OF_REQUEST = ("request",)
OF_ANSWER = ("draft", "choice", "ids", "logprobs", "whole", "events", "answered", "streamed")


@dataclass(frozen=True)
class Condition:
    """When a defect shows: on requests for whose body `holds` is true, and there in the parts that `part` keeps.

    `part` takes the name of a seam, the true value and the changed one, and returns the value to use; None keeps the changed
    one.  A seam for which it has no answer makes the defect unfit for the condition.
    """

    name: str
    holds: Callable[[Json], bool]
    part: Mapping[str, Callable[[Any, Any], Any]] | None = None

    def fits(self, defect: Defect) -> bool:
        """Return whether a defect can be restricted to this condition."""
        usable = (*OF_BODY, *OF_REQUEST, *OF_ANSWER) if self.part is None else self.part
        return defect.surface == "chat" and set(defect.seams) <= set(usable)

    def restrict(self, defect: Defect) -> Defect:
        """Return a defect that shows only under this condition."""
        changed = {seam: self._restricted(seam, getattr(defect, seam)) for seam in defect.seams}
        return replace(defect, name=f"{defect.name} {self.name}", **changed)

    def _restricted(self, name: str, seam: Seam) -> Seam:
        if name in OF_BODY:
            return lambda body: seam(body) if self.holds(body) else body
        if name in OF_REQUEST:
            return lambda request: seam(request) if self.holds(request.body) else request
        keep = self.part[name] if self.part else None

        def changed(request: Any, value: Any) -> Any:
            if not self.holds(request.body):
                return value
            if keep is None:
                return seam(request, value)
            if name == "events":
                value = list(value)
                return iter(keep(value, list(seam(request, iter(_copied(value))))))
            return keep(value, seam(request, value))

        return changed


def _copied(value: Any) -> Any:
    """Return a copy of lists and objects, since some defects change chunks in place."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _later(true: list[Any], changed: list[Any]) -> list[Any]:
    """Return the first item as it is, and the others changed."""
    return [*true[:1], *changed[1:]]


def _later_choices(true: Json, changed: Json) -> Json:
    return {**true, "choices": _later(true["choices"], changed["choices"])}


def _later_choice_chunks(true: list[Json], changed: list[Json]) -> list[Json]:
    """Return the chunks of the first choice as they are, the others changed, and at the end what belongs to no choice."""
    first = [chunk for chunk in true if _choice_of(chunk) == 0]
    later = [chunk for chunk in changed if _choice_of(chunk) not in (0, None)]
    return [*first, *later, *(chunk for chunk in true if _choice_of(chunk) is None)]


def _choice_of(chunk: Json) -> Any:
    return chunk["choices"][0].get("index") if chunk.get("choices") else None


def _later_calls(true: Json, changed: Json) -> Json:
    """Return a body in which only calls after the first are changed."""
    return {
        **true,
        "choices": [_with_calls(one, other) for one, other in zip(true["choices"], changed["choices"], strict=False)],
    }


def _with_calls(true: Json, changed: Json) -> Json:
    calls, others = (choice["message"].get("tool_calls") for choice in (true, changed))
    if not isinstance(calls, list) or not isinstance(others, list):
        return true
    return {**true, "message": {**true["message"], "tool_calls": _later(calls, others)}}


def _later_call_chunks(true: list[Json], changed: list[Json]) -> list[Json]:
    """Return the chunks in which only the fragments of calls after the first are changed."""
    before = [chunk for chunk in true if _call_of(chunk) in (None, 0) and not _ends(chunk)]
    later = [chunk for chunk in changed if _call_of(chunk) not in (None, 0)]
    return [*before, *later, *(chunk for chunk in true if _call_of(chunk) is None and _ends(chunk))]


def _call_of(chunk: Json) -> Any:
    choices = chunk.get("choices") or [{}]
    calls = choices[0].get("delta", {}).get("tool_calls")
    return calls[0].get("index", -1) if calls else None


def _ends(chunk: Json) -> bool:
    return not chunk.get("choices") or any(choice.get("finish_reason") for choice in chunk["choices"])


def _choice_at(true: Choice, changed: Choice) -> Choice:
    return changed if true.index else true


def _calls_of_draft(true: Draft, changed: Draft) -> Draft:
    return replace(true, calls=(*true.calls[:1], *changed.calls[1:]))


def _several(body: Json) -> bool:
    number = body.get("n")
    return isinstance(number, int) and number > 1


def _has_history(body: Json) -> bool:
    messages = body.get("messages")
    return isinstance(messages, list) and len(messages) > 1


CONDITIONS = (
    Condition("only with tools", lambda body: bool(body.get("tools"))),
    Condition("only in streams", lambda body: body.get("stream") is True),
    Condition("only without streaming", lambda body: body.get("stream") is not True),
    Condition("only at n > 1", _several),
    Condition("only with a history", _has_history),
    Condition("only with a schema", lambda body: "response_format" in body),
    Condition("only with temperature 0", lambda body: body.get("temperature") == 0),
    Condition(
        "only in later choices",
        _several,
        {
            "choice": _choice_at,
            "whole": _later_choices,
            "events": _later_choice_chunks,
        },
    ),
    Condition(
        "only in later calls",
        lambda body: bool(body.get("tools")),
        {
            "draft": _calls_of_draft,
            "ids": lambda true, changed: (*true[:1], *changed[1:]),
            "whole": _later_calls,
            "events": _later_call_chunks,
        },
    ),
)
ROUTES = ("reasoning", "claude", "gemini")  # of several routes behind a gateway only one may be faulty


def of_route(defect: Defect, kind: str) -> Defect:
    """Return a defect that shows only on models of one kind."""
    return replace(defect, name=f"{defect.name} only on {kind}", kinds=(kind,))


def partial(defect: Defect) -> Iterator[Defect]:
    """Yield a defect under every condition that fits it."""
    yield from (condition.restrict(defect) for condition in CONDITIONS if condition.fits(defect))
    yield from (of_route(defect, kind) for kind in ROUTES if kind in defect.kinds and len(defect.kinds) > 1)


@contextmanager
def planted(defect: Defect) -> Iterator[str]:
    """Make a defect known to gateways of this process under its name."""
    find = registry.find
    with mock.patch.object(registry, "find", lambda name: defect if name == defect.name else find(name)):
        yield defect.name


@dataclass(frozen=True)
class Found:
    """What a run finds of a partial defect: the claims that turned, and how many replies the defect changes."""

    name: str
    claims: tuple[str, ...]
    against: bool
    changed: int

    @property
    def line(self) -> str:
        """One line about it."""
        if self.claims:
            return f"found {self.name}: {', '.join(self.claims)}"
        return f"MISSED {self.name}: {self.changed} replies changed" if self.changed else f"not shown {self.name}"


def found(mutation: Mutation, defect: Defect) -> Found:
    """Return what a run finds of a partial defect."""
    with planted(defect):
        mutant = mutation.mutant(defect.name)
        against = any(mutant.cells[name].verdict in RED for name in mutant.turned)
        changed = 0 if mutant.turned else asyncio.run(_changed(mutation, defect))
    return Found(defect.name, tuple(mutant.claims), against, changed)


async def _changed(mutation: Mutation, defect: Defect) -> int:
    """Return how many replies to what the truthful gateway was asked a defect changes."""
    gateway, number = Direct(defect.name), 0
    for before in mutation.truth.exchanges.values():
        if touches(defect, before):
            now = await gateway.send(before.request, before.sample, before.attempt)
            number += content(now) != content(before)
    return number


def named(name: str, condition: str) -> Defect:
    """Return the defect with this name under a condition, or on one kind of models."""
    defect = registry.find(name)
    return next(each for each in partial(defect) if each.name == f"{name} {condition}")


def every(names: Iterable[str]) -> Iterator[Defect]:
    """Yield the defects with these names under every condition."""
    return chain.from_iterable(partial(registry.find(name)) for name in names)
