"""The case and the surface of an API on which models answer in dialogues: what they share, and what shared probes need of them.

Shared probes build a `Prompt`, and the case of a surface spells it (`DialogueCase.spelt`).
"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from conformance.base.money import Usage
from conformance.contract.claims import STREAM
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.markers import marker
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.surface import PromptCase, Surface

UNKNOWN_PARAMETER = "conformance_unknown_parameter"
PLAIN = "Reply with the single word: ready"
COUNTING = "Count from 1 to 40, as digits separated by single spaces, and write nothing else."
# The words that controls ask for.  With one word a control would get the answer to another one unnoticed; if each had its own,
# no request would be repeated often enough to show what changes from one time to the next.
CONTROL_WORDS = 4
THOUGHT = 192  # tokens of reasoning before the answer to a question that only needs to be looked up


@dataclass(frozen=True)
class Statuses:
    """The statuses with which an API refuses: a mistake in the body, an unknown model, a request without the right key.

    `key_envelope` says whether its documents promise the envelope of errors for a key that is refused.
    """

    mistake: tuple[int, ...] = (400, 422)
    unknown_model: tuple[int, ...] = (400, 404, 422)
    no_key: tuple[int, ...] = (401,)
    key_envelope: bool = True


@dataclass(frozen=True)
class Traits:
    """What the APIs on which models answer need to know about a class of models.

    `room` is the number of tokens that reasoning may take before the answer, and `sampling` says whether the class takes
    temperature.
    """

    room: int
    sampling: bool


def traits_fault(surface: str, traits: Mapping[str, Any], **further: str | None) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is.

    `further` are the traits that only this surface has, each with what is wrong with it.
    """
    names = [*further, "room", "sampling"]
    if unknown := sorted(traits.keys() - set(names)):
        return f"unknown key {unknown[0]!r}; {surface} has {', '.join(names[:-1])} and {names[-1]}"
    room, sampling = traits.get("room"), traits.get("sampling")
    if fault := next((fault for fault in further.values() if fault), None):
        return fault
    if not isinstance(room, int) or isinstance(room, bool) or room < 0:
        return f"room must be a number of tokens, 0 or more, got {room!r}"
    return None if isinstance(sampling, bool) else f"sampling must be true or false, got {sampling!r}"


