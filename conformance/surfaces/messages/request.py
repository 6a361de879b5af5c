"""Building requests for a message: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.claims import STREAM
from conformance.http.exchange import Exchange, Request, dumped, parse_json
from conformance.surfaces import mistakes
from conformance.surfaces.dialogue import DialogueCase, Named, Prompt, Result, Statuses, Tool, Turn
from conformance.surfaces.errors import envelope
from conformance.surfaces.markers import marker
from conformance.surfaces.messages.reply import COUNT_PATH, MessagesReply
from conformance.surfaces.reply import Call
from conformance.surfaces.surface import with_value_at

NAME = "messages"
VERSION = "anthropic-version"
BETA = "anthropic-beta"
FIRST, SECOND = "2023-06-01", "2026-10-21"  # the versions of the API; the second one takes no sampling parameters
_AUTH = {SECOND: "bearer"}  # how official clients of a version send the key, where it is not x-api-key
COUNTING = "Count from 1 to 40, as digits separated by single spaces, and write nothing else."
# What the baseline sends in addition to the parameter under test, so that answers are short and repeatable.
BASELINE_PARAMETERS = frozenset({"max_tokens", "temperature"})
GREEDY = 0  # the temperature of a request whose answer is to be the same each time
UNKNOWN_PARAMETER = "conformance_unknown_parameter"
UNCAPPED = 1024  # tokens, where a prompt has no budget: the API requires a cap
THOUGHT = 192  # tokens of thinking before the answer to a question that only needs to be looked up
_WORDS = {"required": "any"}
_EMPTY: dict[str, Any] = {"type": "object", "properties": {}}
# What requests with the same prompt may differ in, so that their counts of tokens can be compared.
_SAME_PROMPT = frozenset({"stream"})


def spelling(prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a body that say what a prompt says."""
    body: dict[str, Any] = {"messages": [_message(turn) for turn in prompt.turns]}
    if prompt.system:
        body["system"] = [text(prompt.system)] if prompt.system_parts else prompt.system
    if prompt.tools:
        body["tools"] = [declared(tool) for tool in prompt.tools]
    if prompt.choice is not None:
        body["tool_choice"] = choice(prompt.choice)
    if prompt.parallel is not None:
        chosen = body.get("tool_choice", {"type": "auto"})
        body["tool_choice"] = {**chosen, "disable_parallel_tool_use": not prompt.parallel}
    if prompt.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": dict(prompt.schema)}}
    return body


def choice(wanted: str | Named) -> dict[str, Any]:
    """Return the tool_choice of a prompt's choice."""
    if isinstance(wanted, Named):
        return {"type": "tool", "name": wanted.tool}
    return {"type": _WORDS.get(wanted, wanted)}


def declared(tool: Tool) -> dict[str, Any]:
    """Return the declaration of a tool."""
    schema = _EMPTY if tool.schema is None else dict(tool.schema)
    row = {"name": tool.name, "description": tool.description, "input_schema": schema}
    return {**row, "strict": True} if tool.strict else row


def image(url: str) -> dict[str, Any]:
    """Return the block of an image in a data URL."""
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def text(content: str) -> dict[str, Any]:
    """Return a text block."""
    return {"type": "text", "text": content}


def _message(turn: Turn) -> dict[str, Any]:
    """Return the message of one turn: results first, then text, image and calls."""
    if isinstance(turn.said, MessagesReply):
        return {"role": "assistant", "content": turn.said.body.get("content")}
    if not (turn.results or turn.calls or turn.parts or turn.image is not None):
        return {"role": turn.role, "content": turn.text, **turn.fields}
    content = [
        *(_result(result) for result in turn.results),
        *_texts(turn.text, in_lines=turn.parts),
        *([image(turn.image)] if turn.image is not None else []),
        *(made(call) for call in turn.calls),
    ]
    return {"role": turn.role, "content": content, **turn.fields}


def _texts(said: str, *, in_lines: bool) -> list[dict[str, Any]]:
    """Return the text blocks of a text: one, or one for each line."""
    return [text(line) for line in (said.split("\n") if in_lines else [said]) if line]


def _result(result: Result) -> dict[str, Any]:
    content: Any = result.text
    if result.parts or result.image is not None:
        pictures = [] if result.image is None else [image(result.image)]
        content = [*_texts(result.text, in_lines=result.parts), *pictures]
    named = {"tool_use_id": result.call.id} if result.call.id else {}
    return {"type": "tool_result", **named, "content": content, **({"is_error": True} if result.failed else {})}


def made(call: Call) -> dict[str, Any]:
    """Return the block of a call: as the endpoint wrote it, or made up."""
    if call.as_sent is not None:
        return dict(call.as_sent)
    given = parse_json(call.arguments or "{}")
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}


