"""service_tier: documented values; which tier served a request is for the endpoint to say."""

from conformance.asking import Ask
from conformance.chat import ChatCase
from conformance.observation import Observation
from conformance.suite import claim


@claim("chat.service_tier.values", "chat.service_tier.unknown_value", "chat.service_tier.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(service_tier=case.value))).acceptance()
