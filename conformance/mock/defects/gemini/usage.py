"""Defects of usage."""

from conformance.mock.defects.gemini.building import (
    everywhere,
    is_short,
    of_usage,
    plainly,
    without,
)
from conformance.mock.defects.gemini.building.reply_fields import is_long
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_sends_no_usage",
        "Answers have no usage.",
        ("gemini.usage.present",),
        whole=plainly(lambda body: without(body, "usageMetadata"), is_short),
    ),
    GeminiDefect(
        "gemini_totals_without_thoughts",
        "The total leaves out the thoughts.",
        ("gemini.usage.sum",),
        **everywhere(
            of_usage(
                lambda usage: {
                    **usage,
                    "totalTokenCount": usage["totalTokenCount"] - usage.get("thoughtsTokenCount", 0),
                }
            )
        ),
    ),
    GeminiDefect(
        "gemini_counts_no_thoughts",
        "Answers do not count their thoughts.",
        ("gemini.usage.thoughts",),
        reports=("N147",),
        whole=plainly(of_usage(lambda usage: without(usage, "thoughtsTokenCount"))),
    ),
    GeminiDefect(
        "gemini_counts_prompts_alike",
        "A longer prompt counts as many tokens as a short one.",
        ("gemini.usage.grows",),
        whole=plainly(of_usage(lambda usage: {**usage, "promptTokenCount": 8}), is_long),
    ),
    GeminiDefect(
        "gemini_details_do_not_add_up",
        "The tokens by modality are more than those of the prompt.",
        ("gemini.usage.details",),
        whole=plainly(
            of_usage(lambda usage: {**usage, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 99_999}]})
        ),
    ),
    GeminiDefect(
        "gemini_caches_more_than_the_prompt",
        "More tokens of the prompt come from a cache than it has.",
        ("gemini.usage.parts",),
        whole=plainly(
            of_usage(lambda usage: {**usage, "cachedContentTokenCount": usage["promptTokenCount"] + 9}), is_short
        ),
    ),
    GeminiDefect(
        "gemini_counts_what_nobody_sees",
        "Many times the tokens of an answer are counted.",
        ("gemini.usage.bounds",),
        whole=plainly(
            of_usage(
                lambda usage: {
                    **usage,
                    "candidatesTokenCount": usage.get("candidatesTokenCount", 0) + 9000,
                    "totalTokenCount": usage["totalTokenCount"] + 9000,
                }
            ),
            is_short,
        ),
    ),
)
