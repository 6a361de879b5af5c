"""Building Responses requests: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.http.exchange import Request, dumped, parse_json
from conformance.surfaces import dialogue
from conformance.surfaces.bodies import BodyCase, kind_of_body, lengthened, longer_content
from conformance.surfaces.dialogue import Traits
from conformance.surfaces.mistakes import FORMS
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, Turn
from conformance.surfaces.reply import Call
from conformance.surfaces.responses import mistakes
from conformance.surfaces.responses.reply import ResponsesReply, asks_for_response
from conformance.surfaces.values import as_dict

NAME = "responses"
CAP = "max_output_tokens"
LEAST_CAP = 16  # the documented minimum of max_output_tokens


def spelling(prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a body that say what a prompt says."""
    body: dict[str, Any] = {"input": _input(prompt.turns)}
    if prompt.system and prompt.system_parts:
        body["input"] = _items_of([Turn("system", prompt.system, parts=True), *prompt.turns])
    elif prompt.system:
        body["instructions"] = prompt.system
    if prompt.tools:
        body["tools"] = [declared(tool) for tool in prompt.tools]
    if isinstance(prompt.choice, Named):
        body["tool_choice"] = {"type": "function", "name": prompt.choice.tool}
    elif prompt.choice is not None:
        body["tool_choice"] = prompt.choice
    if prompt.parallel is not None:
        body["parallel_tool_calls"] = prompt.parallel
    if prompt.schema is not None:
        body["text"] = {"format": schema_format(prompt.schema)}
    return body


