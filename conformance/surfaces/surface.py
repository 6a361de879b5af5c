"""The surface protocol: everything the rest of the package knows of an API.

A surface spells a case as requests, reads exchanges into replies, and says how a key is sent, what its errors mean and what a
request costs.  Only the protocol and what most surfaces share live here; how one API does it is in the folder of that name.
A surface is found by its name in `registry`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from conformance.base.money import Price, Usage
from conformance.base.observation import Observation, accepted
from conformance.contract.boundaries import Parameter
from conformance.contract.claims import Case, Claim, Model
from conformance.http.exchange import WRONG_KEY, Exchange, Request
from conformance.surfaces import errors, rate_headers
from conformance.surfaces.errors import Envelope, ErrorWords
from conformance.surfaces.rate_headers import RateHeaders

_LONGEST_QUOTE = 40  # characters of an answer that a detail quotes


class End(StrEnum):
    """Why an answer ended, in one word for all surfaces; `end_as_sent` of a reply has the API's own."""

    STOP = "stop"
    LENGTH = "length"
    CALLS = "calls"
    FILTER = "filter"
    OTHER = "other"


@dataclass(frozen=True)
class SurfaceContext:
    """What a surface knows of the target and the contract.

    `path` is below the base URL, `host` is the target's own host, and `keyed` says whether requests need the target's key.
    `traits` are the contract's settings for each class of models on this surface.  `bind_to_models` binds a case to the surface
    on which models answer, and is None on that surface itself.  `shows_key` tells whether a text gives away the key that was
    sent.
    """

    path: str
    keyed: bool = True
    host: str = ""
    traits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bind_to_models: Callable[[Case], BoundCase] | None = None
    shows_key: Callable[[str], bool] = field(default=lambda _: False, repr=False, compare=False)


@dataclass(frozen=True)
class BoundCase(ABC):
    """A case as a test sees it: its value, its model, and requests in the words of its surface.

    What a request differs in from the baseline is what the test says; a surface adds the requests that its own suite needs.
    """

    case: Case
    context: SurfaceContext

    @property
    def value(self) -> Any:
        return self.case.value

    @property
    def model(self) -> Model:
        """The model that is asked; for a case about the endpoint as a whole, the one that stands in for it."""
        return self.case.stand_in or self.case.model

    @property
    def parameter(self) -> Parameter:
        return self.case.parameter

    @property
    def claim(self) -> Claim:
        return self.case.claim

    @property
    def keyed(self) -> bool:
        """Whether the target's key is what lets a request in."""
        return self.context.keyed

    @property
    def host(self) -> str:
        """The target's own host."""
        return self.context.host

    def shows_key(self, text: str) -> bool:
        """Return whether a text gives away the target's own key, which it does not hold by chance."""
        return self.context.shows_key(text)

    @abstractmethod
    def plain(self) -> Request:
        """Return the request that any working model answers: preflight, and control of every refusal."""

    def negative(self) -> Request | None:
        """Return the plain request with a parameter that no document knows; None where the surface takes none."""
        return None

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """Return the parameter beside the one under test that a refusal is about by its own word; None if it is about none."""
        return None

    def raw(self, body: str | None, *, method: str = "POST", path: str | None = None, **how: Any) -> Request:
        """Return a request that is none of the API's own: any body, any path, any authorisation."""
        target = self.context.path if path is None else path
        return Request(method, target, body, self.claim.surface, str(self.case.model), **how)


