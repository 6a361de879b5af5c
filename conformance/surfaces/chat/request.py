"""Building Chat Completions requests: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.claims import STREAM
from conformance.http.exchange import Exchange, Request, dumped
from conformance.surfaces import mistakes
from conformance.surfaces.chat.asked import CAPS
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.dialogue import DialogueCase, Named, Prompt, Result, Tool, Turn
from conformance.surfaces.errors import envelope
from conformance.surfaces.markers import marker
from conformance.surfaces.reply import Call
from conformance.surfaces.surface import with_value_at

NAME = "chat"
# What requests with the same prompt may differ in, so that their counts of prompt tokens can be compared.
_SAME_PROMPT = frozenset({"n", "stream", "stream_options"})
COUNTING = "Count from 1 to 40, as digits separated by single spaces, and write nothing else."
# What the baseline sends in addition to the parameter under test, so that answers are short and repeatable.
BASELINE_PARAMETERS = CAPS | {"temperature"}
UNKNOWN_PARAMETER = "conformance_unknown_parameter"


THOUGHT = 192  # tokens of reasoning before the answer to a question that only needs to be looked up


def spelling(prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a body that say what a prompt says."""
    system = (Turn("system", prompt.system, parts=prompt.system_parts),) if prompt.system else ()
    turns = (*system, *prompt.turns)
    body: dict[str, Any] = {"messages": [row for turn in turns for row in _messages(turn)]}
    if prompt.tools:
        body["tools"] = [declared(tool) for tool in prompt.tools]
    if prompt.choice is not None:
        body["tool_choice"] = _choice(prompt.choice)
    if prompt.parallel is not None:
        body["parallel_tool_calls"] = prompt.parallel
    if prompt.schema is not None:
        body["response_format"] = schema_format(prompt.schema)
    return body


def _choice(choice: str | Named) -> Any:
    return {"type": "function", "function": {"name": choice.tool}} if isinstance(choice, Named) else choice


def _messages(turn: Turn) -> list[dict[str, Any]]:
    """Return the messages of one turn: the one that it is, or one for each result that it gives."""
    if isinstance(turn.said, ChatReply):
        return [turn.said.message]
    if turn.results:
        return [_result(result) for result in turn.results]
    content: Any = turn.text
    if turn.parts or turn.image is not None:
        content = _parts(turn.text, turn.image, in_lines=turn.parts)
    if turn.calls:
        made = [_made(call) for call in turn.calls]
        return [{**turn.fields, "role": turn.role, "content": content or None, "tool_calls": made}]
    return [{**turn.fields, "role": turn.role, "content": content}]


def _parts(text: str, image: str | None, *, in_lines: bool = False) -> list[dict[str, Any]]:
    texts = text.split("\n") if in_lines else [text]
    pictures = [{"type": "image_url", "image_url": {"url": image}}] if image is not None else []
    return [*({"type": "text", "text": line} for line in texts if line), *pictures]


def _result(result: Result) -> dict[str, Any]:
    content: Any = result.text
    if result.parts or result.image is not None:
        content = _parts(result.text, result.image, in_lines=result.parts)
    return {"role": "tool", "content": content, **({"tool_call_id": result.call.id} if result.call.id else {})}


