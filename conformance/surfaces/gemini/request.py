"""Building requests for content: the baseline of a case, its controls, and the changes that a test makes to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from conformance.http.exchange import Request, dumped
from conformance.surfaces import dialogue
from conformance.surfaces.bodies import kind_of_body, lengthened
from conformance.surfaces.dialogue import COUNTING, DialogueCase, Statuses, Traits
from conformance.surfaces.gemini import mistakes
from conformance.surfaces.gemini.reply import COUNT, GENERATE, STREAM_GENERATE, GeminiReply
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, Turn
from conformance.surfaces.reply import Call
from conformance.surfaces.surface import with_value_at
from conformance.surfaces.values import as_dict

NAME = "gemini"
CONFIG, CAP = "generationConfig", "maxOutputTokens"
UNKNOWN_PARAMETER = "conformanceUnknownParameter"
SSE = "?alt=sse"
# The fields of a request; every other parameter is a setting of generationConfig.
_FIELDS = frozenset(
    {
        *("contents", "systemInstruction", "tools", "toolConfig", "safetySettings", CONFIG, "cachedContent"),
        *("serviceTier", "model", "messages", UNKNOWN_PARAMETER),
    }
)
# The traits of models that no document describes on this API: they may think before they answer.
_UNDOCUMENTED = {"room": 1024, "sampling": True}
_ROLES = {"assistant": "model"}
_CHOICES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
# Keywords of JSON Schema that the older schema objects of this API do not have.
_NOT_IN_OPENAPI = frozenset({"additionalProperties", "$schema"})


def openapi(schema: Any) -> Any:
    """Return a JSON schema as the schema object of this API, with the types in capitals."""
    if isinstance(schema, list):
        return [openapi(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: openapi(each) for name, each in value.items()}
        if key == "properties"
        else value.upper()
        if key == "type" and isinstance(value, str)
        else value
        if key in ("enum", "required")
        else openapi(value)
        for key, value in schema.items()
        if key not in _NOT_IN_OPENAPI
    }


def contents_of(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return turns as contents."""
    return [_content(turn) for turn in turns]


def _content(turn: Turn) -> dict[str, Any]:
    if isinstance(turn.said, GeminiReply):
        return turn.said.content
    if turn.results:
        said = [{"text": turn.text}] if turn.text else []
        return {"role": "user", "parts": [*(part for result in turn.results for part in _result(result)), *said]}
    parts = _texts(turn.text, in_lines=turn.parts)
    parts += map(inline, turn.images)
    parts += [_made(call) for call in turn.calls]
    return {"role": _ROLES.get(turn.role, turn.role), "parts": parts or [{"text": ""}], **turn.fields}


def _texts(text: str, *, in_lines: bool) -> list[dict[str, Any]]:
    """Return the parts of a text: one, or one for each line."""
    return [{"text": line} for line in (text.split("\n") if in_lines else [text]) if line]


def inline(data_url: str) -> dict[str, Any]:
    """Return the part of an image that is given as a data URL."""
    kind, _, data = data_url.removeprefix("data:").partition(";base64,")
    return {"inlineData": {"mimeType": kind, "data": data}}


def _result(result: Result) -> list[dict[str, Any]]:
    name = {"id": result.call.id} if result.call.id else {}
    response = {"error" if result.failed else "output": result.text}
    part = {"functionResponse": {**name, "name": result.call.name, "response": response}}
    return [part] if result.image is None else [part, inline(result.image)]


def _made(call: Call) -> dict[str, Any]:
    if call.as_sent is not None:
        return dict(call.as_sent)
    name = {"id": call.id} if call.id else {}
    given = {**name, "name": call.name, "args": json.loads(call.arguments or "{}")}
    return {"functionCall": given, "thoughtSignature": mistakes.ANY_SIGNATURE}


def declared(tool: Tool) -> dict[str, Any]:
    """Return the declaration of a tool."""
    schema = {} if tool.schema is None else {"parameters": openapi(tool.schema)}
    return {"name": tool.name, "description": tool.description, **schema}


def _choice(choice: str | Named) -> dict[str, Any]:
    if isinstance(choice, Named):
        return {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [choice.tool]}}
    return {"functionCallingConfig": {"mode": _CHOICES[choice]}}


def request_kind(request: Request) -> str:
    """Return what kind of request it is: plain or streamed, with what changes how the answer is made."""
    body = as_dict(request.json)
    parts = ["tools"] if body.get("tools") else []
    parts += ["a format"] if "responseMimeType" in as_dict(body.get(CONFIG)) else []
    return kind_of_body(STREAM_GENERATE in request.path, parts)


def renewed(request: Request, number: int) -> Request:
    """Return a request with `number` spaces after its last prompt; unchanged where there is none."""
    return lengthened(request, number, "contents", _longer)


def _longer(content: dict[str, Any], text: str) -> dict[str, Any] | None:
    """Return a content of the user with a text added to its first part, if that is a text."""
    parts = content.get("parts")
    said = as_dict(parts[0]).get("text") if isinstance(parts, list) and parts else None
    if content.get("role", "user") != "user" or not isinstance(parts, list) or not isinstance(said, str):
        return None
    return {**content, "parts": [{**parts[0], "text": said + text}, *parts[1:]]}


