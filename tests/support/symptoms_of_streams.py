"""The symptoms of defects of streams: a function per defect, true if a stream shows it."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]
Chunk = dict[str, Any]

COUNTING = "Count from 1 to 9"
TEXT = "1 2 3 4 5 6 7 8 9"
CALLING = "Call the tools get_weather and get_time."
TOOLS = [{"type": "function", "function": {"name": name}} for name in ("get_weather", "get_time")]
USAGE = {"include_usage": True}


def chunks(ask: Ask, **options: Any) -> list[Chunk]:
    """Return the chunks of a stream, by default of a counting text."""
    text = ask(options.pop("prompt", COUNTING), stream=True, **options).text
    return [json.loads(event.removeprefix("data: ")) for event in text.split("\n\n") if event.startswith("data: {")]


def choices(ask: Ask, **options: Any) -> list[Chunk]:
    """Return all choices of all chunks."""
    return [choice for chunk in chunks(ask, **options) for choice in chunk["choices"]]


def joined(ask: Ask, **options: Any) -> str:
    """Return the text that a stream adds up to."""
    return "".join(choice["delta"].get("content") or "" for choice in choices(ask, **options))


def fragments(ask: Ask, **options: Any) -> list[Chunk]:
    """Return the fragments of two calls."""
    streamed = choices(ask, prompt=CALLING, tools=TOOLS, **options)
    return [call for choice in streamed for call in choice["delta"].get("tool_calls", ())]


def reasons(ask: Ask, **options: Any) -> list[Any]:
    """Return the finish_reason of each choice of a chunk, or a mark if it has none."""
    return [choice.get("finish_reason", "no key") for choice in choices(ask, **options)]


def has_values(name: str, *wanted: Any) -> Callable[..., bool]:
    """Return the symptom that a key of the chunks has these values, in order."""
    return lambda ask, **options: [chunk.get(name) for chunk in chunks(ask, **options)][: len(wanted)] == list(wanted)


def changes(name: str) -> Callable[..., bool]:
    """Return the symptom that a key has a different value in every chunk."""

    def seen(ask: Ask, **options: Any) -> bool:
        values = [chunk[name] for chunk in chunks(ask, **options)]
        return len(set(values)) == len(values)

    return seen


def raw(*parts: str) -> Callable[..., bool]:
    """Return the symptom that the bytes of a stream contain these parts."""
    return lambda ask, **options: all(part in ask(COUNTING, stream=True, **options).text for part in parts)


def without(part: str) -> Callable[..., bool]:
    """Return the symptom that the bytes of a stream lack this part."""
    return lambda ask, **options: part not in ask(COUNTING, stream=True, **options).text


def cut_off(prompt: str, **more: Any) -> Callable[..., bool]:
    """Return the symptom that the connection closes in a stream."""

    def seen(ask: Ask, **options: Any) -> bool:
        try:
            ask(prompt, stream=True, **more, **options)
        except httpx.RemoteProtocolError:
            return True
        return False

    return seen


def usages(ask: Ask, **options: Any) -> list[Any]:
    """Return the positions of the chunks with a usage, counted from the end."""
    streamed = chunks(ask, **options)
    return [position - len(streamed) for position, chunk in enumerate(streamed) if chunk.get("usage")]


def refused(part: str) -> Callable[..., bool]:
    """Return the symptom that a stream contains an error about messages, and this part."""

    def seen(ask: Ask, **options: Any) -> bool:
        reply = ask(messages=[], stream=True, **options)
        return reply.status_code == 200 and part in reply.text

    return seen


SYMPTOMS: dict[str, Callable[..., bool]] = {
    "streams_choice_at_index_1": lambda ask, **options: {choice["index"] for choice in choices(ask, **options)} == {1},
    "numbers_pieces_of_text": lambda ask, **options: (
        [choice["index"] for choice in choices(ask, **options)][1:-1] == list(range(1, 10))
    ),
    "streams_all_choices_at_index_0": lambda ask, **options: (
        {choice["index"] for choice in choices(ask, n=2, **options)} == {0}
    ),
    "streams_message_beside_delta": lambda ask, **options: all(
        "message" in choice for choice in choices(ask, **options)
    ),
    "ends_streams_with_message": raw(f'"message":{{"role":"assistant","content":"{TEXT}"}}'),
    "chunks_without_id": without('"id"'),
    "new_id_in_each_chunk": changes("id"),
    "opens_streams_with_empty_chunk": has_values("model", ""),
    "mixes_status_into_streams": raw('"tool_status"'),
    "chunks_are_whole_completions": has_values("object", "chat.completion", "chat.completion"),
    "new_time_in_each_chunk": changes("created"),
    "new_fingerprint_in_each_chunk": changes("system_fingerprint"),
    "streams_model_null": has_values("model", None, None),
    "streams_without_role": without('"role"'),
    "streams_role_null": raw('"role":null'),
    "streams_lines_of_json": without("data:"),
    "streams_without_done": without("[DONE]"),
    "streams_done_twice": raw("data: [DONE]\n\ndata: [DONE]\n\n"),
    "streams_nothing": lambda ask, **options: ask(COUNTING, stream=True, **options).text == "data: [DONE]\n\n",
    "glues_events": raw("}\ndata: {"),
    "tears_events": lambda ask, **options: ask(COUNTING, stream=True, **options).text.count("data: ") == 9 + 3 + 1,
    "breaks_lines_inside_chunks": raw(',\n"choices"'),
    "measures_streams_by_first_chunk": without('finish_reason":"stop'),
    "cuts_text_off": cut_off(COUNTING),
    "cuts_calls_off": cut_off("Call get_time.", tools=TOOLS[1:]),
    "breaks_at_second_call": cut_off(CALLING, tools=TOOLS),
    "streams_no_calls": lambda ask, **options: (
        "json" in ask(tools=TOOLS, stream=True, **options).headers["content-type"]
    ),
    "streams_text_in_one_piece": lambda ask, **options: (
        [choice["delta"].get("content") for choice in choices(ask, **options)][1] == TEXT
    ),
    "repeats_text_at_the_end": lambda ask, **options: joined(ask, **options) == TEXT * 2,
    "streams_without_last_piece": lambda ask, **options: joined(ask, **options) == TEXT[:-2],
    "streams_thoughts_as_text": lambda ask, **options: joined(ask, **options).startswith("<think>"),
    "streams_thoughts_in_torn_tags": lambda ask, **options: joined(ask, **options).startswith("<thought>"),
    "streams_past_stop_sequence": lambda ask, **options: joined(ask, stop="4 5", **options) == TEXT[:9],
    "never_ends_streamed_choices": lambda ask, **options: set(reasons(ask, **options)) == {None},
    "streams_without_finish_reason": lambda ask, **options: set(reasons(ask, **options)) == {"no key"},
    "ends_choice_in_each_chunk": lambda ask, **options: set(reasons(ask, **options)) == {"stop"},
    "ends_choices_twice": lambda ask, **options: reasons(ask, **options)[-2:] == ["stop", "stop"],
    "streams_end_with_eos_token": lambda ask, **options: reasons(ask, **options)[-1] == "eos_token",
    "streams_again_at_the_cap": lambda ask, **options: (
        reasons(ask, max_completion_tokens=4, **options) == [None, None, "stop"]
    ),
    "streams_raw_tokens": lambda ask, **options: "\u01202" in ask(COUNTING, stream=True, logprobs=True, **options).text,
    "streams_without_logprobs": lambda ask, **options: "logprobs" not in choices(ask, logprobs=True, **options)[1],
    "streams_usage_before_the_last": lambda ask, **options: usages(ask, stream_options=USAGE, **options) == [-2],
    "streams_usage_in_each_chunk": lambda ask, **options: len(usages(ask, stream_options=USAGE, **options)) == 12,
    "drops_stream_options": lambda ask, **options: usages(ask, stream_options=USAGE, **options) == [],
    "streams_usage_unasked": lambda ask, **options: usages(ask, **options) == [-1],
    "streams_zero_usage_unasked": lambda ask, **options: len(usages(ask, **options)) == 11,
    "streams_usage_without_details": lambda ask, **options: (
        "details" not in str(chunks(ask, stream_options=USAGE, **options))
    ),
    "streams_calls_by_name_alone": lambda ask, **options: all(
        "name" in fragment["function"] for fragment in fragments(ask, **options)
    ),
    "streams_ids_again": lambda ask, **options: all(fragment.get("id") for fragment in fragments(ask, **options)),
    "streams_ids_and_names_of_null": lambda ask, **options: fragments(ask, **options)[1].get("id", "none") is None,
    "streams_arguments_null": lambda ask, **options: (
        {fragment["function"]["arguments"] for fragment in fragments(ask, **options)} == {None}
    ),
    "streams_tags_in_names": lambda ask, **options: (
        fragments(ask, **options)[0]["function"]["name"] == "</think>get_weather"
    ),
    "streams_markup_beside_calls": lambda ask, **options: (
        "tool_call" in joined(ask, prompt=CALLING, tools=TOOLS, **options)
    ),
    "streams_constant_ids": lambda ask, **options: (
        {fragment.get("id") for fragment in fragments(ask, **options)} == {"call_1", None}
    ),
    "streams_unasked": lambda ask, **options: ask(COUNTING, stream=False, **options).text.startswith("data: "),
    "drops_stream_of_wrong_type": lambda ask, **options: ask(COUNTING, stream="yes", **options).text.startswith(
        '{"id"'
    ),
    "takes_stream_for_truth": lambda ask, **options: ask(COUNTING, stream="yes", **options).text.startswith("data: "),
    "drops_stream_options_of_wrong_type": lambda ask, **options: bool(chunks(ask, stream_options="yes", **options)),
    "refuses_null_stream_options": lambda ask, **options: (
        ask(stream=True, stream_options=None, **options).status_code == 400
    ),
    "takes_stream_options_without_stream": lambda ask, **options: (
        ask(stream_options=USAGE, **options).status_code == 200
    ),
    "adds_stream_options": lambda ask, **options: ask(stream=True, n=2, **options).status_code == 400,
    "refuses_behind_first_chunk": refused('"delta":{"role":"assistant"'),
    "refuses_in_bare_words": refused("data: Inv"),
}
