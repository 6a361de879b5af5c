"""Defects of the fields of answers."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from conformance.mock.defects.choices import cut_below_cap, with_template_token
from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import (
    counts_up,
    everywhere,
    is_short,
    of_candidates,
    of_parts,
    of_usage,
    plainly,
)
from conformance.mock.defects.gemini.building.error import of_mode
from conformance.mock.defects.gemini.building.reply_fields import is_long
from conformance.mock.engine.answer import Draft
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def as_array(request: GeminiRequest, wire: Wire) -> Wire:
    """Return the body as the only item of an array."""
    return wire.with_pieces(b"[" + wire.body + b"]")


def is_bound(request: GeminiRequest) -> bool:
    """Return whether an answer is bound to a form, or to a call."""
    return request.form.kind != "text" or request.tool_choice == "required"


def twice(body: Json) -> Json:
    """Return a response with each candidate twice."""
    found = [each for candidate in body["candidates"] for each in (candidate, candidate)]
    return {**body, "candidates": [{**each, "index": place} for place, each in enumerate(found)]}


def thinking_aloud(parts: list[Json]) -> list[Json]:
    """Return parts with the thoughts in front of the text as well."""
    thoughts = "".join(part["text"] for part in parts if part.get("thought"))
    return [
        {**part, "text": f"{thoughts} {part['text']}"} if "text" in part and not part.get("thought") else part
        for part in parts
    ]


def swapped() -> Callable[[GeminiRequest, Draft], Draft]:
    """Return a mutation that gives every seventh prompt for a word the answer to the one before."""
    numbers, texts = count(1), {"": ""}

    def swap(request: GeminiRequest, draft: Draft) -> Draft:
        if not is_short(request):
            return draft
        before, texts[""] = texts[""], draft.text
        return replace(draft, text=before) if before and next(numbers) % 7 == 0 else draft

    return swap


DEFECTS = (
    GeminiDefect(
        "gemini_compresses_unasked",
        "Plain answers are in the encoding gzip, whatever the request accepts.",
        ("gemini.reply.encoding",),
        reports=("B43",),
        answered=lambda request, wire: wire.in_gzip(),
    ),
    GeminiDefect(
        "gemini_answers_mistakes_with_200",
        "An unknown mode is answered with an error and status 200.",
        ("gemini.reply.error_not_200", "gemini.tools.mode_bogus"),
        refusal=lambda refusal: replace(refusal, status=200) if of_mode(refusal) else refusal,
    ),
    GeminiDefect(
        "gemini_doubles_candidates",
        "Two candidates come where one is asked for.",
        ("gemini.reply.candidates", "gemini.candidate_count.one"),
        whole=lambda request, body: twice(body) if request.n == 1 else body,
    ),
    GeminiDefect(
        "gemini_answers_as_assistant",
        "The role of a content is assistant.",
        ("gemini.reply.content_role",),
        **everywhere(
            of_candidates(lambda each: {**each, "content": {**each["content"], "role": "assistant"}}), counts_up
        ),
    ),
    GeminiDefect(
        "gemini_loses_long_answers",
        "The answer to a long prompt has no parts.",
        ("gemini.reply.parts_text",),
        whole=plainly(of_candidates(lambda each: {**each, "content": {"role": "model"}}), is_long),
    ),
    GeminiDefect(
        "gemini_ends_in_small_letters",
        "The finishReason is in small letters.",
        ("gemini.reply.finish_set",),
        **everywhere(
            of_candidates(lambda each: {**each, "finishReason": "stop"} if "finishReason" in each else each), is_short
        ),
    ),
    GeminiDefect(
        "gemini_blames_the_cap",
        "A whole answer ends with MAX_TOKENS.",
        ("gemini.reply.finish_stop",),
        **everywhere(
            of_candidates(lambda each: {**each, "finishReason": "MAX_TOKENS"} if "finishReason" in each else each),
            is_bound,
        ),
    ),
    GeminiDefect(
        "gemini_counts_candidates_from_one",
        "The first candidate has the index 1.",
        ("gemini.reply.index",),
        whole=plainly(of_candidates(lambda each: {**each, "index": each["index"] + 1})),
    ),
    GeminiDefect(
        "gemini_spells_with_underscores",
        "A field has an underscore in its name.",
        ("gemini.reply.camel_case",),
        **everywhere(lambda body: {**body, "response_id": body["responseId"]}),
    ),
    GeminiDefect(
        "gemini_names_another_model",
        "The modelVersion is another model.",
        ("gemini.reply.model_version",),
        **everywhere(lambda body: {**body, "modelVersion": "gpt-5"}),
    ),
    GeminiDefect(
        "gemini_repeats_response_ids",
        "All answers have the same responseId.",
        (
            "gemini.reply.id_unique",
            "gemini.reply.response_id",
        ),
        whole=plainly(lambda body: {**body, "responseId": "same"}),
    ),
    GeminiDefect(
        "gemini_answers_in_chat_form",
        "An answer has a field of Chat Completions.",
        ("gemini.reply.no_chat_keys",),
        whole=plainly(lambda body: {**body, "object": "chat.completion"}),
    ),
    GeminiDefect(
        "gemini_answers_with_array",
        "A plain answer is an array.",
        ("gemini.reply.not_array",),
        answered=as_array,
    ),
    GeminiDefect(
        "gemini_adds_empty_parts",
        "An answer has an empty part.",
        ("gemini.reply.no_empty_part",),
        whole=plainly(of_parts(lambda parts: [*parts, {"text": ""}]), is_short),
    ),
    GeminiDefect(
        "gemini_counts_in_text",
        "Counts are texts.",
        ("gemini.reply.count_types",),
        **everywhere(of_usage(lambda usage: {name: str(value) for name, value in usage.items()}), is_short),
    ),
    GeminiDefect(
        "gemini_guesses_probabilities",
        "An answer has avgLogprobs as text.",
        ("gemini.reply.schema", "gemini.reply.avg_logprobs"),
        whole=plainly(of_candidates(lambda each: {**each, "avgLogprobs": "-0.1"})),
    ),
    GeminiDefect(
        "gemini_rates_safety",
        "Candidates have safetyRatings.",
        ("gemini.reply.safety_ratings",),
        whole=plainly(of_candidates(lambda each: {**each, "safetyRatings": []})),
    ),
    GeminiDefect(
        "gemini_answers_in_plain_text",
        "The content type of an answer is text/plain.",
        ("gemini.reply.content_type",),
        answered=lambda request, wire: replace(wire, media_type="text/plain") if is_short(request) else wire,
    ),
    GeminiDefect(
        "gemini_names_latin_1",
        "The content type of an answer names the charset ISO-8859-1.",
        ("gemini.reply.charset",),
        answered=lambda request, wire: replace(wire, media_type="application/json; charset=ISO-8859-1"),
    ),
    GeminiDefect(
        "gemini_answers_another_request",
        "A prompt now and then gets the answer to another one.",
        ("gemini.reply.own_words",),
        draft=swapped(),
    ),
    GeminiDefect(
        "gemini_thinks_aloud",
        "The text begins with the thoughts.",
        ("gemini.reply.reasoning_apart", "gemini.stream.joins"),
        whole=plainly(of_parts(thinking_aloud)),
    ),
    GeminiDefect(
        "gemini_ends_texts_with_template_tokens",
        "A text ends with the token of the chat template that ends messages.",
        ("gemini.reply.template_apart",),
        reports=("C08",),
        kinds=("gemini",),
        choice=with_template_token,
    ),
    GeminiDefect(
        "gemini_cuts_answers_below_their_cap",
        "An answer is cut far below its cap, and says that the cap cut it.",
        ("gemini.reply.cut_at_cap",),
        reports=("C20",),
        kinds=("gemini",),
        choice=cut_below_cap,
    ),
)
