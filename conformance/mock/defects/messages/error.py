"""Defects of errors: their envelope, their type, their id and their message."""

from conformance.mock.defects.messages.building.messages import with_error
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about errors."""
    return tuple(f"messages.error.{name}" for name in names)


DEFECTS = (
    MessagesDefect(
        "refuses_like_openai",
        "Errors come in the envelope of OpenAI.",
        claims("envelope", "auth_envelope"),
        reports=("N228",),
        refusal=with_error(lambda body: {"error": {**body["error"], "param": None, "code": None}}),
    ),
    MessagesDefect(
        "names_its_own_type_of_error",
        "The type of an error is a name of the gateway's own.",
        claims("type_known"),
        reports=("N223", "N227"),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "type": "new_api_error"}}),
    ),
    MessagesDefect(
        "blames_itself",
        "The type of every error is api_error.",
        claims("type_status"),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "type": "api_error"}}),
    ),
    MessagesDefect(
        "nests_errors",
        "The message of an error is an error of another API in JSON.",
        claims("no_nested_json"),
        reports=("N104", "N105"),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "message": '{"error": {"code": 400}}'}}),
    ),
    MessagesDefect(
        "fails_on_mistakes",
        "A mistake of the client is answered with status 500.",
        claims("retry_safe", "status"),
        reports=("N226",),
        refusal=with_error(lambda body: body, 500),
    ),
)
