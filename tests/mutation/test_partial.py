"""Lies that are told only with tools, in streams, at n > 1, in the second choice or call, or on one route: all are found."""

from collections.abc import Iterator

import pytest

from conformance.mock.server import registry
from tests.mutation import mutating, partial
from tests.mutation.mutating import Mutation

# The claims of a defect look at one request each; these show on others.
VARIANTS = [
    ("repeats_id", "only with tools"),
    ("leaves_prompt_out_of_total", "only with tools"),
    ("answers_as_model", "only with tools"),
    ("created_in_milliseconds", "only with a schema"),
    ("names_plain_answers_chunks", "only with tools"),
    ("leaves_out_usage", "only with a history"),
    ("caches_more_than_the_prompt", "only with a schema"),
    ("answers_as_plain_text", "only with tools"),
    ("empties_texts_of_plain_answers", "only at n > 1"),
    ("empties_texts_of_plain_answers", "only in later choices"),
    ("empties_texts_of_plain_answers", "only with a history"),
    ("loses_texts_of_plain_answers", "only at n > 1"),
    ("sends_content_as_parts", "only in later choices"),
    ("ends_whole_texts_with_tool_calls", "only in later choices"),
    ("cut_answers_end_with_stop", "only at n > 1"),
    ("cut_answers_end_with_stop", "only in later choices"),
    ("breaks_off_with_error", "only in streams"),
    ("streams_without_done", "only with tools"),
    ("streams_done_twice", "only with a schema"),
    ("drops_stream_options", "only with temperature 0"),
    ("new_id_in_each_chunk", "only with tools"),
    ("streams_model_null", "only at n > 1"),
    ("chunks_are_whole_completions", "only with a schema"),
    ("never_ends_streamed_choices", "only in later choices"),
    ("ends_choices_twice", "only with tools"),
    ("streams_without_last_piece", "only at n > 1"),
    ("repeats_text_at_the_end", "only in later choices"),
    ("streams_lines_of_json", "only with tools"),
    ("glues_events", "only with tools"),
    ("drops_stop", "only in streams"),
    ("calls_end_with_stop", "only in streams"),
    ("prefixes_function_names", "only in later calls"),
    ("calls_share_an_id", "only in later calls"),
    ("streams_names_last", "only in later calls"),
    ("drops_token_caps", "only in streams"),
    ("shows_texts_as_reasoning_too", "only at n > 1"),
    ("leaks_stop_sequence", "only on claude"),
    ("names_undocumented_tiers", "only on reasoning"),
    ("counts_zero_tokens", "only on gemini"),
]


@pytest.fixture(scope="module")
def run() -> Iterator[Mutation]:
    """The truthful gateway, asked once what chat is asked: conditions restrict defects of chat."""
    with mutating.mutation("chat") as run:
        yield run


# Every third is in continuous integration.
SOME = [pytest.param(*each, marks=[pytest.mark.thorough] if number % 3 else []) for number, each in enumerate(VARIANTS)]


@pytest.mark.parametrize(("name", "condition"), SOME)
def test_a_lie_that_is_told_in_part_is_found(name: str, condition: str, run: Mutation) -> None:
    """A claim is against the endpoint, not only noted."""
    found = partial.found(run, partial.named(name, condition))
    assert found.against, found.line


def test_a_condition_leaves_all_else_as_it_is(run: Mutation) -> None:
    """A lie that no request brings about changes nothing."""
    found = partial.found(run, partial.named("repeats_id", "only in streams"))
    assert found.line == "not shown repeats_id only in streams"


def test_every_condition_fits_a_defect() -> None:
    """And each defect of the wire under a condition keeps its claims."""
    names = {defect.name.partition(" ")[2] for defect in partial.every(registry.defects())}
    assert names == {condition.name for condition in partial.CONDITIONS} | {
        f"only on {kind}" for kind in partial.ROUTES
    }
