"""The surface protocol: everything that the rest of the package knows about an API.

A surface turns a case into requests, reads exchanges as replies, and knows how a key is sent, what errors mean and what a request
costs.  The protocol and what most surfaces share live here; each API has a folder of its own.  `registry` finds a surface by
its name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.base.money import Price, Usage
from conformance.contract.boundaries import Parameter
from conformance.contract.claims import Case, Claim, Model
from conformance.http.exchange import WRONG_KEY, Exchange, Request
from conformance.surfaces import errors, rate_headers
from conformance.surfaces.errors import Envelope, ErrorWords
from conformance.surfaces.rate_headers import RateHeaders
from conformance.surfaces.reply import Reply


@dataclass(frozen=True)
class SurfaceContext:
    """What a surface knows of the target and the contract.

    `path` is below the base URL, `host` is the target's own host, and `keyed` says whether requests need the target's key.
    `traits` are the contract's settings for each class of models on this surface.  `bind_to_models` binds a case to the surface
    on which models answer; it is None if that is this surface, or if there is none.  `shows_key` tells whether a text gives away
    the key that was sent.
    """

    path: str
    keyed: bool = True
    host: str = ""
    traits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bind_to_models: Callable[[Case], BoundCase] | None = None
    shows_key: Callable[[str], bool] = field(default=lambda _: False, repr=False, compare=False)


@dataclass(frozen=True)
class BoundCase(ABC):
    """A case as a test sees it: its value, its model, and the requests of its surface.

    A request differs from the baseline only in what the test asks for.  A surface adds the requests that its own suite needs.
    """

    case: Case
    context: SurfaceContext

    @property
    def value(self) -> Any:
        """The value to send; None for a claim that is tried without values."""
        return self.case.value

    @property
    def model(self) -> Model:
        """The model that is asked; in a case about the endpoint as a whole, the first model of the run."""
        return self.case.stand_in or self.case.model

    @property
    def parameter(self) -> Parameter:
        """The parameter under test, with its limits for the model."""
        return self.case.parameter

    @property
    def claim(self) -> Claim:
        """The claim under test."""
        return self.case.claim

    @property
    def keyed(self) -> bool:
        """Whether requests need the target's key."""
        return self.context.keyed

    @property
    def host(self) -> str:
        """The target's own host."""
        return self.context.host

    def shows_key(self, text: str) -> bool:
        """Return whether a text contains the target's key, in any form that cannot be a coincidence."""
        return self.context.shows_key(text)

    @abstractmethod
    def plain(self) -> Request:
        """Return a request that every working model answers: the preflight."""

    def control_after(self, name: str) -> Request:
        """Return the control behind a refusal; equal names share it, as far as the surface can tell requests apart."""
        return self.plain()

    def negative(self) -> Request | None:
        """Return the plain request with a parameter that no API has; None if the surface takes no parameters."""
        return None

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """Return the baseline's parameter that a refusal names in place of the one under test; None if it names none."""
        return None

    def raw(self, body: str | None, *, method: str = "POST", path: str | None = None, **how: Any) -> Request:
        """Return a request that need not follow the API: any body, path and authorisation.

        `path` is below the base URL and defaults to the surface's; `how` goes to Request (auth, content_type, at_origin).
        """
        target = self.context.path if path is None else path
        how = {"mistake": True, "about": self.parameter.place[0], **how}
        return Request(method, target, body, self.claim.surface, str(self.case.model), **how)


class PromptCase(BoundCase):
    """A case of a surface on which models answer, with the requests that shared probes need."""

    @abstractmethod
    def with_value(self, value: Any) -> Request:
        """Return the baseline with the parameter under test set to a value, streamed if the case is."""

    @abstractmethod
    def repeatable_control(self) -> Request:
        """Return a control with a long answer that is, as far as the model allows, the same each time."""

    @abstractmethod
    def long_control(self) -> Request:
        """Return a control with a long answer, without the parameters that would make it repeatable."""

    @abstractmethod
    def capped(self, control: Request, cap: Any) -> Request:
        """Return a control whose answer is limited to `cap` tokens, using the parameter under test."""

    @abstractmethod
    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with one stop sequence (a string) or several (a list)."""


class Surface(ABC):
    """One API of an endpoint.  The defaults are those of OpenAI's APIs, which most others follow."""

    name: str
    # Whether models answer on it, so that an answer to its plain request shows that the model works.
    asks_models = True
    error_words: ErrorWords = errors.OPENAI
    rate_headers: RateHeaders = rate_headers.OPENAI
    # Requests for lists of models with prices, in the order in which they are tried.
    price_lists: tuple[Request, ...] = ()
    # Fields of a stream's events that number pieces of different things (choices, tool calls) which arrive interleaved.
    piece_indexes: tuple[str, ...] = ("index",)

    @abstractmethod
    def bind(self, case: Case, context: SurfaceContext) -> BoundCase:
        """Return a case with the requests of this surface."""

    @abstractmethod
    def read(self, exchange: Exchange) -> Reply:
        """Read an exchange as a reply of this surface."""

    def authorization(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the headers that authorise a request; `auth` is key, wrong, basic (a scheme that is not expected) or none.

        `key` is the target's key, or the shell variable that stands for it; without a key there is no header.
        """
        if auth == "key":
            return {"Authorization": f"Bearer {key}"} if key else {}
        schemes = {"wrong": "Bearer", "basic": "Basic"}
        return {"Authorization": f"{schemes[auth]} {WRONG_KEY}"} if auth in schemes else {}

    def authorization_query(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the parameters of the address that authorise a request; most APIs have none."""
        return {}

    def envelope(self, body: Any) -> Envelope | None:
        """Return the error in a JSON body; None if there is none."""
        return errors.envelope(body)

    def is_transient(self, exchange: Exchange) -> bool:
        """Return whether sending the same request again may succeed."""
        return errors.is_transient(exchange, self.error_words)

    def ends(self, tail: bytes) -> bool:
        """Return whether nothing can come of a body whose last bytes are these."""
        return False

    def kind_of(self, request: Request) -> str:
        """Return the kind of a request; rates are given for each kind: plain, streamed, with tools."""
        return "plain"

    def renewed(self, request: Request, number: int) -> Request:
        """Return a request that means the same and that the server has not seen; `number` tells several of them apart.

        The request itself where there is no such change.
        """
        return request

    def usage(self, exchange: Exchange) -> Usage | None:
        """Return what a reply reports as used; None if it reports nothing or an impossible number.  By default, one request."""
        return Usage(1)

    def estimate(self, request: Request) -> Usage:
        """Return what a request is expected to use if it is answered."""
        return Usage(1)

    def paced_tokens(self, request: Request) -> int:
        """Return how many tokens a request counts for in a limit of tokens, until its reply reports how many it used."""
        return 0

    def upper_bound(self, request: Request) -> Usage:
        """Return what a request can use at most."""
        return Usage(1)

    def prices(self, document: Any) -> dict[str, Price]:
        """Return the prices, by model id, in the JSON of a reply to one of `price_lists`."""
        return {}

    def check_traits(self, traits: Mapping[str, Any]) -> str | None:
        """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
        return None


def with_value_at(body: Mapping[str, Any], place: Sequence[str], value: Any) -> dict[str, Any]:
    """Return a copy of a body with a value set at a path of keys; missing objects on the way are created."""
    head, *rest = place
    inner = body.get(head)
    return {**body, head: with_value_at(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}
