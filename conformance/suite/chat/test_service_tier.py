"""service_tier: documented values; which tier served a request is for the endpoint to say."""

from conformance.base.observation import Observation, accepted, honoured, mishandled
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

# Those of CometAPI's page, and the others of OpenAI's schema.
DOCUMENTED = ("auto", "default", "flex", "priority", "scale", "fast")


@claim("chat.service_tier.echo")
async def test_echo(case: ChatCase, ask: Ask) -> Observation:
    """The answer to service_tier default names a documented tier, where it names one."""
    reply = await ask(case.request(service_tier="default"))
    if not reply.ok:
        return reply.refusal()
    tier = reply.body.get("service_tier")
    if tier is None:
        return accepted("the answer names no tier")
    return honoured(f"tier {tier}") if tier in DOCUMENTED else mishandled(f"tier {tier!r}, which no document lists")
