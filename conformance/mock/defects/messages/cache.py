"""Defects of the cache of prompts."""

from conformance.mock.defects.messages.building.bodies import strict
from conformance.mock.defects.messages.building.messages import with_usage
from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    MessagesDefect(
        "caches_nothing_of_messages",
        "Nothing is written to the cache, or read from it.",
        ("messages.cache.write_read", "messages.cache.ttl_1h"),
        message=with_usage(
            cache_creation_input_tokens=0,
            cache_read_input_tokens=0,
            cache_creation={"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        ),
    ),
    MessagesDefect(
        "counts_short_prefixes_as_cached",
        "Every prompt is counted as cached.",
        ("messages.cache.too_short",),
        message=with_usage(cache_read_input_tokens=7),
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
)