class DialogueCase(PromptCase):
    """A case of a surface that spells prompts, so that all shared probes can be used on it.

    `statuses` are those of the API's documents.  `form_mistakes` are the names of the mistakes that are noticed before any model
    is asked.  `synonyms` are groups of parameters that stand for each other, so that a refusal of one may name another.
    `calls_have_ids` says whether every call has an id, by which its result names it.  `client_headers` are what client libraries
    of this API alone send with each request.  `unknown_parameter` is one that no API has, `same_prompt` are the parameters in
    which requests with the same prompt may differ, so that their counts of prompt tokens can be compared, and `marked_by` are
    words from which the word that a question asks for follows as well.
    """

    statuses: ClassVar[Statuses] = Statuses()
    form_mistakes: ClassVar[tuple[str, ...]] = (
        *("malformed_json", "empty_body", "array_body"),
        *("missing_model", "unknown_model"),
    )
    synonyms: ClassVar[tuple[frozenset[str], ...]] = ()
    client_headers: ClassVar[tuple[tuple[str, str], ...]] = ()
    calls_have_ids: ClassVar[bool] = True
    unknown_parameter: ClassVar[str] = UNKNOWN_PARAMETER
    same_prompt: ClassVar[frozenset[str]] = frozenset()
    marked_by: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def traits(self) -> Traits:
        """The contract's traits for the model's class."""

    @property
    def reasons(self) -> bool:
        """Whether the model may reason before it answers."""
        return self.traits.room > 0

    @property
    def samples(self) -> bool:
        """Whether the model takes temperature."""
        return self.traits.sampling

    @property
    def streams(self) -> bool:
        """Whether the requests of the case ask for streams."""
        return self.case.mode == STREAM

    @abstractmethod
    def control(self, prompt: Any = None, *, budget: int = 16, **how: Any) -> Request:
        """Return the baseline, never streamed, so that both modes of a case share their controls.

        Without a prompt it asks for a word, as `question` does.  `budget` limits the visible answer to a number of tokens.
        """

    def plain(self) -> Request:
        """Return the request that every working model answers."""
        return self.control()

    def control_after(self, name: str) -> Request:
        """Return the plain request with one of a few other words, so that few of the answers to others pass for its own."""
        return self.control(self._plain_prompt({"control": zlib.crc32(name.encode()) % CONTROL_WORDS}))

    def negative(self) -> Request:
        """Return the plain request with a parameter that no API has; if it is accepted, accepting others proves little."""
        unknown: dict[str, Any] = {self.unknown_parameter: "conformance"}
        return self.control(**unknown)

    def repeatable_control(self) -> Request:
        """Return a control with a long answer, at temperature 0 if the model takes temperature."""
        return self.control(COUNTING, budget=128, **({"temperature": 0} if self.samples else {}))

    def long_control(self) -> Request:
        """Return a control with a long answer, without temperature."""
        return self.control(COUNTING, budget=128)

    def question(self, *names: str) -> str:
        """Return a question whose answer is a word that follows from the model, the parameter under test and these names."""
        return self._plain_prompt(dict.fromkeys([self.parameter.name, *names]))

    def room(self, prompt: Prompt) -> int:
        """Return the tokens that a prompt leaves for reasoning."""
        return min(self.traits.room, THOUGHT) if prompt.brief else self.traits.room

    def _plain_prompt(self, parameters: Mapping[str, Any]) -> str:
        """Return a question whose answer is a word that follows from the model and these parameters.

        An answer to another request can so be recognised.  Objects and lists are told apart by their names alone: requests that
        differ in them are often held against each other.
        """
        told = sorted(parameters.keys() - self.same_prompt)
        words = (
            name if isinstance(parameters[name], (dict, list, type(None))) else f"{name}={parameters[name]}"
            for name in told
        )
        return f"Reply with the single word: {marker(' '.join([*self.marked_by, self.model.id, *words]))}"

    @abstractmethod
    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request of this API, streamed if the case is and this is no control.

        `parameters` are fields of the body to set besides; a surface decides where they go.
        """

    @abstractmethod
    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        """Return a request as one that asks for a stream; the request itself if it does already.

        With `usage` it asks for the counts of tokens in the stream as well, where an API sends them only if asked.
        """

    @abstractmethod
    def with_mistake(self, name: str) -> Request:
        """Return the plain request with the mistake of this name, streamed if the case is.

        Raises KeyError for an unknown one.
        """

    @property
    @abstractmethod
    def message_mistakes(self) -> tuple[str, ...]:
        """The names of the mistakes that are about what the model is asked, each in a request that is otherwise as documented."""


class RequestReader(Protocol):
    """What a surface reads in its requests; the module in which it builds them has these functions."""

    def request_kind(self, request: Request, /) -> str: ...
    def renewed(self, request: Request, number: int, /) -> Request: ...
    def traits_fault(self, traits: Mapping[str, Any], /) -> str | None: ...


class Meter(Protocol):
    """What requests use of tokens, and what replies report; a module of each surface has these functions."""

    def usage(self, exchange: Exchange, /) -> Usage | None: ...
    def estimate(self, request: Request, /) -> Usage: ...
    def paced_tokens(self, request: Request, /) -> int: ...
    def upper_bound(self, request: Request, /) -> Usage: ...


class DialogueSurface(Surface):
    """A surface on which models answer; `requests` and `meter` are its modules for requests and for tokens."""

    requests: RequestReader
    meter: Meter

    def kind_of(self, request: Request) -> str:
        return self.requests.request_kind(request)

    def renewed(self, request: Request, number: int) -> Request:
        return self.requests.renewed(request, number)

    def check_traits(self, traits: Mapping[str, Any]) -> str | None:
        return self.requests.traits_fault(traits)

    def usage(self, exchange: Exchange) -> Usage | None:
        return self.meter.usage(exchange)

    def estimate(self, request: Request) -> Usage:
        return self.meter.estimate(request)

    def paced_tokens(self, request: Request) -> int:
        return self.meter.paced_tokens(request)

    def upper_bound(self, request: Request) -> Usage:
        return self.meter.upper_bound(request)
