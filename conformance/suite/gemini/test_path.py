"""The path of a request: the version, the model and the operator in it."""

from dataclasses import replace

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.mistakes import UNKNOWN_MODEL
from conformance.surfaces.gemini.request import GeminiCase


@claim("gemini.path.v1beta")
async def test_v1beta(case: GeminiCase, ask: Ask) -> Observation:
    """The plain request is answered under the documented path."""
    reply = await ask(case.as_stream(case.plain()) if case.streams else case.plain())
    if reply.ok:
        return honoured(f"answered {reply.quoted_text()}")
    seen = reply.refusal()
    return (
        unanswered(seen.detail) if reply.exchange.status == 200 else seen
    )  # whatever is wrong with it is not the path


@claim("gemini.path.v1", "gemini.path.models_prefix", "gemini.path.encoded_colon")
async def test_other_spelling(case: GeminiCase, ask: Ask) -> Observation:
    """The plain request is answered under another spelling of the path."""
    plain = case.plain()
    old, new = case.value
    reply = await ask(replace(plain, path=plain.path.replace(old, new, 1)))
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()


@claim("gemini.path.unknown_operator")
async def test_unknown_operator(case: GeminiCase, ask: Ask) -> Observation:
    """An operator that does not exist is refused."""
    return (await ask(case.raw(case.plain().body, path=case.path("conformanceOperator")))).acceptance()


@claim("gemini.path.model_in_body")
async def test_model_in_body(case: GeminiCase, ask: Ask) -> Observation:
    """A model in the body is not asked instead of the one in the path."""
    reply = await ask(case.request(model=f"models/{UNKNOWN_MODEL}"))
    if reply.ok:
        named = reply.echoed_model or ""
        if UNKNOWN_MODEL in named:
            return ignored(f"the answer is of {named!r}, the model in the body", enforced=True)
        return honoured(f"the model in the path answers {reply.quoted_text()}")
    seen = reply.refusal()
    status = reply.exchange.status or 0
    if status == 404:
        return mishandled(f"the model of the body is looked up: {seen.detail}")
    return honoured(f"refused: {seen.detail}") if 400 <= status < 500 else seen
