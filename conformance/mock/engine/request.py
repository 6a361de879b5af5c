"""The engine's request: one record, independent of any API, which every front fills in from its own requests."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.messages import Messages, prompt_of

RequestCounts = Counter[bytes]  # how often one server received a body, by the digest of the body


@dataclass(frozen=True)
class Form:
    """The required form of an answer: `kind` is text, json_object or json_schema; `path` says where a request has the schema."""

    kind: str = "text"
    schema: Any = None
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request after defaults, caps and ignored parameters are applied; `body` is what was sent, which seeds sampling."""

    model: str
    body: dict[str, Any] = field(repr=False)
    messages: Messages
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    cap: int | None = None
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: str | dict[str, str] = "auto"
    parallel_tool_calls: bool = True
    form: Form = Form()
    logprobs: bool = False
    top_logprobs: int = 0
    effort: str | None = None
    stream: bool = False
    seed: int | None = None
    repetition: int = 0  # how often this server received the same body before

    @property
    def prompt(self) -> str:
        """The text of the last user message."""
        return prompt_of(self.messages)

    @property
    def greedy(self) -> bool:
        """Whether sampling is off, so that the same conversation always gets the same text."""
        return self.temperature == 0 or self.top_p == 0


def digest(value: Any) -> bytes:
    """Return a digest of 16 bytes of a JSON value, independent of the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
