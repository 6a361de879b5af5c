"""Evidence on disk: appended as exchanges finish, read back complete, and refused with the line if it is broken."""

import errno
import gzip
import json
import shutil
import tracemalloc
from pathlib import Path
from typing import IO

import pytest

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem
from conformance.evidence.files import torn
from conformance.evidence.recording import (
    EVIDENCE_FILE,
    PACKED_FILE,
    VERSION,
    Archive,
    Recorder,
    facts,
    files,
    find,
    read,
)
from conformance.http.exchange import Exchange
from conformance.http.redaction import Redactor
from tests.support.making import exchange, recorded_facts, request

FACTS = recorded_facts()
EXCHANGES = [exchange(text=f"body {number} \udce9\u2028\n", sent=request(n=number)) for number in range(3)]


def recorded(folder: Path, exchanges: list[Exchange] | None = None, name: str = EVIDENCE_FILE) -> Path:
    """Write a run directory with these exchanges."""
    with Recorder(folder / name, FACTS) as record:
        for one in EXCHANGES if exchanges is None else exchanges:
            record(one)
    return folder


def cut(path: Path, count: int) -> None:
    """Remove some bytes from the end of a file."""
    path.write_bytes(path.read_bytes()[:-count])


def packed(folder: Path) -> Path:
    """Compress the evidence of a run directory."""
    (folder / PACKED_FILE).write_bytes(gzip.compress((folder / EVIDENCE_FILE).read_bytes()))
    (folder / EVIDENCE_FILE).unlink()
    return folder


def test_exchanges_are_read_back(tmp_path: Path) -> None:
    """They come in order and byte for byte, from a folder that the recorder created."""
    assert list(read(recorded(tmp_path / "deep"))) == EXCHANGES


def test_compressed_evidence_is_read(tmp_path: Path) -> None:
    """Facts, exchanges and single exchanges are the same as from a plain file."""
    packed(recorded(tmp_path))
    assert list(read(tmp_path)) == EXCHANGES
    assert facts(tmp_path) == {"schema": VERSION, **FACTS}
    assert find(tmp_path, [EXCHANGES[1].id]) == {EXCHANGES[1].id: EXCHANGES[1]}


def test_a_plain_file_wins_over_a_compressed_one(tmp_path: Path) -> None:
    """A kill between two steps may leave both, and then the plain one is the newer one."""
    packed(recorded(tmp_path, EXCHANGES[:1]))
    recorded(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_parts_that_a_killed_run_left_are_read(tmp_path: Path) -> None:
    """They are read after the main file; a part with a torn first line is ignored."""
    recorded(tmp_path, EXCHANGES[:1])
    recorded(tmp_path, EXCHANGES[1:2], "evidence.gw0.ndjson")
    recorded(tmp_path, EXCHANGES[2:], "evidence.gw1.ndjson")
    (tmp_path / "evidence.gw2.ndjson").write_text('{"schema"', encoding="utf-8")
    assert list(read(tmp_path)) == EXCHANGES
    assert set(find(tmp_path, [one.id for one in EXCHANGES])) == {one.id for one in EXCHANGES}
    assert [path.name for path in files(tmp_path)] == [EVIDENCE_FILE, "evidence.gw0.ndjson", "evidence.gw1.ndjson"]


def test_secrets_are_removed_and_their_places_recorded(tmp_path: Path) -> None:
    """They are removed from the text and from names and values of headers; the exchange in memory stays unchanged."""
    secret = "sk-abcDEF123456"
    exchanges = [
        exchange(text=f'{{"error": "{secret}"}}', sent=request(n=0)),
        exchange(text="{}", headers={"x-echo": secret, f"x-{secret}": "1", "server": "s"}, sent=request(n=1)),
        exchange(text="{}", sent=request(n=2)),
    ]
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS, redact=Redactor([secret])) as record:
        assert [record(one) for one in exchanges] == [("text",), ("x-echo", "x-[redacted]"), ()]
        assert record.find([exchanges[0].id])[exchanges[0].id].text == '{"error": "[redacted]"}'
    assert secret not in (tmp_path / EVIDENCE_FILE).read_text(encoding="utf-8")
    assert [one.taken for one in read(tmp_path)] == [("text",), ("x-echo", "x-[redacted]"), ()]
    assert exchanges[0].text == f'{{"error": "{secret}"}}'
    rows = [json.loads(line) for line in (tmp_path / EVIDENCE_FILE).read_bytes().splitlines()]
    assert [own_problem(row, "data/evidence") for row in rows] == [None] * 4


