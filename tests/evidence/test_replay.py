"""Answers from a recording: in place of an endpoint, or before one is asked."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.observation import Reason
from conformance.base.validation import own_problem
from conformance.evidence.recording import EVIDENCE_FILE, Recorder
from conformance.evidence.replay import ReplaySource, ResumeSource, earlier_run
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.run.options import Options
from conformance.run.settings import load_settings
from conformance.target import targets
from tests.support.making import exchange, recorded_facts, refusal, request

KEPT, LACKED = request(n=1), request(n=2)


class Endpoint:
    """Something to send to: it counts, and may be dead."""

    def __init__(self, *, dead: bool = False) -> None:
        self.dead = dead
        self.sent = 0

    async def send(self, sent: Request, sample: int, attempt: int) -> Exchange:
        self.sent += 1
        return exchange(text="asked now", sent=sent, sample=sample, attempt=attempt)

    async def close(self) -> None:
        """Nothing is open."""


def recorded(folder: Path, *exchanges: Exchange, **changes: Any) -> Path:
    """A run directory with these exchanges, or one plain answer."""
    with Recorder(folder / EVIDENCE_FILE, {**recorded_facts(), **changes}) as record:
        for each in exchanges or (exchange(text="recorded", sent=KEPT),):
            record(each)
    return folder


def test_a_replay_answers_what_is_recorded(tmp_path: Path) -> None:
    """The exchange as it was, and no request beyond it."""
    with earlier_run(recorded(tmp_path), resumed=False).archive() as archive:
        replayed = ReplaySource(archive)
        assert asyncio.run(replayed.send(KEPT, 0, 0)).text == "recorded"
        assert replayed.sent == 1


@pytest.mark.parametrize(("sent", "sample", "attempt"), [(LACKED, 0, 0), (KEPT, 1, 0), (KEPT, 0, 2)])
def test_what_a_recording_lacks_is_named(tmp_path: Path, sent: Request, sample: int, attempt: int) -> None:
    """Method, path, key, sample and attempt; another sample or attempt is another request."""
    with earlier_run(recorded(tmp_path), resumed=False).archive() as archive, pytest.raises(NotSent) as caught:
        asyncio.run(ReplaySource(archive).send(sent, sample, attempt))
    named = f"POST /chat/completions {sent.key[:8]}.. sample {sample} attempt {attempt}"
    assert caught.value.reason is Reason.NOT_RECORDED
    assert caught.value.detail.startswith(f"not in the recording: {named}; ")


def test_a_resume_asks_only_what_is_missing(tmp_path: Path) -> None:
    """What is recorded is not sent again; both count as requests of the run."""
    endpoint = Endpoint()
    with earlier_run(recorded(tmp_path), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, endpoint)
        answers = [asyncio.run(resumed.send(each, 0, 0)).text for each in (KEPT, LACKED)]
    assert answers == ["recorded", "asked now"]
    assert endpoint.sent == 1
    assert resumed.sent == 2


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ({"status": 429}, True),
        ({"status": 503}, True),
        (refusal(402, "payment_required"), True),
        (refusal(429, "insufficient_quota"), True),
        ({"failure": "connection"}, True),
        ({"failure": "timeout"}, True),
        ({"status": 400}, False),
        ({"status": 500}, False),
        ({"failure": "protocol"}, False),
    ],
)
def test_what_failed_for_a_time_is_asked_again(tmp_path: Path, failed: dict[str, Any], again: bool) -> None:
    """An outage may be over; a refusal and a fault stay what they are."""
    endpoint = Endpoint()
    with earlier_run(recorded(tmp_path, exchange(sent=KEPT, **failed)), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, endpoint)
        asyncio.run(resumed.send(KEPT, 0, 0))
    assert endpoint.sent == again
    assert resumed.sent == 1 + again


def test_a_dead_endpoint_does_not_hide_what_is_recorded(tmp_path: Path) -> None:
    """Only what would have to be asked is not."""
    with earlier_run(recorded(tmp_path), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, Endpoint(dead=True))
        assert not resumed.dead
        assert asyncio.run(resumed.send(KEPT, 0, 0)).text == "recorded"
        with pytest.raises(NotSent, match="no longer answers"):
            asyncio.run(resumed.send(LACKED, 0, 0))


def test_notes_tell_what_a_person_should_know(tmp_path: Path) -> None:
    """What is done with the recording, what is torn, and that the contract is another one."""
    path = recorded(tmp_path, digest="0123456789abcdef") / EVIDENCE_FILE
    with path.open("ab") as file:
        file.write(b"torn off")
    notes = earlier_run(tmp_path, resumed=True).notes("fedcba9876543210")
    assert [each.split(" ")[0] for each in notes] == ["resume", EVIDENCE_FILE, "the"]
    assert "its 8 bytes are left out" in notes[1]
    assert "recorded under 0123456789abcdef, judged under fedcba9876543210" in notes[2]


def test_settings_come_from_the_recording(tmp_path: Path) -> None:
    """Target, contract, models with their class and further settings; no key is needed to judge again."""
    options = {"too_long": 1000, "target_version": "1.2", "samples": 3, "profile": "standard"}
    settings = load_settings(Options(replay=str(recorded(tmp_path, options=options))))
    assert settings.target.base_url == "http://127.0.0.1:1/v1"
    assert [str(each) for each in settings.models] == ["openai:gpt-4.1-mini"]
    assert (settings.too_long, settings.target_version, settings.samples, settings.profile) == (
        1000,
        "1.2",
        3,
        "standard",
    )
    assert settings.mode == "live"
    assert settings.replays


@pytest.mark.parametrize("option", ["replay", "resume"])
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"base_url": "http://x/v1"}, "--base-url"),
        ({"models": ["openai=m"]}, "--model"),
        ({"target": "mock"}, "--target"),
        ({"too_long": 3}, "--too-long"),
    ],
)
def test_what_is_recorded_cannot_be_said_otherwise(
    tmp_path: Path, option: str, more: dict[str, Any], named: str
) -> None:
    """An option beside it that would change what is asked is named."""
    given: dict[str, Any] = {option: str(recorded(tmp_path)), **more}
    with pytest.raises(UsageError, match=f"--{option} takes its settings from the recording, so {named} cannot"):
        load_settings(Options(**given))


def test_replay_and_resume_exclude_each_other(tmp_path: Path) -> None:
    """One sends nothing, the other what is missing."""
    with pytest.raises(UsageError, match="exclude each other"):
        load_settings(Options(replay=str(tmp_path), resume=str(tmp_path)))


def test_the_concurrency_of_a_resume_can_be_chosen(tmp_path: Path) -> None:
    """It changes nothing of what is asked."""
    assert load_settings(Options(resume=str(recorded(tmp_path)), concurrency=3)).target.concurrency == 3


@pytest.mark.parametrize("broken", [{"options": {"no_such": 1}}, {"mode": 7}, {"target": {"name": "x"}}, {"more": 1}])
def test_settings_that_are_not_in_order_are_refused(tmp_path: Path, broken: dict[str, Any]) -> None:
    """Those of another version of the suite, for instance."""
    with pytest.raises(UsageError, match=r"the settings recorded in .* are not usable"):
        load_settings(Options(replay=str(recorded(tmp_path, **broken))))


def test_a_target_survives_being_recorded() -> None:
    """As a file of its schema, without what headers say."""
    target = targets.adjust(targets.load("mock"), models=["openai=m,class=chat", "claude=c"], concurrency=3)
    target = replace(target, headers=(("x-region", "secret"), ("Authorization", "secret")))
    document = targets.document(target)
    assert own_problem(document, "data/target") is None
    assert "secret" not in str(document)
    again = targets.from_data(document)
    assert replace(again, headers=()) == replace(target, headers=())
    assert again.keyed == target.keyed


def headed(folder: Path, base_url: str) -> Path:
    """A target file with a header."""
    path = folder / "target.toml"
    text = f'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "{base_url}"\n[headers]\nx-region = "north"\n'
    path.write_text(f'{text}[[models]]\ncolumn = "openai"\nid = "m"\n', encoding="utf-8")
    return path


def test_headers_come_from_where_they_came_from(tmp_path: Path) -> None:
    """They are not recorded, so a resume reads the target's file again; not if it names another address now."""
    origin = headed(tmp_path, "http://127.0.0.1:1/v1")
    settings = load_settings(Options(target=str(origin)))
    facts = settings.facts(datetime(2026, 2, 3, tzinfo=UTC))
    assert "north" not in str(facts)
    with Recorder(tmp_path / EVIDENCE_FILE, facts):
        pass
    assert load_settings(Options(resume=str(tmp_path))).target.headers == (("x-region", "north"),)
    assert load_settings(Options(replay=str(tmp_path))).target.headers == (("x-region", "[redacted]"),)
    headed(tmp_path, "http://127.0.0.1:2/v1")
    with pytest.raises(UsageError, match="the headers of target mine are not recorded"):
        load_settings(Options(resume=str(tmp_path)))
