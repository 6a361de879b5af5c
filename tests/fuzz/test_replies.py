"""Replies of all APIs, plain and streamed: whatever an endpoint sends is read, and nothing is read that was not sent."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Observation, Seen
from conformance.http.exchange import Exchange, redacted
from conformance.http.redaction import REDACTED, Redactor
from conformance.surfaces import registry
from conformance.surfaces.reply import Reply
from conformance.trial.ask import Ask, NoControl
from conformance.trial.invariants import invariant_of
from conformance.trial.judge import Verdict, judge
from conformance.trial.request_cache import RequestCache
from conformance.trial.witness import Witness
from tests.support import outside
from tests.support.making import Script
from tests.support.outside import KEY, SURFACES, tried

each_surface = pytest.mark.parametrize("surface", SURFACES)
TALKING = [name for name in SURFACES if name != "models"]
BY_STATUS = (".http.options", ".http.head")  # claims about the status alone
SECRET = Redactor([KEY])


def everything(reply: Reply) -> dict[str, Any]:
    """Return the values of all properties of a reply, and what it shows."""
    names = [name for name in dir(type(reply)) if not name.startswith("_") and not callable(getattr(type(reply), name))]
    seen = {name: getattr(reply, name) for name in names}
    return {**seen, "refusal": None if reply.ok else reply.refusal(), "acceptance": reply.acceptance()}


@each_surface
@tried(60)
@given(st.data())
def test_any_reply_is_read(surface: str, data: st.DataObject) -> None:
    """Every property of it, what it used, whether it is sent again, and prices; what is no answer is not accepted."""
    exchange, api = data.draw(outside.exchanges(surface)), registry.named(surface)
    reply = api.read(exchange)
    shown = everything(reply)["acceptance"]
    assert isinstance(shown, Observation)
    assert reply.ok or shown.seen not in (Seen.ACCEPTED, Seen.HONOURED)
    assert api.is_transient(exchange) in (True, False)
    assert api.usage(exchange) is None or api.usage(exchange).requests == 1
    assert (
        api.ends(exchange.text.encode("utf-8", "surrogateescape")[-500:]) in (True, False) if _plain(exchange) else True
    )
    assert isinstance(api.prices(exchange.json), dict)
    api.envelope(exchange.json)


def _plain(exchange: Exchange) -> bool:
    """Whether a text can be bytes at all; a body never holds other surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in exchange.text)


@each_surface
@tried(40)
@given(st.data())
def test_any_reply_is_held_against_every_invariant(surface: str, data: st.DataObject) -> None:
    """No statement about every reply meets an exception of its own, whatever came before."""
    witness, enrolled = Witness(), []
    for case, function in outside.bound(surface):
        if invariant := invariant_of(function):
            witness.enrol(case, invariant)
            enrolled.append(case)
    for number in range(3):
        witness.hear(replace(data.draw(outside.exchanges(surface)), sample=number), mistake=False)
    for case in enrolled:
        witness.tally(case).check()


@pytest.mark.parametrize("surface", TALKING)
@tried(60)
@given(st.data())
def test_no_word_is_read_that_was_not_sent(surface: str, data: st.DataObject) -> None:
    """The text of an answer, its pieces and the names of its calls are strings of the body, or several of them in order."""
    reply = registry.named(surface).read(data.draw(outside.exchanges(surface)))
    parts = set(_strings([*reply.events, reply.exchange.json]))
    joined = "".join(parts)
    for piece in [*reply.pieces, *(call.name for call in reply.made)]:
        assert piece in parts or set(piece) <= set(joined), piece
    assert set(reply.text) <= set(joined)
    assert not reply.text or parts


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in inner for text in _strings(part)]


@pytest.mark.parametrize("surface", TALKING)
@tried(80)
@given(st.data())
def test_no_claim_conforms_to_an_answer_without_content(surface: str, data: st.DataObject) -> None:
    """Where every reply is a page of another server, no test of the suite sees what the contract promises."""
    cases = [
        (case, function)
        for case, function in outside.bound(surface)
        if invariant_of(function) is None and not case.claim.id.endswith(BY_STATUS)
    ]
    case, function = data.draw(st.sampled_from(cases))
    body = data.draw(
        st.text(max_size=40).map(lambda text: f"<html>{text}</html>") | st.sampled_from(["", "null", "[]", "{}"])
    )
    source = Script(lambda *_: {"text": body, "status": 200, "headers": {"content-type": "text/html"}})
    try:
        seen = asyncio.run(function(case, Ask(RequestCache(source, lambda _: None))))
    except NoControl:
        return
    rule = case.case.rule
    assert judge(rule.says, rule.level, seen.seen) is not Verdict.CONFORMS, (case.claim.id, seen)


@each_surface
@tried(40)
@given(st.data(), st.integers(0, 3))
def test_no_secret_of_a_reply_is_written(surface: str, data: st.DataObject, spelling: int) -> None:
    """Wherever an endpoint puts the key, neither the evidence nor a sentence about the reply has it."""
    spelt = (KEY, KEY.upper(), json.dumps(KEY + "\n")[1:-1], "".join(f"%{ord(char):02x}" for char in KEY))[spelling]
    seed = data.draw(st.sampled_from(outside.seeds(surface)))
    place = data.draw(st.integers(0, len(seed.text)))
    exchange = registry.named(surface).read(replace(seed, text=seed.text[:place] + spelt + seed.text[place:])).exchange
    written = json.dumps(redacted(exchange, SECRET).document(), ensure_ascii=False)
    assert spelt.lower() not in written.lower()
    assert REDACTED in written
    reply = registry.named(surface).read(exchange)
    shown = [reply.acceptance().detail, *([] if reply.ok else [reply.refusal().detail]), reply.problem or ""]
    assert KEY.lower() not in SECRET.sentence(" ".join(shown)).lower()
