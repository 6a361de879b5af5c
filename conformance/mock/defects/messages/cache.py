"""Defects of the cache of prompts."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, strict, with_field
from conformance.mock.defects.messages.building.messages import with_usage
from conformance.mock.surfaces.messages.content import TTLS
from conformance.mock.surfaces.messages.defect import MessagesDefect


def without_wrong_mark(part: Json) -> Json:
    """Return a block without a cache_control that the API does not have."""
    mark = part.get("cache_control") or {"type": "ephemeral"}
    if mark.get("type") == "ephemeral" and mark.get("ttl", "5m") in TTLS:
        return part
    return {name: value for name, value in part.items() if name != "cache_control"}


NOTHING = with_usage(
    cache_creation_input_tokens=0,
    cache_read_input_tokens=0,
    cache_creation={"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
)


def marks(value: object) -> int:
    """Return how many parts of a body are marked to be cached."""
    if isinstance(value, dict):
        return ("cache_control" in value) + sum(map(marks, value.values()))
    return sum(map(marks, value)) if isinstance(value, list) else 0


DEFECTS = (
    MessagesDefect(
        "caches_nothing_for_an_hour",
        "What is to be cached for an hour is not cached.",
        ("messages.cache.ttl_1h",),
        message=lambda request, message: NOTHING(request, message) if "'ttl': '1h'" in str(request.body) else message,
    ),
    MessagesDefect(
        "caches_nothing_of_messages",
        "Nothing is written to the cache, or read from it.",
        ("messages.cache.write_read", "messages.cache.ttl_1h"),
        message=NOTHING,
    ),
    MessagesDefect(
        "counts_short_prefixes_as_cached",
        "A marked prefix of any length is counted as cached.",
        ("messages.cache.too_short", "messages.usage.not_double"),
        message=lambda request, message: (
            with_usage(cache_read_input_tokens=7)(request, message)
            if "cache_control" in str(request.body.get("system"))
            else message
        ),
    ),
    strict(
        "refuses_top_level_marks",
        "A cache_control of the whole request is refused.",
        "messages.cache.top_level",
        wrong=lambda body: "cache_control" in body,
    ),
    strict(
        "refuses_marks_on_tools",
        "A cache_control on a tool is refused.",
        "messages.cache.on_tool",
        wrong=lambda body: '"cache_control"' in str(body.get("tools", "")).replace("'", '"'),
    ),
    strict(
        "adds_a_mark_of_its_own",
        "A request with four marks, the documented maximum, is refused, since the gateway adds a fifth.",
        "messages.cache.most_marks",
        reports=("C45",),
        wrong=lambda body: marks([body.get(part) for part in ("tools", "system", "messages")]) >= 4,
    ),
    lax(
        "takes_any_mark",
        "A cache_control of an unknown type, or with an unknown ttl, is dropped.",
        "messages.cache.bogus",
        "messages.cache.bogus_ttl",
        change=with_field(
            "system", lambda value: [without_wrong_mark(part) for part in value] if isinstance(value, list) else value
        ),
    ),
)
