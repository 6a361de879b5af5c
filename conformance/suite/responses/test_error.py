"""What clients of this API read of an error besides its status."""

from itertools import cycle, islice

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.surfaces.dialogue import PLAIN
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.responses.request import ResponsesCase

TOO_LONG = "context_length_exceeded"  # the code by which clients know that sending the request again is of no use


@claim("responses.error.codes")
async def test_codes(case: ResponsesCase, ask: Ask) -> Observation:
    """The error for an input of this many words, which is too long, has the code that clients know."""
    words = " ".join(islice(cycle("abcdefgh"), case.value))
    reply = await ask(case.spelt(Prompt.of(f"{PLAIN}. Do not mind these letters: {words}")))
    if reply.ok or not reply.error or not 400 <= (reply.exchange.status or 0) < 500:
        return unanswered(f"an input that is too long is not refused: {reply.refusal().detail}")
    code = reply.error.code
    return honoured(f"code {code}") if code == TOO_LONG else ignored(f"code must be {TOO_LONG!r}, got {code!r}")
