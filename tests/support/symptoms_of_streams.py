"""How the defects of streams show: one function per defect, true where its symptom is seen in what came."""

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


def chunks(ask: Ask, **how: Any) -> list[Chunk]:
    """The chunks of a stream of text, or of whatever else is asked for."""
    text = ask(how.pop("prompt", COUNTING), stream=True, **how).text
    return [json.loads(each.removeprefix("data: ")) for each in text.split("\n\n") if each.startswith("data: {")]


def choices(ask: Ask, **how: Any) -> list[Chunk]:
    """All choices of all chunks."""
    return [choice for chunk in chunks(ask, **how) for choice in chunk["choices"]]


def joined(ask: Ask, **how: Any) -> str:
    """The text that a stream adds up to."""
    return "".join(choice["delta"].get("content") or "" for choice in choices(ask, **how))


def fragments(ask: Ask, **how: Any) -> list[Chunk]:
    """The fragments of two calls."""
    found = choices(ask, prompt=CALLING, tools=TOOLS, **how)
    return [call for choice in found for call in choice["delta"].get("tool_calls", ())]


def reasons(ask: Ask, **how: Any) -> list[Any]:
    """The finish_reason of each choice of a chunk, or a mark that it has none."""
    return [choice.get("finish_reason", "no key") for choice in choices(ask, **how)]


def each(name: str, *wanted: Any) -> Callable[..., bool]:
    """Streams in which a key of the chunks has these values, one after the other."""
    return lambda ask, **how: [chunk.get(name) for chunk in chunks(ask, **how)][: len(wanted)] == list(wanted)


def changes(name: str) -> Callable[..., bool]:
    """Streams in which a key has another value in every chunk."""

    def seen(ask: Ask, **how: Any) -> bool:
        values = [chunk[name] for chunk in chunks(ask, **how)]
        return len(set(values)) == len(values)

    return seen


def raw(*parts: str) -> Callable[..., bool]:
    """Streams in whose bytes these parts stand."""
    return lambda ask, **how: all(part in ask(COUNTING, stream=True, **how).text for part in parts)


def without(part: str) -> Callable[..., bool]:
    """Streams in whose bytes this part does not stand."""
    return lambda ask, **how: part not in ask(COUNTING, stream=True, **how).text


def cut_off(prompt: str, **more: Any) -> Callable[..., bool]:
    """Streams whose connection is lost."""

    def seen(ask: Ask, **how: Any) -> bool:
        try:
            ask(prompt, stream=True, **more, **how)
        except httpx.RemoteProtocolError:
            return True
        return False

    return seen


def usages(ask: Ask, **how: Any) -> list[Any]:
    """The usage of each chunk that has one, by its place from the end."""
    found = chunks(ask, **how)
    return [place - len(found) for place, chunk in enumerate(found) if chunk.get("usage")]


def refused(part: str) -> Callable[..., bool]:
    """Streams in which a mistake in the messages is said, with this part beside it."""

    def seen(ask: Ask, **how: Any) -> bool:
        reply = ask(messages=[], stream=True, **how)
        return reply.status_code == 200 and part in reply.text

    return seen


