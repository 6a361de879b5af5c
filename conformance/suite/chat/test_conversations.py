"""Conversations with what only this API knows: its roles among the turns, and further keys of a message."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.recalling import EMPTY, FLOWERS, Place, flowers_reach_model, names, place
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.prompt import Prompt, Turn, assistant, user

KEYS = {
    "name": place(
        lambda texts: Prompt((user(texts[0], fields={"name": "Ada"}), assistant(EMPTY))),
        FLOWERS[3],
    ),
    "null_keys": place(
        lambda texts: Prompt(
            (user("Tell me about a flower."), assistant(texts[0], fields={"refusal": None, "audio": None}))
        ),
        FLOWERS[4],
    ),
}
ALL_KEYS = Place(
    lambda texts: Prompt((*KEYS["name"].build(texts[:1]).turns, *KEYS["null_keys"].build(texts[1:]).turns)),
    FLOWERS[3:5],
    tuple(map(names, FLOWERS[3:5])),
)
ROLES = {
    "several_system": place(lambda texts: Prompt(tuple(Turn("system", text) for text in texts)), *FLOWERS[:2]),
    "developer_and_system": place(
        lambda texts: Prompt((Turn("system", texts[0]), Turn("developer", texts[1]))), *FLOWERS[:2]
    ),
    "system_later": place(
        lambda texts: Prompt((user("Hello."), assistant("Hello."), Turn("system", texts[0]))), FLOWERS[0]
    ),
}


@claim(*(f"chat.messages.{name}" for name in KEYS))
async def test_keys(case: ChatCase, ask: Ask) -> Observation:
    """The answer names what a message with this key says, in a conversation with all such keys or else in one of its own."""
    return await flowers_reach_model(case, ask, KEYS[case.claim.id.rsplit(".", 1)[-1]], ALL_KEYS)


@claim(*(f"chat.messages.{name}" for name in ROLES))
async def test_roles(case: ChatCase, ask: Ask) -> Observation:
    """The answer names what the messages of this conversation say."""
    return await flowers_reach_model(case, ask, ROLES[case.claim.id.rsplit(".", 1)[-1]])
