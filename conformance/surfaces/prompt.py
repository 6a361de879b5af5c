"""What a model is asked in the words of no API: turns, tools, calls, results and the form of the answer.

What only one API can say is not in here: its own tests say it, with the methods of their case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.surfaces.reply import Call, Reply


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

    `calls` are made by the assistant, `results` are given to it, and a text beside results is said after them; `images` are data
    URLs, and come behind the text.  A turn that `said` a reply is sent as
    the endpoint wrote it, with everything that it must contain when it comes back, such as signatures.  With `parts` the text is
    sent as a list of one part for each line, where the API knows parts.  `fields` are further keys of the message, in the words
    of one API.
    """

    role: str
    text: str = ""
    images: tuple[str, ...] = ()
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
    as a list of one part for each line, where the API knows parts.
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