SYMPTOMS: dict[str, Callable[..., bool]] = {
    "streams_choice_at_index_1": lambda ask, **how: {it["index"] for it in choices(ask, **how)} == {1},
    "numbers_pieces_of_text": lambda ask, **how: (
        [it["index"] for it in choices(ask, **how)][1:-1] == list(range(1, 10))
    ),
    "streams_all_choices_at_index_0": lambda ask, **how: {it["index"] for it in choices(ask, n=2, **how)} == {0},
    "streams_message_beside_delta": lambda ask, **how: all("message" in it for it in choices(ask, **how)),
    "ends_streams_with_message": raw(f'"message":{{"role":"assistant","content":"{TEXT}"}}'),
    "chunks_without_id": without('"id"'),
    "new_id_in_each_chunk": changes("id"),
    "opens_streams_with_empty_chunk": each("model", ""),
    "mixes_status_into_streams": raw('"tool_status"'),
    "chunks_are_whole_completions": each("object", "chat.completion", "chat.completion"),
    "new_time_in_each_chunk": changes("created"),
    "new_fingerprint_in_each_chunk": changes("system_fingerprint"),
    "streams_model_null": each("model", None, None),
    "streams_without_role": without('"role"'),
    "streams_role_null": raw('"role":null'),
    "streams_lines_of_json": without("data:"),
    "streams_without_done": without("[DONE]"),
    "streams_done_twice": raw("data: [DONE]\n\ndata: [DONE]\n\n"),
    "streams_nothing": lambda ask, **how: ask(COUNTING, stream=True, **how).text == "data: [DONE]\n\n",
    "glues_events": raw("}\ndata: {"),
    "tears_events": lambda ask, **how: ask(COUNTING, stream=True, **how).text.count("data: ") == 9 + 3 + 1,
    "breaks_lines_inside_chunks": raw(',\n"choices"'),
    "measures_streams_by_first_chunk": without('finish_reason":"stop'),
    "cuts_text_off": cut_off(COUNTING),
    "cuts_calls_off": cut_off("Call get_time.", tools=TOOLS[1:]),
    "breaks_at_second_call": cut_off(CALLING, tools=TOOLS),
    "streams_no_calls": lambda ask, **how: "json" in ask(tools=TOOLS, stream=True, **how).headers["content-type"],
    "streams_text_in_one_piece": lambda ask, **how: (
        [it["delta"].get("content") for it in choices(ask, **how)][1] == TEXT
    ),
    "repeats_text_at_the_end": lambda ask, **how: joined(ask, **how) == TEXT * 2,
    "streams_without_last_piece": lambda ask, **how: joined(ask, **how) == TEXT[:-2],
    "streams_thoughts_as_text": lambda ask, **how: joined(ask, **how).startswith("<think>"),
    "streams_thoughts_in_torn_tags": lambda ask, **how: joined(ask, **how).startswith("<thought>"),
    "streams_past_stop_sequence": lambda ask, **how: joined(ask, stop="4 5", **how) == TEXT[:9],
    "never_ends_streamed_choices": lambda ask, **how: set(reasons(ask, **how)) == {None},
    "streams_without_finish_reason": lambda ask, **how: set(reasons(ask, **how)) == {"no key"},
    "ends_choice_in_each_chunk": lambda ask, **how: set(reasons(ask, **how)) == {"stop"},
    "ends_choices_twice": lambda ask, **how: reasons(ask, **how)[-2:] == ["stop", "stop"],
    "streams_end_with_eos_token": lambda ask, **how: reasons(ask, **how)[-1] == "eos_token",
    "streams_again_at_the_cap": lambda ask, **how: reasons(ask, max_completion_tokens=4, **how) == [None, None, "stop"],
    "streams_raw_tokens": lambda ask, **how: "\u01202" in ask(COUNTING, stream=True, logprobs=True, **how).text,
    "streams_without_logprobs": lambda ask, **how: "logprobs" not in choices(ask, logprobs=True, **how)[1],
    "streams_usage_before_the_last": lambda ask, **how: usages(ask, stream_options=USAGE, **how) == [-2],
    "streams_usage_in_each_chunk": lambda ask, **how: len(usages(ask, stream_options=USAGE, **how)) == 12,
    "drops_stream_options": lambda ask, **how: usages(ask, stream_options=USAGE, **how) == [],
    "streams_usage_unasked": lambda ask, **how: usages(ask, **how) == [-1],
    "streams_zero_usage_unasked": lambda ask, **how: len(usages(ask, **how)) == 11,
    "streams_usage_without_details": lambda ask, **how: "details" not in str(chunks(ask, stream_options=USAGE, **how)),
    "streams_calls_by_name_alone": lambda ask, **how: all("name" in it["function"] for it in fragments(ask, **how)),
    "streams_ids_again": lambda ask, **how: all(it.get("id") for it in fragments(ask, **how)),
    "streams_ids_and_names_of_null": lambda ask, **how: fragments(ask, **how)[1].get("id", "none") is None,
    "streams_arguments_null": lambda ask, **how: (
        {it["function"]["arguments"] for it in fragments(ask, **how)} == {None}
    ),
    "streams_tags_in_names": lambda ask, **how: fragments(ask, **how)[0]["function"]["name"] == "</think>get_weather",
    "streams_markup_beside_calls": lambda ask, **how: "tool_call" in joined(ask, prompt=CALLING, tools=TOOLS, **how),
    "streams_constant_ids": lambda ask, **how: {it.get("id") for it in fragments(ask, **how)} == {"call_1", None},
    "streams_unasked": lambda ask, **how: ask(COUNTING, stream=False, **how).text.startswith("data: "),
    "drops_stream_of_wrong_type": lambda ask, **how: ask(COUNTING, stream="yes", **how).text.startswith('{"id"'),
    "takes_stream_for_truth": lambda ask, **how: ask(COUNTING, stream="yes", **how).text.startswith("data: "),
    "drops_stream_options_of_wrong_type": lambda ask, **how: bool(chunks(ask, stream_options="yes", **how)),
    "refuses_null_stream_options": lambda ask, **how: ask(stream=True, stream_options=None, **how).status_code == 400,
    "takes_stream_options_without_stream": lambda ask, **how: ask(stream_options=USAGE, **how).status_code == 200,
    "adds_stream_options": lambda ask, **how: ask(stream=True, n=2, **how).status_code == 400,
    "refuses_behind_first_chunk": refused('"delta":{"role":"assistant"'),
    "refuses_in_bare_words": refused("data: Inv"),
}
