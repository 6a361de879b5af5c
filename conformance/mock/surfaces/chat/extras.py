"""What some gateways add to OpenAI's answers and errors.  The mock adds it where the contract that it keeps states it."""

from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.documented import Contract

NATIVE_REASON = "chat.reply.native_finish_reason"  # each choice has the reason in the words of the provider
COST = "chat.reply.usage_cost"  # the usage has what the answer costs
GENERATION_ID = "chat.reply.generation_id"  # every answer has a header with its id
USAGE = "chat.stream.usage_always"  # every stream ends with the usage
ERROR_STATUS = "chat.error.code_status"  # the code of an error is the number of its status
EXTRAS = (NATIVE_REASON, COST, GENERATION_ID, USAGE)

PRICE = 0.000001  # of a token, in the unit of the gateway


def stated(contract: Contract, column: str, model_class: str) -> frozenset[str]:
    """Return the extras that a contract states for a class of models."""
    return frozenset(claim for claim in EXTRAS if contract.says(claim, column, model_class) == "supported")


def envelope_as_stated(body: Any, error: ApiError, contract: Contract) -> Any:
    """Return the body of an error as a contract has it."""
    if contract.says(ERROR_STATUS, "", "") == "supported":
        return {**body, "error": {**body["error"], "code": error.status}}
    return body