def traits_fault(traits: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a contract's traits for a class of models; None if nothing is."""
    return dialogue.traits_fault(NAME, traits)


@dataclass(frozen=True)
class GeminiCase(DialogueCase):
    """A case as a test of this surface sees it; its requests differ from the baseline only in what the test asks for."""

    unknown_parameter = UNKNOWN_PARAMETER
    statuses = Statuses(mistake=(400,), unknown_model=(400, 404), no_key=(400, 401, 403), key_envelope=False)
    form_mistakes = tuple(mistakes.FORMS)
    calls_have_ids = False

    @property
    def traits(self) -> Traits:
        return Traits(**self.context.traits.get(self.model.kind.name, _UNDOCUMENTED))

    def path(self, operator: str, model: str | None = None) -> str:
        """Return the path of an operator of a model, from the root of the target; a stream is asked for as server-sent events."""
        named = quote(self.model.id if model is None else model, safe="/")
        return f"{self.context.path}/{named}:{operator}" + (SSE if operator == STREAM_GENERATE else "")

    def body(
        self,
        prompt: str | None = None,
        *,
        budget: int | None = 16,
        config: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Return the body of the baseline with these settings and fields.

        Without a prompt it asks for a word that follows from the model, the settings and the fields, so that an
        answer to another request can be recognised.  `budget` limits the visible answer to a number of tokens.
        """
        settings = dict(config or {})
        text = self._plain_prompt({**settings, **fields}) if prompt is None else prompt
        if budget is not None and CAP not in settings:
            settings[CAP] = budget + self.traits.room
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}], **fields}
        return {**body, CONFIG: settings} if settings else body

    def post(self, body: Mapping[str, Any], *, stream: bool | None = None) -> Request:
        """Return the request with this body, streamed if the case is, or as `stream` says."""
        streams = self.streams if stream is None else stream
        request = Request.post(
            self.path(STREAM_GENERATE if streams else GENERATE),
            body,
            surface=NAME,
            model=str(self.case.model),
            about=self.parameter.place[0],
        )
        return replace(request, at_origin=True, quiet=self.claim.quiet)

    def request(self, prompt: str | None = None, **how: Any) -> Request:
        """Return the baseline with what `body` takes, streamed if the case is."""
        return self.post(self.body(prompt, **how))

    def control(self, prompt: Any = None, **how: Any) -> Request:
        """Return what `request` returns, never streamed, so that both modes of a case share their controls."""
        return self.post(self.body(prompt, **how), stream=False)

    def count(self, body: Mapping[str, Any]) -> Request:
        """Return a request to count tokens; its answer is no content, so no statement about every answer is about it."""
        return self.raw(dumped(body), path=self.path(COUNT))

    def raw(self, body: str | None, *, method: str = "POST", path: str | None = None, **how: Any) -> Request:
        """Return a request that need not follow the API; the path, by default the plain one, begins at the root of the target."""
        target = self.path(GENERATE) if path is None else path
        return super().raw(body, method=method, path=target, **{"at_origin": True, **how})

    def spelt(self, prompt: Prompt, *, control: bool = False, **parameters: Any) -> Request:
        """Return a prompt as a request for content, streamed if the case is and this is no control."""
        fields: dict[str, Any] = {"contents": contents_of(prompt.turns)}
        if prompt.system:
            fields["systemInstruction"] = {"parts": _texts(prompt.system, in_lines=prompt.system_parts)}
        if prompt.tools:
            fields["tools"] = [{"functionDeclarations": [declared(tool) for tool in prompt.tools]}]
        if prompt.choice is not None:
            fields["toolConfig"] = _choice(prompt.choice)
        config: dict[str, Any] = {"temperature": 0} if prompt.greedy and self.samples else {}
        if prompt.schema is not None:
            config |= {"responseMimeType": "application/json", "responseSchema": openapi(prompt.schema)}
        config |= {name: value for name, value in parameters.items() if name not in _FIELDS}
        fields |= {name: value for name, value in parameters.items() if name in _FIELDS}
        if prompt.budget is not None and CAP not in config:
            config[CAP] = prompt.budget + self.room(prompt)
        body = {**fields, CONFIG: config} if config else fields
        return self.post(body, stream=False if control else None)

    def with_mistake(self, name: str) -> Request:
        operator = STREAM_GENERATE if self.streams and name in mistakes.MESSAGES else GENERATE
        model = mistakes.UNKNOWN_MODEL if name == "unknown_model" else None
        return self.raw(mistakes.with_mistake(self.body(), name), path=self.path(operator, model))

    @property
    def message_mistakes(self) -> tuple[str, ...]:
        return tuple(mistakes.MESSAGES)

    def as_stream(self, request: Request, *, usage: bool = False) -> Request:
        return self.post(request.json, stream=True)

    def vary(self, control: Request, **config: Any) -> Request:
        """Return a control with these settings changed, streamed if the case is."""
        return self.post({**control.json, CONFIG: {**control.json.get(CONFIG, {}), **config}})

    def repeatable_control(self) -> Request:
        """Return a control with a long answer, at temperature 0 if the class of models takes temperature."""
        return self.control(COUNTING, budget=128, config={"temperature": 0} if self.samples else {})

    def with_value(self, value: Any) -> Request:
        """Return the baseline with the parameter under test set to a value."""
        *_, name = place = self.parameter.place
        body = self.body(self._plain_prompt({name: value}), budget=None if name == CAP else 16)
        return self.post(with_value_at(body, place, value))

    def capped(self, control: Request, cap: Any) -> Request:
        """Return a control with another cap."""
        return self.vary(control, **{CAP: cap})

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        """Return a control with one stop sequence or several."""
        return self.vary(control, stopSequences=[stop] if isinstance(stop, str) else list(stop))
