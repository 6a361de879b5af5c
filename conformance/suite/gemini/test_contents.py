"""The contents of a request: turns without a role, and histories that end with the model."""

from conformance.base.observation import Observation, honoured
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase


@claim("gemini.contents.role_absent")
async def test_role_absent(case: GeminiCase, ask: Ask) -> Observation:
    """Contents without a role are the user's."""
    body = case.body()
    first = {name: value for name, value in body["contents"][0].items() if name != "role"}
    reply = await ask(case.post({**body, "contents": [first]}))
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()


@claim("gemini.contents.ends_on_model")
async def test_ends_on_model(case: GeminiCase, ask: Ask) -> Observation:
    """What happens with a history that ends with a turn of the model."""
    body = case.body()
    turns = [*body["contents"], {"role": "model", "parts": [{"text": "The word is"}]}]
    return (await ask(case.post({**body, "contents": turns}))).acceptance()
