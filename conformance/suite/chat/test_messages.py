"""messages: whether anything but a list of messages with content in its documented forms is refused."""

import json

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import message
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import PLAIN


@claim("chat.messages.missing")
async def test_missing(case: ChatCase, ask: Ask) -> Observation:
    """A request without messages is refused."""
    body = {name: value for name, value in case.plain().json.items() if name != "messages"}
    return (await ask(case.raw(json.dumps(body, sort_keys=True, separators=(",", ":"))))).acceptance()


@claim("chat.messages.empty")
async def test_empty(case: ChatCase, ask: Ask) -> Observation:
    """An empty list of messages is refused."""
    return (await ask(case.vary(case.plain(), messages=[]))).acceptance()


@claim("chat.messages.wrong_type")
async def test_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """A text in place of the list of messages is refused."""
    return (await ask(case.vary(case.plain(), messages=PLAIN))).acceptance()


@claim("chat.messages.content_wrong_type")
async def test_content_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """This value in place of the content is refused."""
    return (await ask(case.vary(case.plain(), messages=[message("user", case.value)]))).acceptance()


@claim("chat.messages.unknown_part")
async def test_unknown_part(case: ChatCase, ask: Ask) -> Observation:
    """A part of an unknown type, next to a text part, is refused."""
    parts = [{"type": "text", "text": PLAIN}, {"type": case.value, case.value: "ready"}]
    return (await ask(case.vary(case.plain(), messages=[message("user", parts)]))).acceptance()


@claim("chat.messages.missing_role")
async def test_missing_role(case: ChatCase, ask: Ask) -> Observation:
    """A message without a role is refused."""
    return (await ask(case.vary(case.plain(), messages=[{"content": PLAIN}]))).acceptance()
