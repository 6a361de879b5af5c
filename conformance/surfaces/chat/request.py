"""How a Chat Completions request is put: the baseline of a case, its controls, and what a test changes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.claims import STREAM
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.errors import envelope
from conformance.surfaces.surface import PromptCase, with_value_at

NAME = "chat"
PLAIN = "Reply with the single word: ready"
COUNTING = "Count from 1 to 40, as digits separated by single spaces, and write nothing else."
CAPS = frozenset({"max_tokens", "max_completion_tokens"})
BASELINE_PARAMETERS = CAPS | {
    "temperature"
}  # what stands beside the parameter under test, so that answers are short and alike
UNKNOWN_PARAMETER = "conformance_unknown_parameter"


@dataclass(frozen=True)
class Traits:
    """What chat needs to know of a class of models.

    `cap` is the parameter that bounds the answer of every probe, `room` the tokens that reasoning may take before the answer;
    `sampling` tells whether temperature can be expected to work.
    """

    cap: str
    room: int
    sampling: bool


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the contract's words about a class; None if nothing is."""
    cap, room, sampling = (traits.get(name) for name in ("cap", "room", "sampling"))
    if further := sorted(traits.keys() - {"cap", "room", "sampling"}):
        return f"unknown key {further[0]!r}; chat knows cap, room and sampling"
    if cap not in CAPS:
        return f"cap must be one of {', '.join(sorted(CAPS))}, not {cap!r}"
    if not isinstance(room, int) or isinstance(room, bool) or room < 0:
        return f"room must be a number of tokens, 0 or more, not {room!r}"
    return None if isinstance(sampling, bool) else f"sampling must be true or false, not {sampling!r}"


@dataclass(frozen=True)
class ChatCase(PromptCase):
    """A case as a test of chat sees it: requests that differ from the baseline by what the test says."""

    @property
    def traits(self) -> Traits:
        """What the contract says of the model's class, in chat's words."""
        return Traits(**self.context.traits[self.model.kind.name])

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """The parameter beside the one under test that a refusal is about, by its own word; None if it is about none."""
        error, sent = envelope(exchange.json), exchange.request.json
        named = error.param.partition(".")[0].partition("[")[0] if error else ""
        own = CAPS if self.parameter.name in CAPS else {self.parameter.name}
        return named if named in BASELINE_PARAMETERS - own and isinstance(sent, dict) and named in sent else None

    def request(
        self, prompt: str = PLAIN, *, budget: int = 16, messages: list[dict[str, Any]] | None = None, **parameters: Any
    ) -> Request:
        """The baseline with these parameters, streamed where the case is.

        `budget` caps the visible answer in tokens, unless a cap is given itself.
        """
        body: dict[str, Any] = {"model": self.model.id, "messages": messages or [{"role": "user", "content": prompt}]}
        if not CAPS & parameters.keys():
            body[self.traits.cap] = budget + self.traits.room
        if self.case.mode == STREAM:
            body["stream"] = True
        return self._post({**body, **parameters})

    def control(self, prompt: str = PLAIN, **parameters: Any) -> Request:
        """The request that `request` makes, never streamed: both modes of a case share their controls."""
        body = dict(self.request(prompt, **parameters).json)
        body.pop("stream", None)
        return self._post(body)

    def vary(self, control: Request, **parameters: Any) -> Request:
        """A control with these parameters changed, streamed where the case is."""
        mode = {"stream": True} if self.case.mode == STREAM else {}
        body = {**control.json, **mode, **parameters}
        if CAPS & parameters.keys():
            body = {name: value for name, value in body.items() if name not in CAPS or name in parameters}
        return self._post(body)

    def plain(self) -> Request:
        """The request that any working model answers: preflight, control of every refusal."""
        return self.control()

    def negative(self) -> Request:
        """The plain request with a parameter that no document knows: whether acceptance is worth anything."""
        unknown: dict[str, Any] = {UNKNOWN_PARAMETER: "conformance"}
        return self.control(**unknown)

    def uncapped(self) -> Request:
        """The plain request without a cap on its answer."""
        body = {name: value for name, value in self.plain().json.items() if name not in CAPS}
        return self._post(body)

    def repeatable_control(self) -> Request:
        """A control whose answer is long and, as far as the model allows, the same each time."""
        sampling: dict[str, Any] = {"temperature": 0} if self.traits.sampling else {}
        return self.control(COUNTING, budget=128, **sampling)

    def long_control(self) -> Request:
        """The control of a model that refuses what would make it steady."""
        return self.control(COUNTING, budget=128)

    def with_value(self, value: Any) -> Request:
        """The baseline with the parameter under test at a value."""
        head, *rest = self.parameter.place
        changed: dict[str, Any] = {head: with_value_at({}, rest, value) if rest else value}
        return self.request(**changed)

    def capped(self, control: Request, cap: Any) -> Request:
        """A control with the cap under test."""
        changed: dict[str, Any] = {self.parameter.name: cap}
        return self.vary(control, **changed)

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """A control with a stop sequence, or several."""
        return self.vary(control, stop=stop if isinstance(stop, str) else list(stop))

    def _post(self, body: Mapping[str, Any]) -> Request:
        return Request.post(self.context.path, body, surface=NAME, model=str(self.case.model))
