"""Requests of APIs whose parameters are fields of the body, `stream` among them: what the cases of these APIs share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from conformance.http.exchange import Exchange, Request, dumped
from conformance.surfaces import mistakes
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.errors import envelope
from conformance.surfaces.surface import with_value_at


class BodyCase(DialogueCase):
    """A case as a test of its API sees it; its requests differ from the baseline only in what the test asks for.

    `baseline_parameters` are what the baseline sends in addition to the parameter under test, so that answers are short and
    repeatable.
    """

    baseline_parameters: ClassVar[frozenset[str]]

    @abstractmethod
    def _baseline(self, prompt: Any, budget: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that the parameters are added to: the model, what it is asked and a cap."""

    @property
    def _mode(self) -> dict[str, Any]:
        return {"stream": True} if self.streams else {}

    def request(self, prompt: Any = None, *, budget: int = 16, **parameters: Any) -> Request:
        """Return the baseline with these parameters, streamed if the case is.

        `prompt` is a question, or anything else that the API takes as the input of a model.  Without one it asks for a word that
        follows from the model and the names of the parameters.  `budget` limits the visible answer to a number of tokens, unless
        `parameters` have a cap of their own.
        """
        return self._post({**self._baseline(prompt, budget, parameters), **self._mode, **parameters})

    def control(self, prompt: Any = None, *, budget: int = 16, **parameters: Any) -> Request:
        """Return what `request` returns, never streamed, so that both modes of a case share their controls."""
        unstreamed = {name: value for name, value in parameters.items() if name != "stream"}
        return self._post({**self._baseline(prompt, budget, parameters), **unstreamed})

    def vary(self, control: Request, **parameters: Any) -> Request:
        """Return a control with these parameters changed, streamed if the case is."""
        return self._post({**control.json, **self._mode, **parameters})

    def without(self, request: Request, *names: str) -> Request:
        """Return a request without these parameters."""
        return self._post({name: value for name, value in request.json.items() if name not in names})

    def with_value(self, value: Any) -> Request:
        """Return the baseline with the parameter under test set to a value."""
        head, *rest = self.parameter.place
        changed: dict[str, Any] = {head: with_value_at({}, rest, value) if rest else value}
        return self.request(**changed)

    def with_mistake(self, name: str) -> Request:
        body = dict(self.plain().json)
        streams = self.streams and name in mistakes.MESSAGES
        return self.raw(mistakes.with_mistake({**body, "stream": True} if streams else body, name))

    @property
    def message_mistakes(self) -> tuple[str, ...]:
        return tuple(mistakes.MESSAGES)

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """Return the baseline's parameter that a refusal names in place of the one under test; None if it names none."""
        error, sent = envelope(exchange.json), exchange.request.json
        named = error.param.partition(".")[0].partition("[")[0] if error else ""
        tested = self.parameter.place[0]
        own = next((group for group in self.synonyms if tested in group), frozenset({tested}))
        return named if named in self.baseline_parameters - own and isinstance(sent, dict) and named in sent else None

    def _post(self, body: Mapping[str, Any]) -> Request:
        """Return the request with this body."""
        request = Request.post(
            self.context.path,
            body,
            surface=self.claim.surface,
            model=str(self.case.model),
            about=self.parameter.place[0],
        )
        return replace(request, quiet=True) if self.claim.quiet else request


def kind_of_body(streamed: bool, parts: Sequence[str]) -> str:
    """Return what kind of request it is: plain or streamed, with what changes how the answer is made."""
    mode = "streamed" if streamed else "plain"
    return f"{mode} with {' and '.join(parts)}" if parts else mode


def lengthened(
    request: Request, number: int, field: str, longer: Callable[[dict[str, Any], str], dict[str, Any] | None]
) -> Request:
    """Return a request with `number` spaces after its last prompt, which no model minds; unchanged where there is none.

    `field` holds the turns of the conversation, and `longer` returns one of them with a text added to what its user says, None
    if it says nothing.
    """
    body = request.json if isinstance(request.json, dict) else {}
    turns = body.get(field)
    if not isinstance(turns, list) or dumped(body) != request.body:
        return request
    for place, turn in reversed(list(enumerate(turns))):
        if isinstance(turn, dict) and (changed := longer(turn, " " * number)) is not None:
            return replace(request, body=dumped({**body, field: [*turns[:place], changed, *turns[place + 1 :]]}))
    return request


def longer_content(turn: dict[str, Any], text: str) -> dict[str, Any] | None:
    """Return a message of the user with a text added to its content, if that is a text."""
    content = turn.get("content")
    return {**turn, "content": content + text} if turn.get("role") == "user" and isinstance(content, str) else None
