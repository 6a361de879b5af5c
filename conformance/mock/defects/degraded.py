"""Gateways that do not lie but are degraded: a weak model, little room, a filter, trouble on the way.

They are chosen like defects and use the same seams, but no claim may turn on them: what they withhold is no evidence.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType

from conformance.mock.defects.defect import Defect
from conformance.mock.engine.answer import Choice, Draft, seed
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Request, digest
from conformance.mock.server.wire import Piece, Wire

WORDS = ("amber", "brook", "cedar", "delta", "ember", "fjord", "gable", "heron", "inlet", "jetty", "kelp", "lagoon")
MOST_WORDS = 60
SHORT = 5  # tokens that a gateway with little room gives
UNWILLING = 4  # one answer of so many follows no instruction
FILTERED = 5  # one prompt of so many is held back
PAUSE = 0.02  # seconds between the pieces of a slow answer


def rambling(request: Request, index: int) -> str:
    """Return random words, whatever was asked; the same ones where sampling is switched off."""
    dice = random.Random(seed(request, index))
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(1, MOST_WORDS)))


def without_understanding(request: Request, draft: Draft) -> Draft:
    """Return random words in place of free text and of calls that are up to the model; what a server enforces stays."""
    enforced = request.tool_choice == "required" or isinstance(request.tool_choice, dict)
    if (draft.calls and enforced) or request.form.kind != "text":
        return draft
    return Draft(rambling(request, 0))


def sometimes(request: Request, draft: Draft) -> Draft:
    """Return what was asked for, or random words: by the body and how often it came before."""
    unwilling = digest([request.body, request.seen])[0] % UNWILLING == 0
    return without_understanding(request, draft) if unwilling else draft


def short(request: Request, choice: Choice) -> Choice:
    """Return the first tokens of free text, and the honest reason."""
    free = not choice.calls and request.form.kind == "text"
    return replace(choice, tokens=choice.tokens[:SHORT], finish_reason="length") if free else choice


def held_back(request: Request) -> bool:
    """Return whether the filter takes offence at what was asked."""
    return digest(request.messages)[0] % FILTERED == 0


def filtered(request: Request, choice: Choice) -> Choice:
    """Empty the answers to some prompts, and name the filter as the reason."""
    return replace(choice, tokens=(), calls=(), finish_reason="content_filter") if held_back(request) else choice


def refused_by_filter(request: Request) -> Request:
    """Return the request, unless the filter refuses its prompt."""
    if held_back(request):
        raise ApiError("The prompt was stopped by the content filter.", param="messages", code="content_filter")
    return request


def slowly(request: Request, wire: Wire) -> Wire:
    """Return the same pieces with a pause before each."""

    def paced() -> Iterator[Piece]:
        for piece in wire.pieces:
            yield PAUSE
            yield piece

    return replace(wire, pieces=paced())


def one_in(number: int, trouble: Callable[[], ApiError]) -> Callable[[], None]:
    """Let one request of so many meet trouble, by chance: whoever comes again may well be let in."""
    dice = random.Random(number)

    def arrive() -> None:
        if dice.randrange(number) == 0:
            raise trouble()

    return arrive


def too_many() -> ApiError:
    """Return the refusal of a rate limit, which says when to come again."""
    said = "Rate limit reached for requests."
    return ApiError(said, code="rate_limit_exceeded", status=429, type="requests", headers={"Retry-After": "0"})


def overloaded() -> ApiError:
    """Return the refusal of a moment without capacity."""
    return ApiError("The server is overloaded.", status=503, type="server_error")


DEGRADED = MappingProxyType(
    {
        defect.name: defect
        for defect in (
            Defect(
                "follows_no_instruction",
                "Answers are random words, whatever was asked.",
                (),
                draft=without_understanding,
            ),
            Defect("follows_sometimes", "One answer in four is random words.", (), draft=sometimes),
            Defect(
                "truncates_free_text", "Free text is cut after 5 tokens, with finish_reason length.", (), choice=short
            ),
            Defect("filters_answers", "A content filter empties the answers to some prompts.", (), choice=filtered),
            Defect("filters_prompts", "A content filter refuses some prompts.", (), request=refused_by_filter),
            Defect(
                "answers_slowly",
                "There is a pause before each piece of an answer.",
                (),
                answered=slowly,
                streamed=slowly,
            ),
            Defect(
                "limits_the_rate",
                "About half of the requests are refused with status 429.",
                (),
                arrival=one_in(2, too_many),
            ),
            Defect(
                "is_overloaded_at_times",
                "About one request in ten is answered with status 503.",
                (),
                arrival=one_in(10, overloaded),
            ),
        )
    }
)