class PromptCase(BoundCase):
    """A case of a surface that models answer on: the requests that shared probes are made of."""

    @abstractmethod
    def with_value(self, value: Any) -> Request:
        """Return the baseline with the parameter under test at a value, streamed where the case is."""

    @abstractmethod
    def repeatable_control(self) -> Request:
        """Return a control whose answer is long and, as far as the model allows, the same each time."""

    @abstractmethod
    def long_control(self) -> Request:
        """Return the control of a model that refuses what would make it steady."""

    @abstractmethod
    def capped(self, control: Request, cap: Any) -> Request:
        """Return a control whose answer may have that many tokens, by the parameter under test."""

    @abstractmethod
    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with one stop sequence as a text, or with several as a list."""


class Reply(ABC):
    """What came back, read as the surface's answer; a stream is joined into the shape of an answer that is not streamed.

    Readers are lenient: what is missing or of the wrong type reads as absent; whether that is a fault is for a claim to say.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def problem(self) -> str | None:
        """What keeps the reply from being an answer; None if it is one."""
        return self._problem()

    @abstractmethod
    def _problem(self) -> str | None:
        """Return what keeps the reply from being an answer; it is asked once."""

    @property
    def ok(self) -> bool:
        """Whether this is an answer at all; a refusal, an outage and a malformed body are not."""
        return self.problem is None

    @cached_property
    def streamed(self) -> bool:
        return False

    @cached_property
    def stream_failure(self) -> str | None:
        """What kept a stream that was asked for from arriving as one; None if nothing did."""
        return None

    def refusal(self) -> Observation:
        """Return what a reply that is no answer shows."""
        return errors.read_refusal(self.exchange)

    def acceptance(self) -> Observation:
        """Return accepted where there is an answer, else what the refusal shows: all there is to see of most parameters."""
        return accepted(f"answered {self.quoted_text()}") if self.ok else self.refusal()

    def quoted_text(self) -> str:
        """Return the beginning of the answer's text, quoted."""
        text = self.text
        return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}...")

    @property
    def text(self) -> str:
        """The answer's text; empty where there is none."""
        return ""

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tool calls of the answer, as the surface spells them."""
        return []

    @property
    def end(self) -> End | None:
        """Why the answer ended; None where it does not say."""
        return None

    @property
    def end_as_sent(self) -> str:
        """Why the answer ended in the API's own words, after the name of the field that says so."""
        return ""

    @property
    def answer_tokens(self) -> int | None:
        """The tokens that the answer was billed for; None where the reply does not say."""
        return None

    @property
    def echoed_model(self) -> str | None:
        """The model that the answer says it is by."""
        return None

    @property
    def fingerprint(self) -> str | None:
        """What the answer says of the configuration behind it."""
        return None


class Surface(ABC):
    """One API of an endpoint.  What is not said otherwise is as in OpenAI's APIs, which most follow."""

    name: str
    asks_models = True  # whether a model answers on it, so that its plain request says if the model works
    error_words: ErrorWords = errors.OPENAI
    rate_headers: RateHeaders = rate_headers.OPENAI
    price_lists: tuple[
        Request, ...
    ] = ()  # requests for lists with prices, the one that is asked first before the others
    piece_indexes: tuple[str, ...] = (
        "index",
    )  # fields that number what comes in pieces beside one another in a stream

    @abstractmethod
    def bind(self, case: Case, context: SurfaceContext) -> BoundCase:
        """Return a case in the words of the surface."""

    @abstractmethod
    def read(self, exchange: Exchange) -> Reply:
        """Return what came back, read as an answer of the surface."""

    def authorization(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the headers of a request by how it is authorised: key, wrong, basic (another scheme) or none.

        `key` is the target's own, or what a shell puts in its place; without one a request with the key has no header.
        """
        if auth == "key":
            return {"Authorization": f"Bearer {key}"} if key else {}
        schemes = {"wrong": "Bearer", "basic": "Basic"}
        return {"Authorization": f"{schemes[auth]} {WRONG_KEY}"} if auth in schemes else {}

    def envelope(self, body: Any) -> Envelope | None:
        """Return the error that a JSON body carries; None if it carries none."""
        return errors.envelope(body)

    def is_transient(self, exchange: Exchange) -> bool:
        """Return whether sending the same again may well succeed."""
        return errors.is_transient(exchange, self.error_words)

    def usage(self, exchange: Exchange) -> Usage | None:
        """Return what a reply says it used; None where it does not say or cannot be.  Without models nothing is used."""
        return Usage(1)

    def estimate(self, request: Request) -> Usage:
        """Return what an answered request is expected to use."""
        return Usage(1)

    def paced_tokens(self, request: Request) -> int:
        """Return how many tokens a request is taken for by what limits tokens, before its reply says how many it used."""
        return 0

    def upper_bound(self, request: Request) -> Usage:
        """Return what a request uses at most."""
        return Usage(1)

    def prices(self, document: Any) -> dict[str, Price]:
        """Return the prices in the JSON of a reply to one of `price_lists`, by model id."""
        return {}

    def check_traits(self, traits: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the contract's words about a class of models; None if nothing is."""
        return None


def with_value_at(body: Mapping[str, Any], place: Sequence[str], value: Any) -> dict[str, Any]:
    """Return a body with a value at a place, key by key; objects on the way are made where there are none."""
    head, *rest = place
    inner = body.get(head)
    return {**body, head: with_value_at(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}
