"""Defects of names with underscores."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_config, of_given_parts
from conformance.mock.defects.gemini.building.contents import Body, without
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def with_config(change: Body) -> Body:
    """Return a change of a body that changes its settings."""
    return lambda body: (
        {**body, "generationConfig": change(body["generationConfig"])} if "generationConfig" in body else body
    )


def without_inline_data(parts: list[Json]) -> list[Json]:
    """Return parts without media under a name with an underscore."""
    return [part for part in parts if "inline_data" not in part]


def refusing_file_data(parts: list[Json]) -> list[Json]:
    """Refuse files under a name with an underscore."""
    if any("file_data" in part for part in parts):
        raise ApiError("File URIs are not supported.", param="contents")
    return parts


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_underscores_in_settings",
        "Settings with underscores in their names are dropped.",
        ("gemini.case.max_output_tokens",),
        body=with_config(without("max_output_tokens")),
    ),
    GeminiDefect(
        "gemini_ignores_generation_config",
        "Settings under the name generationConfig are dropped, except those of thinking.",
        (
            "gemini.case.max_output_tokens",
            "gemini.max_output_tokens.caps",
            "gemini.max_output_tokens.zero",
            "gemini.max_output_tokens.negative",
            "gemini.max_output_tokens.wrong_type",
            "gemini.temperature.above",
            "gemini.temperature.below",
            "gemini.temperature.wrong_type",
            "gemini.top_p.above",
            "gemini.top_k.negative",
            "gemini.candidate_count.two",
            "gemini.candidate_count.zero",
            "gemini.candidate_count.nine",
            "gemini.presence_penalty.above",
            "gemini.frequency_penalty.above",
            "gemini.logprobs.asked",
            "gemini.stop.cuts",
            "gemini.stop.six",
            "gemini.stop.string",
            "gemini.json.mime",
            "gemini.json.schema",
            "gemini.json.json_schema",
            "gemini.json.both",
            "gemini.json.schema_without_mime",
            "gemini.json.enum",
            "gemini.json.ref",
            "gemini.json.bad_mime",
            "gemini.modalities.image_out",
        ),
        reports=("N138",),
        body=of_config(lambda config: {name: each for name, each in config.items() if name == "thinkingConfig"}),
    ),
    GeminiDefect(
        "gemini_loses_pictures_with_underscores",
        "A picture under the name inline_data is dropped.",
        ("gemini.case.inline_data",),
        reports=("N146",),
        body=of_given_parts(without_inline_data),
    ),
    GeminiDefect(
        "gemini_reads_no_file_data",
        "A file under the name file_data is refused.",
        ("gemini.case.file_data_snake",),
        body=of_given_parts(refusing_file_data),
    ),
)
