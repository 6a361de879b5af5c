"""Headers of replies and the encodings of bodies: any value is read or ignored, and the pieces of a body make no difference."""

import gzip
import math
import zlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from conformance.http import sse
from conformance.http.body import Body, MemoryPool, TooLarge, Undecodable
from conformance.sending import rates
from conformance.sending.pacing import Pace, after_answer, after_refusal, initial_pace, reserve
from conformance.surfaces import registry
from tests.support import outside
from tests.support.making import exchange
from tests.support.outside import SURFACES, tried


@tried(500)
@given(st.sampled_from(SURFACES), outside.HEADERS)
def test_any_rate_limit_is_read(surface: str, headers: tuple[tuple[str, str], ...]) -> None:
    """No time is negative, and the pace that follows from it lets requests through again."""
    refused = replace(exchange(429, {"error": {"message": "slow down"}}), headers=headers)
    hint = rates.read_hint(refused, registry.named(surface).rate_headers)
    for number in (hint.retry_after, hint.reset, hint.limit):
        assert number is None or number >= 0  # infinite for a number that no float can hold
    assert hint.limit is None or 0 < hint.limit < math.inf
    pace, now = initial_pace(None, None), refused.started + 1
    for _ in range(3):
        pace = Pace.from_document(after_refusal(pace, now, refused.started, hint, 0.5).document())
        pace, wait = reserve(pace, now, 10)
        assert math.isfinite(wait)
        pace = after_answer(pace, now + 1, now, 10, None)


def read(whole: bytes, cuts: list[int], encodings: list[str]) -> tuple[bytes, str]:
    """Return what is read of a body that comes in pieces, and how that failed."""
    places = sorted(min(cut, len(whole)) for cut in cuts)
    try:
        body = Body(encodings, MemoryPool(1))
        for start, end in zip([0, *places], [*places, len(whole)], strict=True):
            body.add(whole[start:end])
        body.end()
    except (TooLarge, Undecodable) as error:
        return b"", type(error).__name__
    return bytes(body.bytes), ""


CODINGS = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "br": bytes}


@tried(400)
@given(
    st.binary(max_size=80),
    st.lists(st.integers(0, 200), max_size=6),
    st.lists(st.sampled_from(sorted(CODINGS)), max_size=4),
    st.booleans(),
)
def test_pieces_of_a_body_make_no_difference(sent: bytes, cuts: list[int], codings: list[str], broken: bool) -> None:
    """However it is encoded, cut or broken off, it is read as if it came whole."""
    whole = sent
    for name in codings:
        whole = CODINGS[name](whole)
    whole = whole[:-3] if broken else whole
    assert read(whole, cuts, codings) == read(whole, [], codings)


@tried(400)
@given(
    st.lists(
        st.sampled_from(["data: x", "data:", "event: e", ":", "\r", "\n", "\r\n", "\n\n", "\ufeff", "id: 1", "{}"])
        | outside.TEXT
    )
)
def test_an_event_stream_is_read_by_its_lines_alone(parts: list[str]) -> None:
    """No end of a line and no order of fields loses data: the strings of all events are those of all data fields."""
    stream = sse.parse("".join(parts))
    fields = [line.partition(":") for line in sse.lines("".join(parts).removeprefix("\ufeff"))]
    data = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
    assert "\n".join(event.data for event in stream.events) == "\n".join(data)
