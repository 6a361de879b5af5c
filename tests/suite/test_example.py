"""What the suite says of the examples of the documentation."""

from typing import Any

from tests.support.collecting import over
from tests.support.making import choice, completion, observe_with_bodies, refusal

EXAMPLES = [
    ("sentence", {"model", "messages"}),
    ("conversation", {"model", "messages", "max_tokens"}),
    ("structured", {"model", "messages", "max_tokens", "response_format"}),
    ("tool", {"model", "messages", "max_tokens", "tools", "tool_choice"}),
]


@over("name, keys", EXAMPLES)
def test_an_example_is_sent_as_the_page_has_it(name: str, keys: set[str]) -> None:
    """Answered it is honoured, refused it is refused."""
    found, (body,) = observe_with_bodies("chat.example.answered", lambda *_: completion(choice()), name)
    assert (found.seen, body.keys()) == ("honoured", keys)
    found, _ = observe_with_bodies("chat.example.answered", lambda *_: refusal(), name)
    assert found.seen == "refused"


def test_the_conversation_has_instructions_and_history() -> None:
    """Its roles are those of the page."""
    _, (body,) = observe_with_bodies("chat.example.answered", lambda *_: completion(choice()), "conversation")
    roles: list[Any] = [message["role"] for message in body["messages"]]
    assert roles == ["developer", "user", "assistant", "user"]
