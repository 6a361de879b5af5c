"""Texts that are wrapped, begun with thoughts or lost, and stops and caps that are read in part."""

from dataclasses import replace

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Draft
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

THOUGHT = "<think>The user asks for something, so the answer has to come after this.</think>\n\n"
FORMS = tuple(
    f"chat.response_format.{statement}"
    for statement in (
        "json_schema",
        "json_object",
        "nested",
        "enum",
        "array",
        "not_strict",
        "additional_properties",
    )
)
JOINED = ("chat.logprobs.shape", "chat.stream.joins")
SAMPLING_KINDS = ("chat", "claude", "gemini")


def fenced(request: ChatRequest, draft: Draft) -> Draft:
    """A structured answer between the marks of a block of code."""
    wanted = request.form.kind != "text" and not draft.calls
    return Draft(f"```json\n{draft.text}\n```") if wanted else draft


def with_text(prefix: str | None) -> Mutation[Json]:
    """Bodies whose texts are what stands in for them: nothing where there is no prefix, else the prefix and the text."""

    def body_with(request: ChatRequest, body: Json) -> Json:
        for choice in body["choices"]:
            text = choice["message"]["content"]
            if isinstance(text, str):
                choice["message"]["content"] = None if prefix is None else prefix + text
        return body

    return body_with


def emptied(request: ChatRequest, body: Json) -> Json:
    """The body whose texts are empty."""
    for choice in body["choices"]:
        if isinstance(choice["message"]["content"], str):
            choice["message"]["content"] = ""
    return body


def first_stop_only(request: ChatRequest) -> ChatRequest:
    """The request with the first of its stop sequences."""
    return replace(request, stop=request.stop[:1])


def stop_in_lists_only(request: ChatRequest) -> ChatRequest:
    """The request without a stop sequence that is no list."""
    return replace(request, stop=()) if isinstance(request.body.get("stop"), str) else request


def with_double_cap(request: ChatRequest) -> ChatRequest:
    """The request with a cap twice as high."""
    return request if request.cap is None else replace(request, cap=2 * request.cap)


DEFECTS = (
    ChatDefect(
        "fences_structured_answers",
        "JSON that response_format asks for comes as a block of code.",
        claims=FORMS,
        parameter="response_format",
        draft=fenced,
    ),
    ChatDefect(
        "thinks_aloud_in_plain_answers",
        "The text of a plain answer begins with the thoughts before it, in tags.",
        claims=(*FORMS, *JOINED),
        whole=with_text(THOUGHT),
    ),
    ChatDefect(
        "loses_texts_of_plain_answers",
        "The content of a plain answer is null, though its text was made and counted.",
        claims=("chat.reply.content", *FORMS, *JOINED),
        whole=with_text(None),
    ),
    ChatDefect(
        "empties_texts_of_plain_answers",
        "The content of a plain answer is empty, though its text was made and counted.",
        claims=(*FORMS, *JOINED),
        whole=emptied,
    ),
    ChatDefect(
        "reads_first_stop_only",
        "Of several stop sequences only the first one works.",
        claims=("chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        request=first_stop_only,
    ),
    ChatDefect(
        "reads_stop_in_lists_only",
        "A stop sequence that stands alone is ignored, while one in a list works.",
        claims=("chat.stop.ends_text",),
        parameter="stop",
        kinds=SAMPLING_KINDS,
        request=stop_in_lists_only,
    ),
    ChatDefect(
        "doubles_caps",
        "An answer is cut after twice as many tokens as its cap allows.",
        claims=("chat.max_tokens.caps", "chat.max_completion_tokens.caps"),
        request=with_double_cap,
    ),
)
