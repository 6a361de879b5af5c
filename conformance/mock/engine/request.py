"""What is asked of the engine: one record in no API's spelling, which every front fills in from its own requests."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.messages import Messages, prompt_of

Seen = Counter[bytes]  # how often a server was sent a body, by its digest


@dataclass(frozen=True)
class Form:
    """The form of an answer: text, json_object, or json_schema with its schema; `path` is where a request gives that."""

    kind: str = "text"
    schema: Any = None
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request after defaults, caps and ignored parameters; `body` is what was sent, which sampling depends on."""

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
    seen: int = 0  # how often this server was sent the same body before

    @property
    def prompt(self) -> str:
        """What the user asked last."""
        return prompt_of(self.messages)

    @property
    def greedy(self) -> bool:
        """Whether the same conversation always gets the same text."""
        return self.temperature == 0 or self.top_p == 0


def digest(value: Any) -> bytes:
    """Return sixteen bytes that stand for a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
