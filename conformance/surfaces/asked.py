"""What a request asks for, read from its body, in the words of no API.

A statement about every reply has to know what was asked, whoever asked it; each surface reads its own requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    `streamed` is None where the request is unclear about it, and `usage` says that it asks for the counts of a stream.  `texts`
    are those of its messages, one for each message or part of one; with `only_text` there is nothing else to count.  `number` is
    the number of alternative answers, and `cap` limits the tokens of each.  `tools` has the schema of each declared tool, and
    `choice` is auto, none, required or named, or empty.  `schema` is the schema that the answer is bound to, and `formatted` says
    that it is bound to any form.  With `greedy` the answer is the same each time.  `content` is the body without what says how
    the answer is sent, and `prompt` is the part of it that the model is shown; None if the surface does not say.
    """

    model: str = ""
    streamed: bool | None = False
    usage: bool = False
    texts: tuple[str, ...] = ()
    only_text: bool = False
    number: int = 1
    cap: int | None = None
    stop: tuple[str, ...] = ()
    tools: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    choice: str = ""
    schema: Mapping[str, Any] | None = None
    formatted: bool = False
    greedy: bool = False
    content: Mapping[str, Any] | None = None
    prompt: Mapping[str, Any] | None = None