def test_a_request_that_repeats_a_secret_keeps_its_id(tmp_path: Path) -> None:
    """It was built from a reply; without the secret it is still found under the id of the request that was sent."""
    secret = "sk-abcDEF123456"
    repeating = exchange(text="{}", sent=request(stop=secret, model="m"))
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS, redact=Redactor([secret, "model"])) as record:
        assert record(repeating) == ("request",)
        assert record.find([repeating.id])[repeating.id].request.json == {"stop": "[redacted]", "model": "m"}
    assert [(one.id, one.taken) for one in read(tmp_path)] == [(repeating.id, ("request",))]
    assert set(find(tmp_path, [repeating.id])) == {repeating.id}
    with Archive(files(tmp_path)) as archive:
        assert archive.get(repeating.id).id == repeating.id
    with Recorder(tmp_path / "again" / EVIDENCE_FILE, FACTS) as record:
        record(*read(tmp_path))
    assert [one.id for one in read(tmp_path / "again")] == [repeating.id]


def test_places_of_secrets_in_files_of_older_versions(tmp_path: Path) -> None:
    """Such a file has no list of places, so the mark of a removed secret is searched for."""
    rows = [exchange(text=text, headers=headers).document() for text, headers in (
        ("a [redacted] b", {"server": "s"}), ("{}", {"x-echo": "Bearer [redacted]"}), ("{}", {"server": "s"}),
    )]  # fmt: skip
    for row in rows:
        del row["taken"]
    assert [Exchange.from_document(row).taken for row in rows] == [("text",), ("x-echo",), ()]


def test_every_line_follows_the_schema(tmp_path: Path) -> None:
    """The first line holds facts, each other line one exchange."""
    rows = [json.loads(line) for line in (recorded(tmp_path) / EVIDENCE_FILE).read_bytes().splitlines()]
    assert [own_problem(row, "data/evidence") for row in rows] == [None] * 4
    assert rows[0] == {"schema": VERSION, **FACTS}


def test_exchanges_can_be_found_during_a_run(tmp_path: Path) -> None:
    """The file is still written to; an unknown id is left out."""
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS) as record:
        for one in EXCHANGES:
            record(one)
        wanted = [EXCHANGES[2].id, "no.0.0", EXCHANGES[0].id]
        assert record.find(wanted) == {one.id: one for one in (EXCHANGES[2], EXCHANGES[0])}
        record(EXCHANGES[1])
        assert record.find([EXCHANGES[1].id]) == {EXCHANGES[1].id: EXCHANGES[1]}


def test_an_exchange_is_on_disk_before_the_next(tmp_path: Path) -> None:
    """A killed run leaves all exchanges that had finished."""
    record = Recorder(tmp_path / EVIDENCE_FILE, FACTS)
    record(EXCHANGES[0])
    assert list(read(tmp_path)) == EXCHANGES[:1]
    record(EXCHANGES[1])
    assert list(read(tmp_path)) == EXCHANGES[:2]
    record.close()


def test_a_recorder_replaces_the_file(tmp_path: Path) -> None:
    """The exchanges of another run in the same directory are gone."""
    recorded(tmp_path)
    assert list(read(recorded(tmp_path, []))) == []


def test_a_recorder_without_facts_appends(tmp_path: Path) -> None:
    """Exchanges that are on disk already are not written again, and are found."""
    recorded(tmp_path, EXCHANGES[:2])
    with Archive(files(tmp_path)) as archive, Recorder(tmp_path / EVIDENCE_FILE, None, archive) as record:
        for one in EXCHANGES:
            record(one)
        assert record.find([one.id for one in EXCHANGES]) == {one.id: one for one in EXCHANGES}
    assert list(read(tmp_path)) == EXCHANGES


