"""What a model is asked in the words of no API: turns, tools, calls, results and the form of the answer.

Shared probes build a `Prompt`, and the case of a surface spells it (`DialogueCase.spelt`).  What only one API can say is not in
here: its own tests say it, with the methods of their case.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from conformance.http.exchange import Request
from conformance.surfaces.reply import Call, Reply
from conformance.surfaces.surface import PromptCase

PLAIN = "Reply with the single word: ready"


@dataclass(frozen=True)
class Tool:
    """A function that a model may call; `schema` describes its arguments, and is None for a tool without any.

    An empty description is left out, where the API allows that.
    """

    name: str
    description: str = ""
    schema: Mapping[str, Any] | None = None
    strict: bool = False


@dataclass(frozen=True)
class Result:
    """What a call returned: a text, and an image as a data URL if there is one.

    A call with an empty id is not named.  `failed` says that the tool reports an error.  With `parts` the text is sent as a list
    of one part for each line, where the API knows parts.
    """

    call: Call
    text: str
    image: str | None = None
    failed: bool = False
    parts: bool = False


@dataclass(frozen=True)
class Turn:
    """One message of a conversation: `role` is user, assistant, another role that an API has, or one that it does not know.

    `calls` are made by the assistant, `results` are given to it; `image` is a data URL.  A turn that `said` a reply is sent as
    the endpoint wrote it, with everything that it must contain when it comes back, such as signatures.  With `parts` the text is
    sent as a list of one part for each line, where the API knows parts.  `fields` are further keys of the message, in the words
    of one API.
    """

    role: str
    text: str = ""
    image: str | None = None
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()
    said: Reply | None = field(default=None, compare=False)
    parts: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """The choice of one tool by its name."""

    tool: str


@dataclass(frozen=True)
class Prompt:
    """A request to a model.

    `budget` limits the visible answer to a number of tokens; None sends no limit where the API allows that.  `choice` is auto,
    none, required or a named tool; None leaves it out, and so do None for `parallel` (whether several calls may be made at once)
    and for `schema` (a JSON schema of the answer).  `greedy` asks for the same answer each time, where the model allows it;
    `brief` limits reasoning as well, for questions that only need to be looked up.  With `system_parts` the system prompt is sent
    as a list of one part, where the API knows parts.
    """

    turns: tuple[Turn, ...]
    system: str = ""
    system_parts: bool = False
    tools: tuple[Tool, ...] = ()
    choice: str | Named | None = None
    parallel: bool | None = None
    schema: Mapping[str, Any] | None = None
    budget: int | None = 16
    greedy: bool = False
    brief: bool = False

    @classmethod
    def of(cls, text: str, **how: Any) -> Prompt:
        """Return the prompt of one question."""
        return cls((user(text),), **how)


def user(text: str, **how: Any) -> Turn:
    """Return a turn of the user."""
    return Turn("user", text, **how)


def assistant(text: str = "", **how: Any) -> Turn:
    """Return a turn of the assistant."""
    return Turn("assistant", text, **how)


def returned(*results: Result) -> Turn:
    """Return the turn that gives the assistant the results of its calls."""
    return Turn("user", results=results)


@dataclass(frozen=True)
class Statuses:
    """The statuses with which an API refuses: a mistake in the body, an unknown model, a request without the right key.

    `key_envelope` says whether its documents promise the envelope of errors for a key that is refused.
    """

    mistake: tuple[int, ...] = (400, 422)
    unknown_model: tuple[int, ...] = (400, 404, 422)
    no_key: tuple[int, ...] = (401,)
    key_envelope: bool = True


class DialogueCase(PromptCase):
    """A case of a surface that spells prompts, so that all shared probes can be used on it.

    `statuses` are those of the API's documents.  `form_mistakes` are the names of the mistakes that are noticed before any model
    is asked.  `synonyms` are groups of parameters that stand for each other, so that a refusal of one may name another.
    `calls_have_ids` says whether every call has an id, by which its result names it.  `client_headers` are what client libraries
    of this API alone send with each request.
    """

    statuses: ClassVar[Statuses] = Statuses()
    form_mistakes: ClassVar[tuple[str, ...]] = (
        *("malformed_json", "empty_body", "array_body"),
        *("missing_model", "unknown_model"),
    )
    synonyms: ClassVar[tuple[frozenset[str], ...]] = ()
    client_headers: ClassVar[tuple[tuple[str, str], ...]] = ()
    calls_have_ids: ClassVar[bool] = True

    @property
    def reasons(self) -> bool:
        """Whether the model may reason before it answers."""
        return False

    @abstractmethod
    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request of this API, streamed if the case is and this is no control.

        `parameters` are fields of the body to set besides; a surface decides where they go.
        """

    @abstractmethod
    def question(self) -> str:
        """Return a question whose answer is a word that follows from the model and the parameter under test."""

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
