"""Defects of parameters of Chat Completions."""

from conformance.mock.defects.responses.building.accepted import with_converted_messages
from conformance.mock.defects.responses.building.changes import drop, repaired

DEFECTS = (
    repaired(
        "takes_messages_of_chat",
        "The messages of Chat Completions are taken.",
        "chat_keys.messages",
        with_converted_messages,
        parameter="messages",
    ),
    repaired(
        "ignores_cap_of_chat", "The cap of Chat Completions is ignored.", "chat_keys.max_tokens", drop("max_tokens")
    ),
    repaired("ignores_stop_of_chat", "A stop sequence is ignored.", "chat_keys.stop", drop("stop")),
    repaired("ignores_n_of_chat", "A number of choices is ignored.", "chat_keys.n", drop("n")),
)
