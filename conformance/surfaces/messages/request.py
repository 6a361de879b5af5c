"""Building requests for a message: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.http.exchange import Exchange, Request, parse_json
from conformance.surfaces import dialogue
from conformance.surfaces.bodies import BodyCase, kind_of_body, lengthened, longer_content
from conformance.surfaces.dialogue import Statuses, Traits
from conformance.surfaces.errors import envelope
from conformance.surfaces.messages.reply import COUNT_PATH, MessagesReply
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, Turn
from conformance.surfaces.reply import Call
from conformance.surfaces.values import as_dict

NAME = "messages"
VERSION = "anthropic-version"
BETA = "anthropic-beta"
FIRST, SECOND = "2023-06-01", "2026-10-21"  # the versions of the API; the second one takes no sampling parameters
_AUTH = {SECOND: "bearer"}  # how official clients of a version send the key, where it is not x-api-key
GREEDY = 0  # the temperature of a request whose answer is to be the same each time
UNCAPPED = 1024  # tokens, where a prompt has no budget: the API requires a cap
_WORDS = {"required": "any"}
_EMPTY: dict[str, Any] = {"type": "object", "properties": {}}


def spelling(prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a body that say what a prompt says."""
    body: dict[str, Any] = {"messages": [_message(turn) for turn in prompt.turns]}
    if prompt.system:
        body["system"] = _texts(prompt.system, in_lines=True) if prompt.system_parts else prompt.system
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
    """Return the message of one turn: results first, then text, images and calls."""
    if isinstance(turn.said, MessagesReply):
        return {"role": "assistant", "content": turn.said.body.get("content")}
    if not (turn.results or turn.calls or turn.parts or turn.images):
        return {"role": turn.role, "content": turn.text, **turn.fields}
    content = [
        *(_result(result) for result in turn.results),
        *_texts(turn.text, in_lines=turn.parts),
        *map(image, turn.images),
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
    body = as_dict(request.json)
    return kind_of_body(body.get("stream") is True, [word for name, word in _KINDS.items() if body.get(name)])


def renewed(request: Request, number: int) -> Request:
    """Return a request with `number` spaces after its last prompt; unchanged where there is none."""
    return lengthened(request, number, "messages", longer_content)


_KINDS = {"tools": "tools", "thinking": "thinking", "output_config": "a format or effort"}


@dataclass(frozen=True)
class MessagesTraits(Traits):
    """What this surface needs to know about a class of models.

    `sampling` is about the first version of the API; `thinking` is the type that turns thinking on: enabled or adaptive.
    """

    thinking: str


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    kind = traits.get("thinking")
    fault = None if kind in ("enabled", "adaptive") else f"thinking must be enabled or adaptive, got {kind!r}"
    return dialogue.traits_fault(NAME, traits, thinking=fault)


_USUAL = {"room": 0, "sampling": True, "thinking": "enabled"}  # of models that no document describes on this API


@dataclass(frozen=True)
class MessagesCase(BodyCase):
    """A case as a test of messages sees it."""

    baseline_parameters = frozenset({"max_tokens", "temperature"})
    same_prompt = frozenset({"stream"})
    statuses = Statuses(mistake=(400,), no_key=(401, 403), key_envelope=False)

    @property
    def traits(self) -> MessagesTraits:
        return MessagesTraits(**self.context.traits.get(self.model.kind.name, _USUAL))

    @property
    def version(self) -> str:
        """The version of the API that the target says for the model; the first one where it says none."""
        return self.model.version or FIRST

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
        others = self.baseline_parameters - {self.parameter.place[0]}
        if named not in others or not isinstance(sent, dict) or named not in sent:
            return None
        return named if named != "temperature" or sent[named] == GREEDY else None  # any other value is a test's own

    def _baseline(self, prompt: Any, budget: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that the parameters are added to: the model, the messages and a cap."""
        content = self._plain_prompt(parameters) if prompt is None else prompt
        messages = [{"role": "user", "content": content}]
        return {"model": self.model.id, "messages": messages, "max_tokens": budget + self.traits.room}

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request for a message, streamed if the case is and this is no control."""
        budget = UNCAPPED if prompt.budget is None else prompt.budget
        sampling = {"temperature": GREEDY} if prompt.greedy and self.samples else {}
        ask = self.control if control else self.request
        return ask(**{"max_tokens": budget + self.room(prompt), **spelling(prompt), **sampling, **parameters})

    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        return self.vary(request, stream=True)

    def vary(self, control: Request, **parameters: Any) -> Request:
        """Return a control with these parameters changed, streamed if the case is, in the version of the control."""
        return replace(super().vary(control, **parameters), headers=control.headers, auth=control.auth)

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
        """Return the request with this body, in the version of the case."""
        return self.versioned(super()._post(body), self.version)
