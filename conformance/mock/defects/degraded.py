"""Degraded gateways: a weak model, short answers, a content filter, refused or slow requests.

They are chosen like defects and use the same seams, but on them no claim may turn to a deviation, because an answer that does not
come is not evidence against the endpoint.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType

from conformance.mock.defects.defect import Defect
from conformance.mock.engine.answer import Choice, Draft, sampling_seed
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Request, digest
from conformance.mock.server.wire import Piece, Wire

WORDS = ("amber", "brook", "cedar", "delta", "ember", "fjord", "gable", "heron", "inlet", "jetty", "kelp", "lagoon")
MAX_WORDS = 60  # about a paragraph of the engine, so that caps and stop sequences have something to act on
SHORT = 5  # tokens of a truncated answer: too few for most tests of caps and stop sequences, which must not blame the endpoint
UNWILLING = 4  # one answer in four ignores instructions: often enough to be met, and three in a row (1 in 64) are rare
FILTERED = 5  # one prompt in five is blocked: some in every run, without blocking most cells
PAUSE = 0.02  # seconds before a piece of a slow answer: visible in timing, and a second for an answer of 50 pieces


def random_words(request: Request, index: int) -> str:
    """Return random words whatever was asked, the same ones for a greedy request."""
    dice = random.Random(sampling_seed(request, index))
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(1, MAX_WORDS)))


def without_understanding(request: Request, draft: Draft) -> Draft:
    """Return random words instead of free text and optional calls; keep what a server enforces."""
    enforced = request.tool_choice == "required" or isinstance(request.tool_choice, dict)
    if (draft.calls and enforced) or request.form.kind != "text":
        return draft
    return Draft(random_words(request, 0))


def sometimes_without_understanding(request: Request, draft: Draft) -> Draft:
    """Return random words for some requests, chosen by body and repetition, and the draft for all others."""
    unwilling = digest([request.body, request.repetition])[0] % UNWILLING == 0
    return without_understanding(request, draft) if unwilling else draft


def cut_short(request: Request, choice: Choice) -> Choice:
    """Return the first tokens of free text, with finish_reason content_filter."""
    free = choice.tokens and not choice.calls and request.form.kind == "text"
    kept = choice.tokens[:SHORT]
    return replace(choice, tokens=kept, finish_reason="content_filter", stopped_by=None) if free else choice


def beside_calls(request: Request, draft: Draft) -> Draft:
    """Return an answer with calls, and with a sentence before them."""
    return replace(draft, text="I am going to look that up.") if draft.calls else draft


def with_thoughts(request: Request, choice: Choice) -> Choice:
    """Return the choice with reasoning in a field of its own."""
    return replace(choice, thoughts="The user asks for something, so I have to answer.")


def declined_at_times(request: Request, choice: Choice) -> Choice:
    """Return a refusal by the model for conversations that a filter would block."""
    if not is_blocked(request):
        return choice
    return replace(choice, tokens=("No",), calls=(), finish_reason="stop", stopped_by=None, declined=True)


def is_blocked(request: Request) -> bool:
    """Return whether the filter blocks the conversation."""
    return digest(request.messages)[0] % FILTERED == 0


def with_blocked_answer(request: Request, choice: Choice) -> Choice:
    """Return an empty choice with finish_reason content_filter for blocked conversations."""
    if not is_blocked(request):
        return choice
    return replace(choice, tokens=(), calls=(), finish_reason="content_filter", stopped_by=None)


def refuse_blocked(request: Request) -> Request:
    """Return the request; raise ApiError if the filter blocks it."""
    if is_blocked(request):
        raise ApiError("The prompt was stopped by the content filter.", param="messages", code="content_filter")
    return request


def with_pauses(request: Request, wire: Wire) -> Wire:
    """Return the answer with a pause before each piece."""

    def pieces() -> Iterator[Piece]:
        for piece in wire.pieces:
            yield PAUSE
            yield piece

    return replace(wire, pieces=pieces())


def one_in(number: int, trouble: Callable[[], ApiError]) -> Callable[[], None]:
    """Return an arrival that refuses one request in `number` at random, so that a retry may pass."""
    dice = random.Random(number)

    def arrive() -> None:
        if dice.randrange(number) == 0:
            raise trouble()

    return arrive


def rate_limited() -> ApiError:
    """Return the refusal of a rate limit, with a Retry-After header."""
    message = "Rate limit reached for requests."
    return ApiError(message, code="rate_limit_exceeded", status=429, type="requests", headers={"Retry-After": "0"})


def overloaded() -> ApiError:
    """Return the refusal of an overloaded server."""
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
            Defect(
                "follows_sometimes", "One answer in four is random words.", (), draft=sometimes_without_understanding
            ),
            Defect(
                "truncates_free_text",
                "Free text is cut after 5 tokens by a content filter.",
                (),
                choice=cut_short,
            ),
            Defect(
                "filters_answers",
                "A content filter empties the answers to some prompts.",
                (),
                choice=with_blocked_answer,
            ),
            Defect("writes_beside_calls", "There is a sentence before the calls of an answer.", (), draft=beside_calls),
            Defect("shows_reasoning", "Reasoning is shown in a field of its own.", (), choice=with_thoughts),
            Defect("declines_at_times", "The model declines to answer some prompts.", (), choice=declined_at_times),
            Defect("filters_prompts", "A content filter refuses some prompts.", (), request=refuse_blocked),
            Defect(
                "answers_slowly",
                "There is a pause before each piece of an answer.",
                (),
                answered=with_pauses,
                streamed=with_pauses,
            ),
            Defect(
                "limits_the_rate",
                "About half of the requests are refused with status 429.",
                (),
                arrival=one_in(2, rate_limited),
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
