"""Runs that are answered from a recording: replay and resume."""

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
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.target import targets
from tests.support.making import exchange, recorded_facts, refusal, request

KEPT, LACKED = request(n=1), request(n=2)


class Endpoint:
    """A sender that counts requests, and can be dead."""

    def __init__(self, *, dead: bool = False) -> None:
        self.dead = dead
        self.sent = 0

    async def send(self, sent: Request, sample: int, attempt: int) -> Exchange:
        self.sent += 1
        return exchange(text="sent now", sent=sent, sample=sample, attempt=attempt)

    async def close(self) -> None:
        """Do nothing."""


def recorded(folder: Path, *exchanges: Exchange, **changes: Any) -> Path:
    """Write a run directory with these exchanges, or with one plain answer."""
    with Recorder(folder / EVIDENCE_FILE, {**recorded_facts(), **changes}) as record:
        for one in exchanges or (exchange(text="recorded", sent=KEPT),):
            record(one)
    return folder


def test_a_replay_returns_recorded_exchanges(tmp_path: Path) -> None:
    """The exchange is the recorded one, and its request is counted."""
    with earlier_run(recorded(tmp_path), resumed=False).archive() as archive:
        replayed = ReplaySource(archive)
        assert asyncio.run(replayed.send(KEPT, 0, 0)).text == "recorded"
        assert replayed.sent == 1


@pytest.mark.parametrize(("sent", "sample", "attempt"), [(LACKED, 0, 0), (KEPT, 1, 0), (KEPT, 0, 2)])
def test_a_missing_exchange_is_named(tmp_path: Path, sent: Request, sample: int, attempt: int) -> None:
    """The detail contains method, path, key, sample and attempt; another sample or attempt is another exchange."""
    with earlier_run(recorded(tmp_path), resumed=False).archive() as archive, pytest.raises(NotSent) as caught:
        asyncio.run(ReplaySource(archive).send(sent, sample, attempt))
    name = f"POST /chat/completions {sent.key[:8]}.. sample {sample} attempt {attempt}"
    assert caught.value.reason is Reason.NOT_RECORDED
    assert caught.value.detail.startswith(f"not in the recording: {name}; ")


def test_a_resume_sends_only_missing_requests(tmp_path: Path) -> None:
    """Recorded requests are not sent again; both kinds count as requests of the run."""
    endpoint = Endpoint()
    with earlier_run(recorded(tmp_path), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, endpoint)
        answers = [asyncio.run(resumed.send(sent, 0, 0)).text for sent in (KEPT, LACKED)]
    assert answers == ["recorded", "sent now"]
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
def test_a_resume_repeats_failures_that_may_be_over(tmp_path: Path, failed: dict[str, Any], again: bool) -> None:
    """An outage may be over; a refusal and a server fault are evidence."""
    endpoint = Endpoint()
    with earlier_run(recorded(tmp_path, exchange(sent=KEPT, **failed)), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, endpoint)
        asyncio.run(resumed.send(KEPT, 0, 0))
    assert endpoint.sent == again
    assert resumed.sent == 1 + again


def test_a_resume_of_a_dead_endpoint_returns_recorded_exchanges(tmp_path: Path) -> None:
    """Only requests that would have to be sent fail."""
    with earlier_run(recorded(tmp_path), resumed=True).archive() as archive:
        resumed = ResumeSource(archive, Endpoint(dead=True))
        assert not resumed.dead
        assert asyncio.run(resumed.send(KEPT, 0, 0)).text == "recorded"
        with pytest.raises(NotSent, match="no longer answers"):
            asyncio.run(resumed.send(LACKED, 0, 0))


def test_notes_say_what_the_user_should_know(tmp_path: Path) -> None:
    """They say what is done with the recording, which files are torn, and that the contract has changed."""
    path = recorded(tmp_path, digest="0123456789abcdef") / EVIDENCE_FILE
    with path.open("ab") as file:
        file.write(b"torn off")
    notes = earlier_run(tmp_path, resumed=True).notes("fedcba9876543210")
    assert [note.split(" ")[0] for note in notes] == ["resume", EVIDENCE_FILE, "the"]
    assert "its 8 bytes are left out" in notes[1]
    assert "recorded under 0123456789abcdef, judged under fedcba9876543210" in notes[2]


def test_settings_come_from_the_recording(tmp_path: Path) -> None:
    """Target, contract, models with their class and other settings are recorded; a replay needs no key."""
    options = {"too_long": 1000, "target_version": "1.2", "samples": 3, "profile": "standard"}
    settings = load_settings(Options(replay=str(recorded(tmp_path, options=options))))
    assert settings.target.base_url == "http://127.0.0.1:1/v1"
    assert [str(model) for model in settings.models] == ["openai:gpt-4.1-mini"]
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
    ("more", "name"),
    [
        ({"base_url": "http://x/v1"}, "--base-url"),
        ({"models": ["openai=m"]}, "--model"),
        ({"target": "mock"}, "--target"),
        ({"too_long": 3}, "--too-long"),
    ],
)
def test_recorded_settings_cannot_be_changed(tmp_path: Path, option: str, more: dict[str, Any], name: str) -> None:
    """The error names the option that would change what is sent or judged."""
    options: dict[str, Any] = {option: str(recorded(tmp_path)), **more}
    with pytest.raises(UsageError, match=f"--{option} takes its settings from the recording, so {name} cannot"):
        load_settings(Options(**options))


def test_replay_and_resume_cannot_be_combined(tmp_path: Path) -> None:
    """One sends nothing, the other sends what is missing."""
    with pytest.raises(UsageError, match="--replay and --resume cannot be combined"):
        load_settings(Options(replay=str(tmp_path), resume=str(tmp_path)))


def test_the_concurrency_of_a_resume_can_be_chosen(tmp_path: Path) -> None:
    """It does not change which requests are sent."""
    assert load_settings(Options(resume=str(recorded(tmp_path)), concurrency=3)).target.concurrency == 3


@pytest.mark.parametrize("broken", [{"options": {"no_such": 1}}, {"mode": 7}, {"target": {"name": "x"}}, {"more": 1}])
def test_invalid_recorded_settings_are_refused(tmp_path: Path, broken: dict[str, Any]) -> None:
    """They can be those of another version of the suite."""
    with pytest.raises(
        UsageError, match=r"(the settings recorded in .* cannot be used|line 1 must be the facts of a run): "
    ):
        load_settings(Options(replay=str(recorded(tmp_path, **broken))))


def test_a_recorded_target_can_be_loaded() -> None:
    """It follows the schema of target files, without the values of headers."""
    target = targets.adjust(targets.load("mock"), models=["openai=m,class=chat", "claude=c"], concurrency=3)
    target = replace(target, headers=(("x-region", "secret"), ("Authorization", "secret")))
    document = targets.document(target)
    assert own_problem(document, "data/target") is None
    assert "secret" not in str(document)
    again = targets.from_data(document)
    assert replace(again, headers=()) == replace(target, headers=())
    assert again.keyed == target.keyed


def headed(folder: Path, base_url: str) -> Path:
    """Write a target file with a header."""
    path = folder / "target.toml"
    text = f'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "{base_url}"\n[headers]\nx-region = "north"\n'
    path.write_text(f'{text}[[models]]\ncolumn = "openai"\nid = "m"\n', encoding="utf-8")
    return path


def test_a_resume_reads_headers_from_the_target_file(tmp_path: Path) -> None:
    """Their values are not recorded; if the file names another base URL by now, that is an error."""
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
