"""Building Chat Completions requests: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.http.exchange import Request
from conformance.surfaces import dialogue
from conformance.surfaces.bodies import BodyCase, kind_of_body, lengthened, longer_content
from conformance.surfaces.chat.asked import CAPS
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.dialogue import Traits
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, Turn
from conformance.surfaces.reply import Call
from conformance.surfaces.values import as_dict

NAME = "chat"


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
    """Return the messages of one turn: the one that it is, or one for each result that it gives, and then what is said."""
    if isinstance(turn.said, ChatReply):
        return [turn.said.message]
    if turn.results:
        said = _messages(replace(turn, results=())) if turn.text else []
        return [*(_result(result) for result in turn.results), *said]
    content: Any = turn.text
    if turn.parts or turn.images:
        content = _parts(turn.text, *turn.images, in_lines=turn.parts)
    if turn.calls:
        made = [_made(call) for call in turn.calls]
        return [{**turn.fields, "role": turn.role, "content": content or None, "tool_calls": made}]
    return [{**turn.fields, "role": turn.role, "content": content}]


def _parts(text: str, *images: str, in_lines: bool = False) -> list[dict[str, Any]]:
    texts = text.split("\n") if in_lines else [text]
    pictures = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return [*({"type": "text", "text": line} for line in texts if line), *pictures]


def _result(result: Result) -> dict[str, Any]:
    content: Any = result.text
    if result.parts or result.image is not None:
        images = () if result.image is None else (result.image,)
        content = _parts(result.text, *images, in_lines=result.parts)
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
    body = as_dict(request.json)
    parts = [word for name, word in _KINDS.items() if body.get(name)] + (["several choices"] if _several(body) else [])
    return kind_of_body(body.get("stream") is True, parts)


def renewed(request: Request, number: int) -> Request:
    """Return a request with `number` spaces after its last prompt; unchanged where there is none."""
    return lengthened(request, number, "messages", longer_content)


_KINDS = {"tools": "tools", "response_format": "a format", "logprobs": "logprobs"}


def _several(body: Mapping[str, Any]) -> bool:
    number = body.get("n")
    return isinstance(number, int) and number > 1


@dataclass(frozen=True)
class ChatTraits(Traits):
    """What chat needs to know about a class of models; `cap` is the parameter that limits the answer to every request."""

    cap: str


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    cap = traits.get("cap")
    fault = (
        None if isinstance(cap, str) and cap in CAPS else f"cap must be one of {', '.join(sorted(CAPS))}, got {cap!r}"
    )
    return dialogue.traits_fault(NAME, traits, cap=fault)


@dataclass(frozen=True)
class ChatCase(BodyCase):
    """A case as a test of chat sees it."""

    baseline_parameters = CAPS | {"temperature"}
    same_prompt = frozenset({"n", "stream", "stream_options"})
    synonyms = (CAPS,)
    client_headers = (("OpenAI-Beta", "assistants=v2"),)

    @property
    def traits(self) -> ChatTraits:
        return ChatTraits(**self.context.traits[self.model.kind.name])

    def _baseline(self, prompt: Any, budget: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that the parameters are added to: the model, the messages and, unless they have one, a cap."""
        content = self._plain_prompt(parameters) if prompt is None else prompt
        body: dict[str, Any] = {"model": self.model.id, "messages": [{"role": "user", "content": content}]}
        if not CAPS & parameters.keys():
            body[self.traits.cap] = budget + self.traits.room
        return body

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a chat request, streamed if the case is and this is no control."""
        sampling = {"temperature": 0} if prompt.greedy and self.samples else {}
        spelt = {**spelling(prompt), **sampling, **parameters}
        if prompt.budget is not None and not CAPS & spelt.keys():
            spelt[self.traits.cap] = prompt.budget + self.room(prompt)
        request = (self.control if control else self.request)(**spelt)
        return self.without(request, *CAPS) if prompt.budget is None and not CAPS & spelt.keys() else request

    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        counted = {"stream_options": {"include_usage": True}} if usage else {}
        return self._post({**request.json, "stream": True, **counted})

    def vary(self, control: Request, **parameters: Any) -> Request:
        """Return a control with these parameters changed, streamed if the case is; a cap takes the place of another one."""
        request = super().vary(control, **parameters)
        return self.without(request, *(CAPS - parameters.keys())) if CAPS & parameters.keys() else request

    def uncapped(self, prompt: str | None = None) -> Request:
        """Return the plain request, or one with another prompt, without a cap on its answer."""
        return self.without(self.control(prompt), *CAPS)

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