def _made(call: Call) -> dict[str, Any]:
    if call.as_sent is not None:
        return dict(call.as_sent)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def schema_format(schema: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """Return the response_format that asks for a schema."""
    return {"type": "json_schema", "json_schema": {"name": "fruit_card", "strict": strict, "schema": dict(schema)}}


def declared(tool: Tool) -> dict[str, Any]:
    """Return the declaration of a tool."""
    function: dict[str, Any] = {"name": tool.name, **({"description": tool.description} if tool.description else {})}
    if tool.schema is not None:
        function["parameters"] = dict(tool.schema)
    return {"type": "function", "function": {**function, **({"strict": True} if tool.strict else {})}}


def request_kind(request: Request) -> str:
    """Return what kind of chat request it is: plain or streamed, with what changes how the answer is made."""
    body = request.json if isinstance(request.json, dict) else {}
    parts = [word for name, word in _KINDS.items() if body.get(name)] + (["several choices"] if _several(body) else [])
    mode = "streamed" if body.get("stream") is True else "plain"
    return f"{mode} with {' and '.join(parts)}" if parts else mode


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


_KINDS = {"tools": "tools", "response_format": "a format", "logprobs": "logprobs"}


def _several(body: Mapping[str, Any]) -> bool:
    number = body.get("n")
    return isinstance(number, int) and number > 1


@dataclass(frozen=True)
class Traits:
    """What chat needs to know about a class of models.

    `cap` is the parameter that limits the answer to every request, `room` the number of tokens that reasoning may take before
    the answer, and `sampling` says whether the class takes temperature.
    """

    cap: str
    room: int
    sampling: bool


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    cap, room, sampling = (traits.get(name) for name in ("cap", "room", "sampling"))
    if further := sorted(traits.keys() - {"cap", "room", "sampling"}):
        return f"unknown key {further[0]!r}; chat has cap, room and sampling"
    if cap not in CAPS:
        return f"cap must be one of {', '.join(sorted(CAPS))}, got {cap!r}"
    if not isinstance(room, int) or isinstance(room, bool) or room < 0:
        return f"room must be a number of tokens, 0 or more, got {room!r}"
    return None if isinstance(sampling, bool) else f"sampling must be true or false, got {sampling!r}"


@dataclass(frozen=True)
class ChatCase(DialogueCase):
    """A case as a test of chat sees it; its requests differ from the baseline only in what the test asks for."""

    synonyms = (CAPS,)
    client_headers = (("OpenAI-Beta", "assistants=v2"),)

    @property
    def traits(self) -> Traits:
        """The contract's traits for the model's class."""
        return Traits(**self.context.traits[self.model.kind.name])

    @property
    def reasons(self) -> bool:
        return self.traits.room > 0

    def other_refused_parameter(self, exchange: Exchange) -> str | None:
        """Return the baseline's parameter that a refusal names in place of the one under test; None if it names none."""
        error, sent = envelope(exchange.json), exchange.request.json
        named = error.param.partition(".")[0].partition("[")[0] if error else ""
        own = CAPS if self.parameter.name in CAPS else {self.parameter.name}
        return named if named in BASELINE_PARAMETERS - own and isinstance(sent, dict) and named in sent else None

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
        """Return the body that the parameters are added to: the model, the messages and, unless they have one, a cap."""
        content = self._plain_prompt(parameters) if prompt is None else prompt
        body: dict[str, Any] = {"model": self.model.id, "messages": messages or [{"role": "user", "content": content}]}
        if not CAPS & parameters.keys():
            body[self.traits.cap] = budget + self.traits.room
        return body

    def _plain_prompt(self, parameters: Mapping[str, Any]) -> str:
        names = sorted(parameters.keys() - _SAME_PROMPT)
        return f"Reply with the single word: {marker(' '.join([self.model.id, *names]))}"

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a chat request, streamed if the case is and this is no control."""
        sampling = {"temperature": 0} if prompt.greedy and self.traits.sampling else {}
        spelt = {**spelling(prompt), **sampling, **parameters}
        messages = spelt.pop("messages")
        room = min(self.traits.room, THOUGHT) if prompt.brief else self.traits.room
        if prompt.budget is not None and not CAPS & spelt.keys():
            spelt[self.traits.cap] = prompt.budget + room
        ask = self.control if control else self.request
        request = ask(messages=messages, **spelt)
        if prompt.budget is None and not CAPS & spelt.keys():
            return self._post({name: value for name, value in request.json.items() if name not in CAPS})
        return request

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
        counted = {"stream_options": {"include_usage": True}} if usage else {}
        return self._post({**request.json, "stream": True, **counted})

    def vary(self, control: Request, **parameters: Any) -> Request:
        """Return a control with these parameters changed, streamed if the case is."""
        mode = {"stream": True} if self.case.mode == STREAM else {}
        body = {**control.json, **mode, **parameters}
        if CAPS & parameters.keys():
            body = {name: value for name, value in body.items() if name not in CAPS or name in parameters}
        return self._post(body)

    def plain(self) -> Request:
        """Return the request that every working model answers."""
        return self.control()

    def negative(self) -> Request:
        """Return the plain request with a parameter that no API has; if it is accepted, accepting others proves little."""
        unknown: dict[str, Any] = {UNKNOWN_PARAMETER: "conformance"}
        return self.control(**unknown)

    def uncapped(self, prompt: str | None = None) -> Request:
        """Return the plain request, or one with another prompt, without a cap on its answer."""
        body = {name: value for name, value in self.control(prompt).json.items() if name not in CAPS}
        return self._post(body)

    def repeatable_control(self) -> Request:
        """Return a control with a long answer, at temperature 0 if the class of models takes temperature."""
        sampling: dict[str, Any] = {"temperature": 0} if self.traits.sampling else {}
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
        changed: dict[str, Any] = {self.parameter.name: cap}
        return self.vary(control, **changed)

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with one stop sequence or several."""
        return self.vary(control, stop=stop if isinstance(stop, str) else list(stop))

    def _post(self, body: Mapping[str, Any]) -> Request:
        """Return the request with this body."""
        request = Request.post(
            self.context.path, body, surface=NAME, model=str(self.case.model), about=self.parameter.place[0]
        )
        return replace(request, quiet=True) if self.claim.quiet else request