def request_kind(request: Request) -> str:
    """Return what kind of request it is: a count, or plain or streamed, with what changes how the answer is made."""
    if request.path.partition("?")[0].endswith(COUNT_PATH):
        return "count of tokens"
    body = request.json if isinstance(request.json, dict) else {}
    parts = [word for name, word in _KINDS.items() if body.get(name)]
    mode = "streamed" if body.get("stream") is True else "plain"
    return f"{mode} with {' and '.join(parts)}" if parts else mode


_KINDS = {"tools": "tools", "thinking": "thinking", "output_config": "a format or effort"}


def renewed(request: Request, number: int) -> Request:
    """Return a request with `number` spaces after its last prompt, which no model minds; unchanged where there is none."""
    body = request.json if isinstance(request.json, dict) else {}
    messages = body.get("messages")
    if not isinstance(messages, list) or dumped(body) != request.body:
        return request
    for place, message in reversed(list(enumerate(messages))):
        if isinstance(message, dict) and message.get("role") == "user" and isinstance(message.get("content"), str):
            longer = {**message, "content": message["content"] + " " * number}
            changed = {**body, "messages": [*messages[:place], longer, *messages[place + 1 :]]}
            return replace(request, body=dumped(changed))
    return request


@dataclass(frozen=True)
class Traits:
    """What this surface needs to know about a class of models.

    `room` is the number of tokens that thinking may take before the answer, `sampling` says whether the class takes temperature
    in the first version, and `thinking` is the type that turns thinking on: enabled or adaptive.
    """

    room: int
    sampling: bool
    thinking: str


_USUAL = {"room": 0, "sampling": True, "thinking": "enabled"}  # of models that no document describes on this API


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    room, sampling, thinking = (traits.get(name) for name in ("room", "sampling", "thinking"))
    if further := sorted(traits.keys() - {"room", "sampling", "thinking"}):
        return f"unknown key {further[0]!r}; messages has room, sampling and thinking"
    if not isinstance(room, int) or isinstance(room, bool) or room < 0:
        return f"room must be a number of tokens, 0 or more, got {room!r}"
    if thinking not in ("enabled", "adaptive"):
        return f"thinking must be enabled or adaptive, got {thinking!r}"
    return None if isinstance(sampling, bool) else f"sampling must be true or false, got {sampling!r}"


