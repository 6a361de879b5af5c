"""Changes of finished answers, for the defects of every API."""

from dataclasses import replace

from conformance.mock.engine.answer import Choice
from conformance.mock.engine.request import Request

ROOM = 64  # tokens of a cap: many more than an answer of one token has


def with_template_token(request: Request, choice: Choice) -> Choice:
    """Return a choice with a text that ends by itself and has the token behind it by which a chat template ends messages."""
    whole = choice.finish_reason == "stop" and choice.stopped_by is None and request.form.kind == "text"
    return (
        replace(choice, tokens=(*choice.tokens, "<|im_end|>")) if whole and choice.text and not choice.calls else choice
    )


def cut_below_cap(request: Request, choice: Choice) -> Choice:
    """Return a choice with a text of several tokens cut after the first, with a cap of ten times as many or more."""
    if (
        request.cap is None
        or choice.calls
        or request.form.kind != "text"
        or len(choice.tokens) < 2
        or request.cap < ROOM
    ):
        return choice
    return replace(choice, tokens=choice.tokens[:1], finish_reason="length", stopped_by=None)


def without_text_before_calls(request: Request, choice: Choice) -> Choice:
    """Return the choice of a stream without its text, if it has calls as well."""
    return replace(choice, tokens=()) if request.stream and choice.calls else choice
