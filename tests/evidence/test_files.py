"""Evidence files before and after a run; a kill at any moment loses nothing."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.evidence import files
from conformance.evidence.recording import EVIDENCE_FILE, PACKED_FILE, Recorder, facts, read
from conformance.http.exchange import Exchange
from tests.support.making import exchange, recorded_facts, request

EXCHANGES = [exchange(text=f"body {number}", sent=request(n=number)) for number in range(3)]


def recorded(path: Path, exchanges: list[Exchange]) -> Path:
    """Write a file of these exchanges."""
    with Recorder(path, recorded_facts()) as record:
        for recorded_exchange in exchanges:
            record(recorded_exchange)
    return path


def parts(folder: Path, exchanges: list[Exchange]) -> list[Path]:
    """Write each exchange to a part of its own."""
    return [recorded(folder / f"evidence.gw{number}.ndjson", [one]) for number, one in enumerate(exchanges)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_parts_are_joined(tmp_path: Path) -> None:
    """The files of several processes become one file with the facts, and are deleted."""
    parts(tmp_path, EXCHANGES)
    files.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES
    assert facts(tmp_path).items() >= recorded_facts().items()
    assert names(tmp_path) == {EVIDENCE_FILE}


def test_parts_are_appended_to_the_main_file(tmp_path: Path) -> None:
    """A resumed run keeps its earlier exchanges."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    parts(tmp_path, EXCHANGES[1:])
    files.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_joining_leaves_out_torn_lines(tmp_path: Path) -> None:
    """A torn line in one part does not break the next part; a part with a torn first line is ignored."""
    first, _ = parts(tmp_path, EXCHANGES[:2])
    first.write_bytes(first.read_bytes()[:-9])
    (tmp_path / "evidence.gw7.ndjson").write_bytes(b'{"sch')
    files.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES[1:2]
    assert names(tmp_path) == {EVIDENCE_FILE}


def test_a_killed_join_can_be_repeated(tmp_path: Path) -> None:
    """If the main file is in place and the parts are not deleted yet, no exchange is written twice."""
    parts(tmp_path, EXCHANGES)
    left = {path: path.read_bytes() for path in tmp_path.iterdir()}
    files.join(tmp_path)
    for path, text in left.items():
        path.write_bytes(text)
    files.join(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_clear_deletes_the_evidence_of_another_run(tmp_path: Path) -> None:
    """Other files in the directory stay."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    parts(tmp_path, EXCHANGES)
    (tmp_path / PACKED_FILE).write_bytes(b"")
    (tmp_path / "matrix.json").write_text("{}")
    files.clear(tmp_path)
    assert names(tmp_path) == {"matrix.json"}


def test_large_evidence_is_compressed(tmp_path: Path) -> None:
    """Evidence below the limit stays readable without a tool."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    size = path.stat().st_size
    files.pack(tmp_path, above=size + 1)
    assert names(tmp_path) == {EVIDENCE_FILE}
    files.pack(tmp_path, above=size)
    assert names(tmp_path) == {PACKED_FILE}
    assert list(read(tmp_path)) == EXCHANGES


def test_reopened_evidence_ends_with_a_complete_line(tmp_path: Path) -> None:
    """A torn line is removed before anything is appended, and the parts of killed processes are joined."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:2])
    path.write_bytes(path.read_bytes()[:-5])
    parts(tmp_path, EXCHANGES[2:])
    files.reopen(tmp_path)
    assert list(read(tmp_path)) == [EXCHANGES[0], EXCHANGES[2]]
    with Recorder(tmp_path / EVIDENCE_FILE, None) as record:
        record(EXCHANGES[1])
    assert list(read(tmp_path)) == [EXCHANGES[0], EXCHANGES[2], EXCHANGES[1]]
    assert names(tmp_path) == {EVIDENCE_FILE}


@pytest.mark.parametrize("both", [True, False])
def test_reopened_evidence_is_decompressed(tmp_path: Path, both: bool) -> None:
    """A compressed file becomes a plain one; if a kill left both, the plain one is used."""
    path = recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    (tmp_path / PACKED_FILE).write_bytes(gzip.compress(path.read_bytes()))
    if not both:
        path.unlink()
    files.reopen(tmp_path)
    assert names(tmp_path) == {EVIDENCE_FILE}
    assert list(read(tmp_path)) == EXCHANGES


def test_a_truncated_compressed_file_cannot_be_reopened(tmp_path: Path) -> None:
    """The error is one sentence that names the file, and the file stays unchanged."""
    whole = gzip.compress(recorded(tmp_path / EVIDENCE_FILE, EXCHANGES).read_bytes())
    (tmp_path / EVIDENCE_FILE).unlink()
    (tmp_path / PACKED_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        UsageError, match=rf"{PACKED_FILE} cannot be read as evidence: .*; use the file as it was written"
    ):
        files.reopen(tmp_path)
    assert names(tmp_path) == {PACKED_FILE}
    assert (tmp_path / PACKED_FILE).read_bytes() == whole[: len(whole) // 2]


class Killed(BaseException):
    """The process was killed."""


def survives(folder: Path, monkeypatch: pytest.MonkeyPatch, step: Callable[[Path], None]) -> None:
    """Kill a step before each of its changes on disk; each time the evidence is complete and the step can be repeated."""
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
                assert {one.id for one in read(folder)} == {one.id for one in EXCHANGES}
            else:
                return
    raise AssertionError("the step never finished")


def _before(count: Callable[..., None], function: Callable[..., object]) -> Callable[..., object]:
    def both(*arguments: object, **options: object) -> object:
        count()
        return function(*arguments, **options)

    return both


def test_a_kill_during_a_join_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed before each change on disk."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    parts(tmp_path, EXCHANGES[1:])
    survives(tmp_path, monkeypatch, files.join)
    assert list(read(tmp_path)) == EXCHANGES


def test_a_kill_during_compression_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed before each change on disk."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES)
    survives(tmp_path, monkeypatch, lambda folder: files.pack(folder, above=1))
    assert names(tmp_path) == {PACKED_FILE}


def test_a_kill_during_reopening_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed before each change on disk, with parts and a compressed file."""
    recorded(tmp_path / EVIDENCE_FILE, EXCHANGES[:1])
    files.pack(tmp_path, above=1)
    parts(tmp_path, EXCHANGES[1:])
    survives(tmp_path, monkeypatch, files.reopen)
    assert list(read(tmp_path)) == EXCHANGES
