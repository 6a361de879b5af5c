"""Newer parameters of OpenAI's API, which client libraries send and other servers may not know.

They are sent together first, and one by one only if that is refused, so that a server which knows them costs one request.
"""

from typing import Any

from conformance.base.observation import Observation, Seen
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

# What OpenAI takes with any model; metadata is only taken for answers that are stored.
TOGETHER: dict[str, dict[str, Any]] = {
    "prompt_cache_key": {"prompt_cache_key": "conformance"},
    "safety_identifier": {"safety_identifier": "conformance"},
    "verbosity": {"verbosity": "medium"},
    "store": {"store": True},
    "metadata": {"metadata": {"purpose": "conformance"}, "store": True},
    "modalities": {"modalities": ["text"]},
}
# What OpenAI takes with some models only.
ALONE: dict[str, dict[str, Any]] = {
    "prompt_cache_retention": {"prompt_cache_retention": "24h"},
    "prediction": {"prediction": {"type": "content", "content": "ready"}},
    "web_search_options": {"web_search_options": {}},
}


@claim(*(f"chat.newer.{name}" for name in (*TOGETHER, *ALONE)))
async def test_newer(case: ChatCase, ask: Ask) -> Observation:
    """Whether the parameter is accepted or refused."""
    name = case.claim.id.rpartition(".")[2]
    if name in TOGETHER:
        every = {key: value for sent in TOGETHER.values() for key, value in sent.items()}
        seen = (await ask(case.request(**every))).acceptance()
        if seen.seen is Seen.ACCEPTED:
            return seen
    return (await ask(case.request(**(TOGETHER | ALONE)[name]))).acceptance()
