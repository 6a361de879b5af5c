"""What a gateway keeps of the responses that it gave, by id: the object, the items of the input, and the conversation so far."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.responses.items import Conversation, add_item

Json = dict[str, Any]
# Responses that are kept; the oldest is forgotten first.  A run asks for at most some hundred, and goes on from the latest ones.
MOST = 1_000


@dataclass
class Stored:
    """One stored response; one in the background is `shown` as in progress until it was asked for."""

    response: Json
    input_items: list[Json]
    conversation: Conversation
    pending: Json | None = None


@dataclass
class Store:
    """The stored responses of one gateway, and the items of all of them."""

    responses: dict[str, Stored] = field(default_factory=dict)
    items: dict[str, Json] = field(default_factory=dict)

    def keep(self, response: Json, input_items: list[Json], conversation: Conversation) -> None:
        """Store a response with the conversation that leads to it."""
        after = copy.deepcopy(conversation)
        waits = response["status"] in ("queued", "in_progress")
        self.responses[response["id"]] = Stored(response, input_items, after, response if waits else None)
        for item in (*input_items, *response["output"]):
            self.items.setdefault(item["id"], item)
        self.add_output(after, response["output"], response["model"])
        if len(self.responses) > MOST:
            self.forget(next(iter(self.responses)))

    def forget(self, response_id: str) -> None:
        """Drop a stored response and its items; raise ApiError if there is none with this id."""
        stored = self.find(response_id)
        for item in (*stored.input_items, *stored.response["output"]):
            self.items.pop(item["id"], None)
        del self.responses[response_id]

    def add_output(self, conversation: Conversation, output: list[Json], model: str) -> None:
        """Add what a response says to a conversation."""
        for position, item in enumerate(output):
            add_item(conversation, f"output[{position}]", item, model, self.items)

    def find(self, response_id: str) -> Stored:
        """Return a stored response; raise ApiError if there is none with this id."""
        if response_id not in self.responses:
            message = f"Response with id '{response_id}' not found."
            raise ApiError(message, param="response_id", code="response_not_found", status=404)
        return self.responses[response_id]

    def conversation_after(self, response_id: str) -> Conversation:
        """Return the conversation that ends with a response; raise ApiError if there is none with this id."""
        if response_id not in self.responses:
            message = f"Previous response with id '{response_id}' not found."
            raise ApiError(message, param="previous_response_id", code="previous_response_not_found")
        return copy.deepcopy(self.responses[response_id].conversation)

    def finish(self, stored: Stored, finished: Mapping[str, Any]) -> None:
        """Complete a response that was in the background."""
        stored.response, stored.pending = {**stored.response, **finished}, None
        for item in stored.response["output"]:
            self.items.setdefault(item["id"], item)
        self.add_output(stored.conversation, stored.response["output"], stored.response["model"])
