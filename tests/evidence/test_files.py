"""What becomes of evidence before and after a run; a kill at any moment loses nothing."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.evidence import files as keeping
from conformance.evidence.recording import EVIDENCE_FILE, PACKED_FILE, Recorder, facts, read
from conformance.http.exchange import Exchange
from tests.support.making import exchange, recorded_facts, request

EXCHANGES = [exchange(text=f"body {number}", sent=request(n=number)) for number in range(3)]


def recorded(path: Path, exchanges: list[Exchange]) -> Path:
    """A file of these exchanges."""
    with Recorder(path, recorded_facts()) as record:
        for each in exchanges:
            record(each)
    return path


def parts(folder: Path, exchanges: list[Exchange]) -> list[Path]:
    """A part for each exchange."""
    return [recorded(folder / f"evidence.gw{number}.ndjson", [each]) for number, each in enumerate(exchanges)]


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_parts_are_joined_under_the_facts(tmp_path: Path) -> None:
    """The files of several processes become one that reads like one, and are gone."""
    parts(tmp_path, EXCHANGES)
    keeping.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES
    assert facts(tmp_path).items() >= recorded_facts().items()
    assert names(tmp_path) == {EVIDENCE_FILE}


def test_parts_come_behind_what_is_there(tmp_path: Path) -> None:
    """A run that is gone on with keeps what it had."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    parts(tmp_path, EXCHANGES[1:])
    keeping.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_joining_leaves_out_what_a_process_did_not_finish_writing(tmp_path: Path) -> None:
    """A line cut off at the end of one part does not break the next part; a part without a first line is nothing."""
    first, _ = parts(tmp_path, EXCHANGES[:2])
    first.write_bytes(first.read_bytes()[:-9])
    (tmp_path / "evidence.gw7.ndjson").write_bytes(b'{"sch')
    keeping.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES[1:2]
    assert names(tmp_path) == {EVIDENCE_FILE}


def test_a_join_that_was_killed_is_made_again(tmp_path: Path) -> None:
    """Where the whole is in place and the parts are not gone yet, no exchange comes twice."""
    parts(tmp_path, EXCHANGES)
    left = {path: path.read_bytes() for path in tmp_path.iterdir()}
    keeping.join(tmp_path)
    for path, text in left.items():
        path.write_bytes(text)
    keeping.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_a_run_begins_with_nothing(tmp_path: Path) -> None:
    """All evidence of another run in the same directory goes, and nothing else."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    parts(tmp_path, EXCHANGES)
    (tmp_path / PACKED_FILE).write_bytes(b"")
    (tmp_path / "matrix.json").write_text("{}")
    keeping.clear(tmp_path)
    assert names(tmp_path) == {"matrix.json"}


def test_large_evidence_is_packed(tmp_path: Path) -> None:
    """From a size on; what is smaller stays as people can read it."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    size = path.stat().st_size
    keeping.pack(tmp_path, above=size + 1)
    assert names(tmp_path) == {EVIDENCE_FILE}
    keeping.pack(tmp_path, above=size)
    assert names(tmp_path) == {PACKED_FILE}
    assert list(read(tmp_path)) == EXCHANGES


def test_what_is_gone_on_with_ends_in_a_whole_line(tmp_path: Path) -> None:
    """A torn line goes before anything is appended, and what killed processes left is joined."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:2])
    path.write_bytes(path.read_bytes()[:-5])
    parts(tmp_path, EXCHANGES[2:])
    keeping.reopen(tmp_path)
    assert list(read(tmp_path)) == [EXCHANGES[0], EXCHANGES[2]]
    with Recorder(tmp_path / EVIDENCE_FILE, None) as record:
        record(EXCHANGES[1])
    assert list(read(tmp_path)) == [EXCHANGES[0], EXCHANGES[2], EXCHANGES[1]]
    assert names(tmp_path) == {EVIDENCE_FILE}


@pytest.mark.parametrize("both", [True, False])
def test_what_is_gone_on_with_is_unpacked(tmp_path: Path, both: bool) -> None:
    """A packed file becomes a plain one; where a kill left both, the plain one stays."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    (tmp_path / PACKED_FILE).write_bytes(gzip.compress(path.read_bytes()))
    if not both:
        path.unlink()
    keeping.reopen(tmp_path)
    assert names(tmp_path) == {EVIDENCE_FILE}
    assert list(read(tmp_path)) == EXCHANGES


def test_a_packed_file_that_was_cut_off_is_not_gone_on_with(tmp_path: Path) -> None:
    """One sentence names it, and it stays as it is."""
    whole = gzip.compress(recorded(tmp_path / EVIDENCE_FILE, EXCHANGES).read_bytes())
    (tmp_path / EVIDENCE_FILE).unlink()
    (tmp_path / PACKED_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=rf"{PACKED_FILE} is no evidence: .*; use the file as it was written"):
        keeping.reopen(tmp_path)
    assert names(tmp_path) == {PACKED_FILE}
    assert (tmp_path / PACKED_FILE).read_bytes() == whole[: len(whole) // 2]


class Killed(BaseException):
    """The process is gone."""


def survives(folder: Path, monkeypatch: pytest.MonkeyPatch, step: Callable[[Path], None]) -> None:
    """Kill a step before each of its changes on disk in turn; the evidence is whole every time, and the step can be repeated."""
    for moment in range(20):
        done = 0

        def count(*_: object, moment: int = moment) -> None:
            nonlocal done
            done += 1
            if done > moment:
                raise Killed

        with monkeypatch.context() as patch:
            for owner, name in ((Path, "unlink"), (Path, "replace"), (os, "truncate"), (os, "fsync")):
                patch.setattr(owner, name, _before(count, getattr(owner, name)))
            try:
                step(folder)
            except Killed:
                assert {each.id for each in read(folder)} == {each.id for each in EXCHANGES}
            else:
                return
    raise AssertionError("it never came to its end")


def _before(count: Callable[..., None], function: Callable[..., object]) -> Callable[..., object]:
    def both(*given: object, **more: object) -> object:
        count()
        return function(*given, **more)

    return both


def test_a_kill_in_mid_join_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every change on disk."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    parts(tmp_path, EXCHANGES[1:])
    survives(tmp_path, monkeypatch, keeping.join)
    assert list(read(tmp_path)) == EXCHANGES


def test_a_kill_in_mid_packing_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every change on disk."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    survives(tmp_path, monkeypatch, lambda folder: keeping.pack(folder, above=1))
    assert names(tmp_path) == {PACKED_FILE}


def test_a_kill_in_mid_unpacking_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every change on disk, with parts and a packed file."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    keeping.pack(tmp_path, above=1)
    parts(tmp_path, EXCHANGES[1:])
    survives(tmp_path, monkeypatch, keeping.reopen)
    assert list(read(tmp_path)) == EXCHANGES
