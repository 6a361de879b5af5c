"""Faults that no accident brings about: one exchange is proof, though the same request is answered well when it is sent again."""

from typing import Any

from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.structured import CARD
from conformance.suite.texts import foreign_piece
from conformance.surfaces.chat.request import schema_format
from conformance.surfaces.markers import marker
from tests.support.calls import call, calling, rest, stream
from tests.support.collecting import over
from tests.support.making import Script, as_stream, choice, completion, events, exchange, hear, request

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
WHOLE = completion(choice("ready"), usage=USAGE)
CALL = calling(call())
TOOLS = {"tools": [WEATHER]}
FIG = '{"fruit_q7": "fig", "ripe_q7": true, "shade_q7": "dark"}'
SCHEMA = {"response_format": schema_format(CARD)}
OBJECT = {"response_format": {"type": "json_object"}}


def streamed(*ids: str) -> dict[str, Any]:
    """Return a stream of a chunk for each id."""
    ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
    piece = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
    return events(*({"id": name, "choices": [piece]} for name in ids), {"id": ids[-1], "choices": [ended]})


# The claim, an answer that violates it, one that does not, and what both answer.
PROVEN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("reply.usage", completion(choice("ready"), usage={**USAGE, "total_tokens": 12}), WHOLE, {}),
    ("reply.usage_bounds", completion(choice("ready"), usage={**USAGE, "completion_tokens": 900}), WHOLE, {}),
    ("reply.cap", completion(choice("ready"), usage={**USAGE, "completion_tokens": 9}), WHOLE, {"max_tokens": 4}),
    ("reply.choices", completion(choice("a"), choice("b", 1)), WHOLE, {}),
    ("n.choices", completion(choice("a"), choice("b", 1)), completion(*map(choice, "abc", range(3))), {"n": 3}),
    ("reply.stopped_text", completion(choice("1 2 3")), completion(choice("1 ")), {"stop": "2"}),
    ("stream.id", streamed("a", "b", "a"), streamed("c", "c", "c"), {"stream": True}),
    ("tools.not_declared", CALL, WHOLE, {}),
    ("tool_choice.never_called", CALL, WHOLE, {**TOOLS, "tool_choice": "none"}),
    ("tools.stream_first", stream(rest()), as_stream(CALL), {**TOOLS, "stream": True}),
    (
        "response_format.every_answer",
        completion(choice('{"fruit_q7": " no')),
        completion(choice(FIG)),
        SCHEMA,
    ),
    ("response_format.every_object", completion(choice('{"a": no 1}')), completion(choice('{"a": 1}')), OBJECT),
]

# These might be an accident: nothing at all, or a count that is missing.
UNPROVEN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("reply.usage", completion(choice("ready"), usage={"prompt_tokens": 9}), WHOLE, {}),
    ("stream.id", streamed("a", "b", "b"), streamed("c", "c", "c"), {"stream": True}),
    ("response_format.every_object", completion(choice(" ")), completion(choice('{"a": 1}')), OBJECT),
]


def seen_once(name: str, bad: dict[str, Any], good: dict[str, Any], sent: dict[str, Any]) -> str:
    """Return the word for an answer that violates a claim once, with others that do not, now and when it is asked again."""
    asked = request(model="m", messages=[{"role": "user", "content": "Say something."}], **sent)
    told = [given if "text" in given else {"body": given} for given in (bad, good)]
    heard = [exchange(sent=asked, sample=sample, **told[min(sample, 1)]) for sample in range(3)]
    return hear(f"chat.{name}", *heard, again=Script(lambda *_: good)).seen.value


@over("name, bad, good, sent", PROVEN)
def test_one_sighting_is_proof(name: str, bad: dict[str, Any], good: dict[str, Any], sent: dict[str, Any]) -> None:
    """Of counts and choices that cannot be, of broken JSON where a form is enforced, of calls that nobody can have made."""
    assert seen_once(name, bad, good, sent) == "mishandled"


@over("name, bad, good, sent", UNPROVEN)
def test_an_accident_is_no_proof(name: str, bad: dict[str, Any], good: dict[str, Any], sent: dict[str, Any]) -> None:
    """It does not come again."""
    assert seen_once(name, bad, good, sent) == "unanswered"


LINE, WORD = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", marker("a request")
PIECES = [
    (LINE.replace(" 9 ", " 9 blue "), LINE, "blue"),
    (LINE.replace(" 9 ", " 9 no "), LINE, "no"),
    (LINE.replace(" 9 ", " 9 9 "), LINE, ""),
    (LINE.replace(" 9 ", " 9 , "), LINE, ""),
    (f"{LINE}th", LINE, ""),
    (LINE.replace(" 9 ", " "), LINE, ""),
    (f"{WORD[:5]}blue{WORD[5:]}", WORD, "blue"),
    (f"{WORD[:5]} no {WORD[5:]}", WORD, ""),
]


@over("text, whole, piece", PIECES)
def test_a_piece_is_foreign_if_the_text_has_none_like_it(text: str, whole: str, piece: str) -> None:
    """In a short text it has to be longer than a slip of the model."""
    assert foreign_piece(text, whole) == piece


def test_one_foreign_piece_is_proof() -> None:
    """In a text that came twice without it; a piece that the text has itself counts from two sightings on."""
    for text, seen in ((PIECES[0][0], "mishandled"), (PIECES[2][0], "unanswered")):
        sent = {"model": "m", "messages": [{"role": "user", "content": "Count."}], "temperature": 0}
        given = [exchange(body=completion(choice(LINE)), sent=request(**sent), sample=sample) for sample in (0, 1)]
        odd = exchange(sent=request(**sent, stream=True), **as_stream(completion(choice(text))))
        again = Script(lambda *_: as_stream(completion(choice(LINE))))
        assert hear("chat.stream.alike", *given, odd, again=again).seen == seen
