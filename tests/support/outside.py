"""What could come from outside: strategies for the fuzzing tests, from what the mock gateway sends, changed at a few places."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conformance import suite
from conformance.http.exchange import Exchange, Request
from conformance.http.redaction import Redactor
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.models import ModelsCase
from conformance.surfaces.prompt import Prompt, Tool
from conformance.surfaces.surface import BoundCase
from tests.support.in_process import Direct, repeatable

# How many times as many inputs are tried as in continuous integration, and then others each time: `tox run -e fuzz`.
FACTOR = int(os.environ.get("CONFORMANCE_FUZZ", "1"))
KEY = "sk-Fuzz0a9B8c7D6e5F4g3H2i1J0k"  # stands where a secret may stand, and must never be in what is written
SURFACES = ("chat", "responses", "messages", "gemini", "models")
# What most readers do not expect in the place of a value.  Numbers are those that no float or no index can hold.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, -1e308, 2**63, 10**40, "", " ", "x", "0", "null", "\0", "\ud800", "\u202e"),
    *([], {}, [[]], [{}], [None], {"": None}, {"error": {}}, {"error": {"message": KEY}}, [0] * 50, "y" * 5000, KEY),
    *("\x1b]0;x\x07", "9" * 400, "1e999", "-", "\n\n", "data: x", "data: [DONE]", "<html>", "[" * 90 + "]" * 90),
)
# Letters that mean something to a reader of JSON, of event streams, of TOML, of patterns, of paths, of headers or of a terminal,
# half a pair of surrogates, and some of other scripts.
ALPHABET = "aZ09 .-_:;,='\"{}[]()<>/\\*?@#%&|$~!\n\r\t\0\x1b\x7f\x85\xa0é\u2028\u200b\u202e\ufeff\ud800日😀"
TEXT = st.text(ALPHABET, max_size=30) | st.sampled_from([part for part in ODD if isinstance(part, str)])
JSON = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats(allow_nan=False) | st.text(ALPHABET, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ALPHABET, max_size=6), inner, max_size=3),
    max_leaves=6,
)
_STATUSES = (200, 200, 200, 200, 201, 204, 302, 400, 401, 404, 422, 429, 500, 503, 529, 999)
_TYPES = (
    "text/event-stream",
    "text/event-stream",
    "application/json",
    "text/html; charset=é",
    "",
    "\0",
    "event-stream",
)
_FAILURES = (None, None, None, None, "timeout", "connection", "protocol", "too large")


def tried(count: int) -> Callable[[Any], Any]:
    """Return the settings of a test that tries this many inputs in continuous integration."""
    return hypothesis_settings(max_examples=count * FACTOR, derandomize=FACTOR == 1)


@cache
def run_settings() -> Settings:
    """The settings of a run with all claims and surfaces, against an endpoint with the models and the key of a mock gateway."""
    found = load_settings(Options(surfaces=SURFACES))
    settings = replace(found, target=replace(found.target, base_url="http://in-process.invalid/v1", api_key_env=None))
    settings.__dict__["_key_redactor"] = Redactor([KEY])  # as if a variable held the key
    return settings


@cache
def bound(surface: str) -> tuple[tuple[BoundCase, Any], ...]:
    """The first case of each claim of a surface, with the function that observes it."""
    observed = suite.tests(run_settings().contract)
    first: dict[str, BoundCase] = {}
    for case in run_settings().cases.values():
        if case.claim.surface == surface and case.claim.id not in first:
            first[case.claim.id] = run_settings().bind(case)
    return tuple((case, observed[claim]) for claim, case in first.items())


@cache
def seeds(surface: str) -> tuple[Exchange, ...]:
    """Exchanges with the mock gateway: answers of several kinds, plain and streamed, calls, counts, lists and refusals."""

    async def answered(requests: list[Request]) -> list[Exchange]:
        gateway = Direct()
        return [await gateway.send(request, 0, 0) for request in requests]

    with repeatable():
        return tuple(asyncio.run(answered(list(_requests(bound(surface)[0][0])))))


def _requests(case: BoundCase) -> Iterator[Request]:
    if isinstance(case, ModelsCase):
        yield from (case.openai_list(), case.openai_list("wrong"), case.catalogue(), case.one_model())
        return
    assert isinstance(case, DialogueCase)
    tool = Tool("look_up", "Look a word up.", {"type": "object", "properties": {"word": {"type": "string"}}})
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    prompts = [
        Prompt.of("Reply with the single word: ready"),
        Prompt.of("Look up the word: tree", tools=(tool,), choice="required", budget=64),
        Prompt.of("Describe a tree", schema=schema, budget=64),
    ]
    for prompt in prompts:
        plain = case.spelt(prompt, control=True)
        yield from (plain, case.as_stream(plain, usage=True))
    yield case.with_mistake("unknown_model")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each part of a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def changed(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """Return a copy of a JSON value with the part at a path changed."""
    if not path:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


def _without_one(value: Any, which: int) -> Any:
    if isinstance(value, dict) and value:
        return {key: part for number, (key, part) in enumerate(value.items()) if number != which % len(value)}
    return value[:-1] if isinstance(value, list | str) else None


@st.composite
def mutated(draw: Any, value: Any) -> Any:
    """Draw a JSON value that differs from this one at one to three places."""
    for _ in range(draw(st.integers(1, 3))):
        paths = list(places(value))
        which = draw(st.integers(0, 9))
        path, odd = paths[draw(st.integers(0, len(paths) - 1))], draw(st.sampled_from(ODD))
        changes: tuple[Callable[[Any], Any], ...] = (
            lambda _, odd=odd: odd,
            lambda part, which=which: _without_one(part, which),
            lambda part: [part, part],
            lambda part: {"": part} if not isinstance(part, dict) else [part],
            lambda part: str(part),
        )
        value = changed(value, path, draw(st.sampled_from(changes)))
    return value


@st.composite
def mutated_text(draw: Any, text: str) -> str:
    """Draw a body that differs from this one: in its JSON, in the events of a stream, or in its characters."""
    if text.startswith(("data:", "event:")):
        events = text.split("\n\n")
        for _ in range(draw(st.integers(1, 3))):
            place = draw(st.integers(0, len(events) - 1))
            how = draw(st.integers(0, 5))
            if how <= 2:
                head, mark, data = events[place].partition("data: ")
                read = _read(data)
                events[place] = events[place] if read is None else head + mark + json.dumps(draw(mutated(read)))
            elif how == 3:
                events.insert(place, draw(st.sampled_from(events) | TEXT))
            elif how == 4 and len(events) > 1:
                del events[place]
            else:
                events[place] = (
                    draw(st.sampled_from(["event: error\n", "id: 1\n", ": note\n", "retry: x\n", "\r"])) + events[place]
                )
        text = "\n\n".join(events)
    elif (read := _read(text)) is not None and draw(st.booleans()):
        return json.dumps(draw(mutated(read)))
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(TEXT) + text[place + draw(st.integers(0, 20)) :]
    return text


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


@st.composite
def exchanges(draw: Any, surface: str) -> Exchange:
    """Draw an exchange with an endpoint that sends nearly what the API documents, or anything at all."""
    seed = draw(st.sampled_from(seeds(surface)))
    text = draw(mutated_text(seed.text)) if draw(st.integers(0, 5)) else draw(TEXT | JSON.map(json.dumps))
    if draw(st.integers(0, 3)):
        return replace(seed, text=text)
    status, failure = draw(st.sampled_from(_STATUSES)), draw(st.sampled_from(_FAILURES))
    headers = (("content-type", draw(st.sampled_from(_TYPES))), *draw(HEADERS))
    lost = failure is not None and draw(st.booleans())
    return replace(
        seed,
        text="" if lost else text,
        status=None if lost else status,
        headers=() if lost else headers,
        failure=failure,
        failure_detail=draw(TEXT) if failure else "",
    )


_NAMES = (
    *(
        "retry-after",
        "Retry-After",
        "retry-after-ms",
        "x-ratelimit-limit",
        "x-ratelimit-remaining-requests",
        "x-request-id",
    ),
    *(
        "x-ratelimit-reset-requests",
        "x-ratelimit-reset-tokens",
        "x-ratelimit-limit-requests",
        "x-ratelimit-limit-tokens",
    ),
    *(
        "x-ratelimit-reset",
        "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-tokens-reset",
        "content-encoding",
    ),
    *(
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-tokens-limit",
        "location",
        "server",
        "content-length",
        "",
    ),
)
_VALUES = (
    *(
        "0",
        "-1",
        "1",
        "7",
        "1e9",
        "1e400",
        "nan",
        "inf",
        "-inf",
        "6m0s",
        "120ms",
        "1h2m3.5s",
        "0x10",
        "１２",
        "9" * 400,
    ),
    *(
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "Wed, 21 Oct 9999999 07:28:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "1700000000",
    ),
    *(
        "2026-10-21T07:28:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "1700000000000",
        "1e18",
        "1e308s",
    ),
    *("", " ", ",", "gzip, br", KEY, f"Bearer {KEY}", "\0", "é", "a" * 3000),
)
HEADERS = st.lists(
    st.tuples(st.sampled_from(_NAMES), st.sampled_from(_VALUES) | st.text(ALPHABET, max_size=20)), max_size=4
).map(tuple)
