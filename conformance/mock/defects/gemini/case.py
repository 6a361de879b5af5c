"""Defects of names with underscores."""

from conformance.mock.defects.gemini.building.contents import Body, without
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def with_config(change: Body) -> Body:
    """Return a change of a body that changes its settings."""
    return lambda body: (
        {**body, "generationConfig": change(body["generationConfig"])} if "generationConfig" in body else body
    )


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_underscores_in_settings",
        "Settings with underscores in their names are dropped.",
        ("gemini.case.max_output_tokens",),
        body=with_config(without("max_output_tokens")),
    ),
    GeminiDefect(
        "gemini_ignores_generation_config",
        "Settings under the name generationConfig are dropped.",
        (
            *("gemini.case.max_output_tokens", "gemini.max_output_tokens.caps"),
            *("gemini.max_output_tokens.zero", "gemini.max_output_tokens.negative"),
            *("gemini.max_output_tokens.wrong_type", "gemini.temperature.above"),
            *("gemini.temperature.below", "gemini.temperature.wrong_type"),
            *("gemini.top_p.above", "gemini.top_k.negative"),
            *("gemini.candidate_count.two", "gemini.candidate_count.zero"),
            *("gemini.candidate_count.nine", "gemini.presence_penalty.above"),
            *("gemini.frequency_penalty.above", "gemini.logprobs.asked"),
            *("gemini.stop.cuts", "gemini.stop.six"),
            *("gemini.stop.string", "gemini.json.mime"),
            *("gemini.json.schema", "gemini.json.json_schema"),
            *("gemini.json.both", "gemini.json.schema_without_mime"),
            *("gemini.json.enum", "gemini.json.ref"),
            *("gemini.json.bad_mime", "gemini.thinking.level_values"),
            *("gemini.thinking.level_xhigh", "gemini.thinking.lower_case"),
            *("gemini.thinking.budget_zero", "gemini.thinking.both"),
            *("gemini.thinking.include", "gemini.thinking.include_stream"),
            "gemini.modalities.image_out",
        ),
        reports=("N138",),
        body=without("generationConfig"),
    ),
)