@pytest.mark.parametrize("rest", [1, 20, 200])
def test_a_torn_last_line_is_left_out(tmp_path: Path, rest: int) -> None:
    """All lines before it count, and the number of its bytes is known."""
    recorded(tmp_path)
    last = len((tmp_path / EVIDENCE_FILE).read_bytes().splitlines(keepends=True)[-1])
    cut(tmp_path / EVIDENCE_FILE, rest)
    assert list(read(tmp_path)) == EXCHANGES[:2]
    assert set(find(tmp_path, [one.id for one in EXCHANGES])) == {one.id for one in EXCHANGES[:2]}
    assert torn(tmp_path) == {tmp_path / EVIDENCE_FILE: last - rest}


def test_a_long_torn_line_is_measured(tmp_path: Path) -> None:
    """It is longer than the blocks in which the file is read; a complete file has no torn line."""
    recorded(tmp_path)
    assert torn(tmp_path) == {}
    with (tmp_path / EVIDENCE_FILE).open("ab") as file:
        file.write(b"x" * 200_000)
    assert torn(tmp_path) == {tmp_path / EVIDENCE_FILE: 200_000}


@pytest.mark.parametrize("line", ["{", "{}", "[1]", "null", "", '{"id": "x", "request": 7, "headers": []}'])
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_broken_line_is_named(tmp_path: Path, line: str, number: int) -> None:
    """The error names file and line, and no line is silently left out."""
    path = recorded(tmp_path) / EVIDENCE_FILE
    lines = path.read_text().split("\n")
    lines[number - 1] = line
    path.write_text("\n".join(lines))
    with pytest.raises(UsageError, match=f"{EVIDENCE_FILE}, line {number} must be an exchange"):
        list(read(tmp_path))
    with pytest.raises(UsageError, match=f"{EVIDENCE_FILE}, line {number} must be an exchange"):
        Archive(files(tmp_path))


def test_an_unknown_field_is_an_error(tmp_path: Path) -> None:
    """An exchange in another version of the format is not accepted."""
    path = recorded(tmp_path) / EVIDENCE_FILE
    path.write_text(path.read_text().replace('"retries"', '"tries"'))
    with pytest.raises(UsageError, match="line 2 must be an exchange"):
        list(read(tmp_path))


def test_exchanges_are_found_by_id(tmp_path: Path) -> None:
    """A missing id is left out; without ids, and without a directory, the result is empty."""
    wanted = EXCHANGES[1].id
    assert find(recorded(tmp_path), [wanted, "0000.0.0"]) == {wanted: EXCHANGES[1]}
    assert find(tmp_path, []) == {}
    assert find(tmp_path / "nothing", [wanted]) == {}


def test_the_newest_of_one_id_counts(tmp_path: Path) -> None:
    """This holds within one file and over several files."""
    older, newer = (exchange(status, text="", sent=request(n=9)) for status in (503, 200))
    recorded(tmp_path, [older, EXCHANGES[0], newer])
    assert find(tmp_path, [newer.id]) == {newer.id: newer}
    with Archive(files(tmp_path)) as archive:
        assert archive.get(newer.id) == newer
    recorded(tmp_path, [older], "evidence.gw0.ndjson")
    assert find(tmp_path, [newer.id]) == {newer.id: older}
    with Archive(files(tmp_path)) as archive:
        assert archive.get(newer.id) == older


@pytest.mark.parametrize("how", ["plain", "packed", "parts"])
def test_an_archive_answers_by_id(tmp_path: Path, how: str) -> None:
    """It works with a plain file, a compressed one and parts, and knows which ids are missing."""
    recorded(tmp_path, EXCHANGES[:2] if how == "parts" else EXCHANGES)
    if how == "packed":
        packed(tmp_path)
    if how == "parts":
        recorded(tmp_path, EXCHANGES[2:], "evidence.gw0.ndjson")
    with Archive(files(tmp_path)) as archive:
        assert len(archive) == 3
        assert [archive.get(one.id) for one in reversed(EXCHANGES)] == EXCHANGES[::-1]
        assert "no.0.0" not in archive