def schema_format(schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the format of an answer that fits a schema."""
    return {"type": "json_schema", "name": "answer", "strict": True, "schema": dict(schema), **more}


def declared(tool: Tool) -> dict[str, Any]:
    """Return a tool as this API declares it; parameters and strict have to be there, and may be null and false."""
    described = {"description": tool.description} if tool.description else {}
    schema = None if tool.schema is None else dict(tool.schema)
    return {"type": "function", "name": tool.name, **described, "parameters": schema, "strict": tool.strict}


def message(role: str, content: Any) -> dict[str, Any]:
    """Return an input item that is a message."""
    return {"type": "message", "role": role, "content": content}


def made(call: Call) -> dict[str, Any]:
    """Return the input item of a call: as the endpoint sent it, without the id under which it was stored, or one made up.

    An item with its id would need the reasoning that led to it beside it.
    """
    if isinstance(call.as_sent, dict):
        return {name: value for name, value in call.as_sent.items() if name not in ("id", "status")}
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def output_of(result: Result) -> dict[str, Any]:
    """Return the input item of a result."""
    output: Any = result.text
    if result.parts or result.image is not None:
        texts = result.text.split("\n") if result.parts else [result.text]
        output = [{"type": "input_text", "text": line} for line in texts if line]
        output += [image_part(result.image)] if result.image is not None else []
    named = {"call_id": result.call.id} if result.call.id else {}
    return {"type": "function_call_output", "output": output, **named}


def image_part(url: str, **more: Any) -> dict[str, Any]:
    """Return the part of an image."""
    return {"type": "input_image", "image_url": url, **more}


def _input(turns: Sequence[Turn]) -> str | list[dict[str, Any]]:
    """Return the input of a conversation: a single question as a text, as clients write it, and all else as items."""
    if len(turns) == 1 and turns[0] == Turn("user", turns[0].text) and turns[0].said is None:
        return turns[0].text
    return _items_of(turns)


def _items_of(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    return [item for turn in turns for item in _items(turn)]


def _items(turn: Turn) -> list[dict[str, Any]]:
    """Return the items of one turn."""
    if isinstance(turn.said, ResponsesReply):
        return turn.said.output
    if turn.results:
        said = _items(replace(turn, results=())) if turn.text else []
        return [*(output_of(result) for result in turn.results), *said]
    content: Any = turn.text
    if turn.parts or turn.images:
        kind = "output_text" if turn.role == "assistant" else "input_text"
        texts = turn.text.split("\n") if turn.parts else [turn.text]
        content = [{"type": kind, "text": line} for line in texts if line]
        content += map(image_part, turn.images)
    said = [{**message(turn.role, content), **turn.fields}] if content or not turn.calls else []
    return [*said, *(made(call) for call in turn.calls)]


def request_kind(request: Request) -> str:
    """Return what kind of request it is: plain or streamed, with what changes how the answer is made."""
    if not asks_for_response(request):
        return "stored"
    body = as_dict(request.json)
    return kind_of_body(body.get("stream") is True, [word for name, word in _KINDS.items() if body.get(name)])


def renewed(request: Request, number: int) -> Request:
    """Return a request with spaces at the end of its last question; the request itself if it has none."""
    body = as_dict(request.json)
    sent = body.get("input")
    if isinstance(sent, str) and dumped(body) == request.body:
        return replace(request, body=dumped({**body, "input": sent + " " * number}))
    return lengthened(request, number, "input", longer_content)


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    return dialogue.traits_fault(NAME, traits)


_KINDS = {"tools": "tools", "text": "a format", "previous_response_id": "an earlier response"}


# What is assumed of models that no document describes on this API: nothing that any of them might refuse.
_UNDESCRIBED = Traits(room=1024, sampling=False)


@dataclass(frozen=True)
class ResponsesCase(BodyCase):
    """A case as a test of this API sees it; its input is a text or items."""

    baseline_parameters = frozenset({CAP, "temperature"})
    same_prompt = frozenset({"stream", "stream_options", "store", CAP})
    marked_by = (NAME,)

    @property
    def traits(self) -> Traits:
        known = self.context.traits.get(self.model.kind.name)
        return _UNDESCRIBED if known is None else Traits(**known)

    def _baseline(self, prompt: Any, budget: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that the parameters are added to: the model, the input and, unless they have one, a cap."""
        sent = self._plain_prompt(parameters) if prompt is None else prompt
        body: dict[str, Any] = {"model": self.model.id, "input": sent}
        if CAP not in parameters:
            body[CAP] = max(LEAST_CAP, budget) + self.traits.room
        return body

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request of this API, streamed if the case is and this is no control."""
        sampling = {"temperature": 0} if prompt.greedy and self.samples else {}
        spelt = {**spelling(prompt), **sampling, **parameters}
        if prompt.budget is not None:
            spelt.setdefault(CAP, max(LEAST_CAP, prompt.budget) + self.room(prompt))
        request = (self.control if control else self.request)(**spelt)
        return self.without(request, CAP) if prompt.budget is None and CAP not in spelt else request

    def with_mistake(self, name: str) -> Request:
        body = dict(self.plain().json)
        if self.streams and name not in FORMS:
            body["stream"] = True
        text = mistakes.with_mistake(body, name)
        wrong = parse_json(text)
        changed = [key for key, value in wrong.items() if body.get(key) != value] if isinstance(wrong, dict) else []
        return self.raw(text, about=changed[0] if len(changed) == 1 else "")

    @property
    def message_mistakes(self) -> tuple[str, ...]:
        return tuple(mistakes.MESSAGES)

    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        return self._post({**request.json, "stream": True})

    def after(self, reply: ResponsesReply, prompt: Any, **parameters: Any) -> Request:
        """Return a request that goes on from a response that the server stored."""
        return self.request(prompt, previous_response_id=reply.response_id, **parameters)

    def stored(self, response_id: str, below: str = "", *, method: str = "GET", **how: Any) -> Request:
        """Return a request for a stored response, or for something below it."""
        path = f"{self.context.path}/{response_id}{below}"
        return self.raw(None, method=method, path=path, **{"mistake": False, **how})

    def capped(self, control: Request, cap: Any) -> Request:
        """Return a control with the cap under test."""
        return self.vary(control, **{CAP: cap})

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with the stop sequences of Chat Completions, a parameter that this API does not document."""
        return self.vary(control, stop=stop if isinstance(stop, str) else list(stop))

    def _post(self, body: Mapping[str, Any]) -> Request:
        """Return the request with this body."""
        request = Request.post(
            self.context.path, body, surface=NAME, model=str(self.case.model), about=self.parameter.place[0]
        )
        return replace(request, quiet=True) if self.claim.quiet else request
