"""A request as the mock understands it: the frozen record that everything after it works on.

Reading checks and applies the model's profile; nothing here answers.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.columns import RESERVED, Profile
from conformance.mock.surfaces.chat.combinations import Messages
from conformance.mock.surfaces.chat.messages import conversation, prompt_of


@dataclass(frozen=True)
class ChatRequest:
    """What is asked of the engine, after defaults, caps and ignored parameters."""

    model: str
    profile: Profile
    body: dict[str, Any] = field(repr=False)
    messages: Messages
    n: int
    temperature: float
    top_p: float
    stop: tuple[str, ...]
    cap: int | None
    tools: tuple[dict[str, Any], ...]
    tool_choice: str | dict[str, str]
    parallel_tool_calls: bool
    response_format: dict[str, Any]
    logprobs: bool
    top_logprobs: int
    effort: str | None
    stream: bool
    include_usage: bool
    service_tier: str
    seed: int | None
    seen: int = 0  # how often this server was sent the same body before

    @property
    def prompt(self) -> str:
        """What the user asked last."""
        return prompt_of(self.messages)

    @property
    def greedy(self) -> bool:
        """Whether the same conversation always gets the same text."""
        return self.temperature == 0 or self.top_p == 0


def accepted(profile: Profile, body: dict[str, Any]) -> dict[str, Any]:
    """The values to apply: null is absent, unknown parameters are reported before wrong values."""
    given = {name: value for name, value in body.items() if name not in RESERVED}
    for name in sorted(given, key=lambda name: name in profile.rules):
        value = given[name]
        given[name] = None if value is None and name in profile.rules else profile.rule(name)(name, value)
    return {name: value for name, value in given.items() if value is not None}


def read(model: str, profile: Profile, body: dict[str, Any]) -> ChatRequest:
    """The request in a body, or the refusal that the profile gives."""
    messages = conversation(body.get("messages"))
    values = accepted(profile, body)
    for combination in profile.combinations:
        combination(values, messages)
    caps = [values[name] for name in ("max_tokens", "max_completion_tokens") if name in values]
    tier = values.get("service_tier", "auto")
    return ChatRequest(
        model=model,
        profile=profile,
        body=body,
        messages=messages,
        n=values.get("n", 1),
        temperature=values.get("temperature", 1.0),
        top_p=values.get("top_p", 1.0),
        stop=values.get("stop", ()),
        cap=min(caps, default=None),
        tools=values.get("tools", ()),
        tool_choice=values.get("tool_choice", "auto"),
        parallel_tool_calls=values.get("parallel_tool_calls", True),
        response_format=values.get("response_format", {"type": "text"}),
        logprobs=values.get("logprobs", False),
        top_logprobs=values.get("top_logprobs", 0),
        effort=values.get("reasoning_effort", "medium") if profile.kind == "reasoning" else None,
        stream=values.get("stream", False),
        include_usage=values.get("stream_options", {}).get("include_usage") is True,
        service_tier="default" if tier == "auto" else tier,
        seed=values.get("seed"),
    )


def parse(raw: bytes) -> dict[str, Any]:
    """The JSON object in a request's bytes."""
    try:
        body = json.loads(raw, parse_constant=not_json)
    except (ValueError, RecursionError) as error:
        raise ApiError(f"The body of the request could not be parsed as JSON: {error}") from None
    if not isinstance(body, dict):
        raise ApiError("The body of the request has to be a JSON object.")
    return body


def not_json(constant: str) -> None:
    """NaN and the infinities, which the standard parser would take."""
    raise ValueError(f"{constant} is not JSON")


def digest(value: Any) -> bytes:
    """Sixteen bytes that stand for a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
