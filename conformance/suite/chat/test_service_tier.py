"""service_tier: which tier the answer says it was served by."""

from conformance.base.observation import Observation, accepted, honoured, mishandled
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

# The values on CometAPI's page, and those that only OpenAI's schema has.
DOCUMENTED = ("auto", "default", "flex", "priority", "scale", "fast")


@claim("chat.service_tier.echo")
async def test_echo(case: ChatCase, ask: Ask) -> Observation:
    """The answer to service_tier default names a documented tier, if it names one."""
    reply = await ask(case.request(service_tier="default"))
    if not reply.ok:
        return reply.refusal()
    tier = reply.body.get("service_tier")
    if tier is None:
        return accepted("the answer names no tier")
    if tier in DOCUMENTED:
        return honoured(f"service_tier {tier!r} for 'default'")
    return mishandled(f"service_tier must be one of {', '.join(DOCUMENTED)}, got {tier!r}")