def test_an_archive_leaves_out_what_is_not_trusted(tmp_path: Path) -> None:
    """It still counts the requests that were sent for it, together with those of a later answer."""
    lost, kept = exchange(503, text="", sent=request(n=9)), EXCHANGES[0]
    recorded(tmp_path, [lost, kept])
    with Archive(files(tmp_path), trusted=lambda one: one.status == 200) as archive:
        assert lost.id not in archive
        assert kept.id in archive
        assert [archive.requests(name) for name in (lost.id, kept.id, "no.0.0")] == [1, 1, 0]
    recorded(tmp_path, [lost, exchange(200, text="", sent=request(n=9))])
    with Archive(files(tmp_path)) as archive:
        assert archive.requests(lost.id) == 2


def test_many_exchanges_are_not_held_in_memory(tmp_path: Path) -> None:
    """Readers and the recorder keep only id and position of each, a small part of what is on disk."""
    count, text = 2000, "x" * 10_000
    tracemalloc.start()
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS) as record:
        for number in range(count):
            record(exchange(text=text, sent=request(n=number)))
        with Archive(files(tmp_path)) as archive:
            assert len(archive) == count
            assert len(find(tmp_path, [exchange(sent=request(n=7)).id])) == 1
            kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2 * 300 * count + 100_000
    assert most < 2_000_000 < (tmp_path / EVIDENCE_FILE).stat().st_size / 10


@pytest.mark.parametrize("first", ["", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "no JSON"])
def test_a_file_of_another_kind_or_version_is_refused(tmp_path: Path, first: str) -> None:
    """The error is one sentence that names the file."""
    (tmp_path / EVIDENCE_FILE).write_text(first + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"evidence\.ndjson(, line 1)? (cannot|must) be"):
        list(read(tmp_path))
    with pytest.raises(UsageError, match=r"evidence\.ndjson(, line 1)? (cannot|must) be"):
        facts(tmp_path)


@pytest.mark.parametrize("text", [b"", b'{"schema": 2'])
def test_a_file_with_a_torn_first_line_is_refused(tmp_path: Path, text: bytes) -> None:
    """The run ended before it was written; the error is one sentence."""
    (tmp_path / EVIDENCE_FILE).write_bytes(text)
    for function in (facts, lambda folder: list(read(folder)), lambda folder: Archive(files(folder))):
        with pytest.raises(UsageError, match="cannot be read as evidence: its first line is incomplete"):
            function(tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"", b"no gzip", gzip.compress(b"{}\n" * 1000)[:-20]],
    ids=["empty", "other", "cut"],  # gzip holds the time
)
def test_a_broken_compressed_file_is_refused(tmp_path: Path, text: bytes) -> None:
    """Whatever is wrong with it, the error names the file."""
    (tmp_path / PACKED_FILE).write_bytes(text)
    with pytest.raises(UsageError, match=r"evidence\.ndjson\.gz cannot be read as evidence"):
        list(read(tmp_path))


def test_a_directory_without_evidence_is_refused(tmp_path: Path) -> None:
    """Asking for its facts is a usage error."""
    with pytest.raises(UsageError, match=r"must contain evidence\.ndjson or evidence\.ndjson\.gz"):
        facts(tmp_path)


class NearlyFull:
    """A file on a disk with space for a number of further bytes."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = self._file.write(data[: self._room])
        self._room -= taken
        return taken

    def close(self) -> None:
        self._file.close()


def test_nothing_is_written_after_half_a_line(tmp_path: Path) -> None:
    """A full disk is a usage error, then and for every later exchange; the complete lines can be read."""
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS) as record:
        record(EXCHANGES[0])
        record._file = NearlyFull(record._file, room=100)  # type: ignore[assignment]
        for one in EXCHANGES[1:]:
            with pytest.raises(
                UsageError, match=r"cannot be written: No space left on device; free some disk space, then continue"
            ):
                record(one)
        assert record.find([one.id for one in EXCHANGES]) == {EXCHANGES[0].id: EXCHANGES[0]}
    assert list(read(tmp_path)) == EXCHANGES[:1]
    assert list(torn(tmp_path).values()) == [100]


def test_exchanges_are_found_after_their_folder_was_deleted(tmp_path: Path) -> None:
    """If someone deletes the folder during a run, the running cases can still be judged."""
    with Recorder(tmp_path / "run" / EVIDENCE_FILE, FACTS) as record:
        record(EXCHANGES[0])
        shutil.rmtree(tmp_path / "run")
        assert record.find([EXCHANGES[0].id]) == {EXCHANGES[0].id: EXCHANGES[0]}
