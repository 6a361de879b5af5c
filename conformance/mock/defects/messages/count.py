"""Defects of counts of tokens."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.blocks import without_pictures
from conformance.mock.defects.messages.building.bodies import has_block, of_blocks, refuse, without
from conformance.mock.defects.messages.building.errors import refuse_query
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about counts."""
    return tuple(f"messages.count.{name}" for name in names)


def failing(body: Json) -> Json:
    """Fail on a body with parameters of the answer."""
    if "max_tokens" in body or "temperature" in body:
        raise ApiError("Internal server error.", status=500)
    return body


def failing_on_pictures(body: Json) -> Json:
    """Fail on a body with a picture."""
    if has_block("image")(body):
        raise ApiError("Internal server error.", status=500)
    return body


DEFECTS = (
    MessagesDefect(
        "counts_zero",
        "A count of tokens is always 0.",
        claims("not_zero", "unsupported"),
        reports=("N096",),
        count=lambda counted: {"input_tokens": 0},
    ),
    MessagesDefect(
        "counts_messages_only",
        "A count of tokens leaves out system and tools.",
        claims("system_tools"),
        reports=("N093",),
        asked=without("system", "tools"),
    ),
    MessagesDefect(
        "fails_to_count_pictures",
        "A count of tokens with a picture makes the server fail.",
        claims("pictures"),
        reports=("C42",),
        asked=failing_on_pictures,
    ),
    MessagesDefect(
        "counts_no_pictures_in_results",
        "A count of tokens leaves out pictures in the results of calls.",
        claims("pictures"),
        reports=("C43",),
        asked=of_blocks(without_pictures),
    ),
    MessagesDefect(
        "counts_without_messages",
        "A count of tokens without messages is answered.",
        claims("bad"),
        asked=lambda body: {"messages": [{"role": "user", "content": "x"}], **body},
    ),
    MessagesDefect(
        "counts_nothing",
        "Tokens are not counted.",
        claims("answer", "unsupported"),
        reports=("N224",),
        asked=refuse(lambda body: True, "Unknown path."),
    ),
    MessagesDefect(
        "knows_no_query_of_counts",
        "A count with a query behind its path is answered with status 404.",
        claims("beta_query"),
        reports=("N097",),
        query=refuse_query("/count_tokens"),
    ),
    MessagesDefect(
        "fails_on_parameters_of_answers",
        "A count with parameters of the answer makes the server fail.",
        (*claims("extra_keys"), "messages.error.retry_safe"),
        asked=failing,
    ),
)