@dataclass(frozen=True)
class MessagesCase(DialogueCase):
    """A case as a test of messages sees it; its requests differ from the baseline only in what the test asks for."""

    statuses = Statuses(mistake=(400,), no_key=(401, 403), key_envelope=False)

    @property
    def traits(self) -> Traits:
        """The contract's traits for the model's class."""
        return Traits(**self.context.traits.get(self.model.kind.name, _USUAL))

    @property
    def version(self) -> str:
        """The version of the API that the target says for the model; the first one where it says none."""
        return self.model.version or FIRST

    @property
    def reasons(self) -> bool:
        return self.traits.room > 0

    @property
    def samples(self) -> bool:
        """Whether the model takes temperature in this version."""
        return self.traits.sampling and self.version == FIRST

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """Return the baseline's parameter that a refusal is about in place of the one under test; None if it is about none.

        Errors of this API begin with the name of the parameter.
        """
        error, sent = envelope(exchange.json), exchange.request.json
        named = error.message.partition(":")[0].strip() if error else ""
        others = BASELINE_PARAMETERS - {self.parameter.place[0]}
        if named not in others or not isinstance(sent, dict) or named not in sent:
            return None
        return named if named != "temperature" or sent[named] == GREEDY else None  # any other value is a test's own

    def request(
        self,
        prompt: str | None = None,
        *,
        budget: int = 16,
        messages: list[dict[str, Any]] | None = None,
        **parameters: Any,
    ) -> Request:
        """Return the baseline with these parameters, streamed if the case is.

        Without a prompt it asks for a word that follows from the model and the names of the parameters, so that an answer to
        another request can be recognised.  `budget` limits the visible answer to a number of tokens, unless `parameters` have a
        cap of their own.
        """
        mode = {"stream": True} if self.case.mode == STREAM else {}
        return self._post({**self._baseline(prompt, budget, messages, parameters), **mode, **parameters})

    def control(
        self,
        prompt: str | None = None,
        *,
        budget: int = 16,
        messages: list[dict[str, Any]] | None = None,
        **parameters: Any,
    ) -> Request:
        """Return what `request` returns, never streamed, so that both modes of a case share their controls."""
        unstreamed = {name: value for name, value in parameters.items() if name != "stream"}
        return self._post({**self._baseline(prompt, budget, messages, parameters), **unstreamed})

    def _baseline(
        self, prompt: str | None, budget: int, messages: list[dict[str, Any]] | None, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the body that the parameters are added to: the model, the messages and a cap."""
        content = self._plain_prompt(parameters) if prompt is None else prompt
        chosen = messages or [{"role": "user", "content": content}]
        return {"model": self.model.id, "messages": chosen, "max_tokens": budget + self.traits.room}

    def _plain_prompt(self, parameters: Mapping[str, Any]) -> str:
        names = sorted(parameters.keys() - _SAME_PROMPT)
        return f"Reply with the single word: {marker(' '.join([self.model.id, *names]))}"

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request for a message, streamed if the case is and this is no control."""
        room = min(self.traits.room, THOUGHT) if prompt.brief else self.traits.room
        spelt = {"max_tokens": (UNCAPPED if prompt.budget is None else prompt.budget) + room, **spelling(prompt)}
        if prompt.greedy and self.samples:
            spelt["temperature"] = GREEDY
        messages = spelt.pop("messages")
        ask = self.control if control else self.request
        return ask(messages=messages, **{**spelt, **parameters})

    def question(self) -> str:
        return self._plain_prompt({self.parameter.name: None})

    def with_mistake(self, name: str) -> Request:
        body = dict(self.plain().json)
        streams = self.case.mode == STREAM and name in mistakes.MESSAGES
        return self.raw(mistakes.with_mistake({**body, "stream": True} if streams else body, name))

    @property
    def message_mistakes(self) -> tuple[str, ...]:
        return tuple(mistakes.MESSAGES)

    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        return self.vary(request, stream=True)

    def vary(self, control: Request, **parameters: Any) -> Request:
        """Return a control with these parameters changed, streamed if the case is."""
        mode = {"stream": True} if self.case.mode == STREAM else {}
        return replace(self._post({**control.json, **mode, **parameters}), headers=control.headers, auth=control.auth)

    def thinking(self, budget: int = 1024, **more: Any) -> dict[str, Any]:
        """Return the value of thinking that turns it on for the model's class."""
        kind = self.traits.thinking
        return {"type": kind, **({"budget_tokens": budget} if kind == "enabled" else {}), **more}

    def count(self, query: str = "", **body: Any) -> Request:
        """Return a request to count the tokens of what a body asks; without one, those of the plain request."""
        asked = {"model": self.model.id, "messages": self.plain().json["messages"], **body}
        path = f"{self.context.path}{COUNT_PATH}{query}"
        return replace(self._post(asked), path=path)

    def versioned(self, request: Request, version: str | None, auth: str | None = None) -> Request:
        """Return a request in another version of the API, or without one; `auth` is how that version sends the key."""
        others = tuple(pair for pair in request.headers if pair[0] != VERSION)
        headers = others if version is None else ((VERSION, version), *others)
        return replace(request, headers=headers, auth=auth or _AUTH.get(version or "", "key"))

    def with_beta(self, request: Request, *names: str) -> Request:
        """Return a request that names features in its beta header."""
        return replace(request, headers=(*request.headers, (BETA, ",".join(names))))

    def plain(self) -> Request:
        """Return the request that every working model answers."""
        return self.control()

    def negative(self) -> Request:
        """Return the plain request with a parameter that no API has; if it is accepted, accepting others proves little."""
        unknown: dict[str, Any] = {UNKNOWN_PARAMETER: "conformance"}
        return self.control(**unknown)

    def repeatable_control(self) -> Request:
        """Return a control with a long answer, at temperature 0 if model and version take temperature."""
        sampling: dict[str, Any] = {"temperature": GREEDY} if self.samples else {}
        return self.control(COUNTING, budget=128, **sampling)

    def long_control(self) -> Request:
        """Return a control with a long answer, without temperature."""
        return self.control(COUNTING, budget=128)

    def with_value(self, value: Any) -> Request:
        """Return the baseline with the parameter under test set to a value."""
        head, *rest = self.parameter.place
        changed: dict[str, Any] = {head: with_value_at({}, rest, value) if rest else value}
        return self.request(**changed)

    def capped(self, control: Request, cap: Any) -> Request:
        """Return a control with the cap under test."""
        return self.vary(control, max_tokens=cap)

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with one stop sequence or several."""
        return self.vary(control, stop_sequences=[stop] if isinstance(stop, str) else list(stop))

    def raw(self, body: str | None, *, method: str = "POST", path: str | None = None, **how: Any) -> Request:
        """Return a request that need not follow the API, in the version of the case."""
        how = {"auth": _AUTH.get(self.version, "key"), "headers": ((VERSION, self.version),), **how}
        return super().raw(body, method=method, path=path, **how)

    def _post(self, body: Mapping[str, Any]) -> Request:
        """Return the request with this body."""
        request = Request.post(
            self.context.path, body, surface=NAME, model=str(self.case.model), about=self.parameter.place[0]
        )
        request = self.versioned(request, self.version)
        return replace(request, quiet=True) if self.claim.quiet else request
