"""Evidence on disk: appended as it comes, read back whole, refused by line where it is broken."""

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
    torn,
)
from conformance.http.exchange import Exchange
from conformance.http.redaction import Redactor
from tests.support.making import exchange, recorded_facts, request

FACTS = recorded_facts()
EXCHANGES = [exchange(text=f"body {number} \udce9\u2028\n", sent=request(n=number)) for number in range(3)]


def recorded(folder: Path, exchanges: list[Exchange] | None = None, name: str = EVIDENCE_FILE) -> Path:
    """A run directory with these exchanges."""
    with Recorder(folder / name, FACTS) as record:
        for each in EXCHANGES if exchanges is None else exchanges:
            record(each)
    return folder


def cut(path: Path, count: int) -> None:
    """Take so many bytes off the end of a file."""
    path.write_bytes(path.read_bytes()[:-count])


def packed(folder: Path) -> Path:
    """The same run directory, its evidence compressed."""
    (folder / PACKED_FILE).write_bytes(gzip.compress((folder / EVIDENCE_FILE).read_bytes()))
    (folder / EVIDENCE_FILE).unlink()
    return folder


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    """In order and byte for byte, in a folder that is made for it."""
    assert list(read(recorded(tmp_path / "deep"))) == EXCHANGES


def test_what_is_compressed_is_read_back(tmp_path: Path) -> None:
    """Facts, exchanges and single exchanges, as from a plain file."""
    packed(recorded(tmp_path))
    assert list(read(tmp_path)) == EXCHANGES
    assert facts(tmp_path) == {"schema": VERSION, **FACTS}
    assert find(tmp_path, [EXCHANGES[1].id]) == {EXCHANGES[1].id: EXCHANGES[1]}


def test_a_plain_file_is_the_newer_one(tmp_path: Path) -> None:
    """A kill between two steps may leave both; the plain one has all that the other has."""
    packed(recorded(tmp_path, EXCHANGES[:1]))
    recorded(tmp_path)
    assert list(read(tmp_path)) == EXCHANGES


def test_parts_that_a_killed_run_left_are_read(tmp_path: Path) -> None:
    """Behind the whole, and without those whose first line was never finished."""
    recorded(tmp_path, EXCHANGES[:1])
    recorded(tmp_path, EXCHANGES[1:2], "evidence.gw0.ndjson")
    recorded(tmp_path, EXCHANGES[2:], "evidence.gw1.ndjson")
    (tmp_path / "evidence.gw2.ndjson").write_text('{"schema"', encoding="utf-8")
    assert list(read(tmp_path)) == EXCHANGES
    assert set(find(tmp_path, [each.id for each in EXCHANGES])) == {each.id for each in EXCHANGES}
    assert [each.name for each in files(tmp_path)] == [EVIDENCE_FILE, "evidence.gw0.ndjson", "evidence.gw1.ndjson"]


def test_what_is_written_is_without_secrets_and_says_where_they_were(tmp_path: Path) -> None:
    """In the text, in the value and the name of a header; what came stays as it was in memory."""
    secret = "sk-abcDEF123456"
    came = [
        exchange(text=f'{{"error": "{secret}"}}', sent=request(n=0)),
        exchange(text="{}", headers={"x-echo": secret, f"x-{secret}": "1", "server": "s"}, sent=request(n=1)),
        exchange(text="{}", sent=request(n=2)),
    ]
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS, redact=Redactor([secret])) as record:
        assert [record(each) for each in came] == [("text",), ("x-echo", "x-[redacted]"), ()]
        assert record.find([came[0].id])[came[0].id].text == '{"error": "[redacted]"}'
    assert secret not in (tmp_path / EVIDENCE_FILE).read_text(encoding="utf-8")
    assert [each.taken for each in read(tmp_path)] == [("text",), ("x-echo", "x-[redacted]"), ()]
    assert came[0].text == f'{{"error": "{secret}"}}'
    rows = [json.loads(line) for line in (tmp_path / EVIDENCE_FILE).read_bytes().splitlines()]
    assert [own_problem(row, "data/evidence") for row in rows] == [None] * 4


def test_a_request_that_repeats_a_secret_keeps_its_id(tmp_path: Path) -> None:
    """It was made of what a reply said; without the secret it is still found under the id of what was sent."""
    secret = "sk-abcDEF123456"
    came = exchange(text="{}", sent=request(stop=secret, model="m"))
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS, redact=Redactor([secret, "model"])) as record:
        assert record(came) == ("request",)
        assert record.find([came.id])[came.id].request.json == {"stop": "[redacted]", "model": "m"}
    assert [(each.id, each.taken) for each in read(tmp_path)] == [(came.id, ("request",))]
    assert set(find(tmp_path, [came.id])) == {came.id}
    with Archive(files(tmp_path)) as archive:
        assert archive.get(came.id).id == came.id
    with Recorder(tmp_path / "again" / EVIDENCE_FILE, FACTS) as record:
        record(*read(tmp_path))
    assert [each.id for each in read(tmp_path / "again")] == [came.id]


def test_what_an_older_version_wrote_shows_where_secrets_were(tmp_path: Path) -> None:
    """It has no list of places, so the sign in the place of a secret tells."""
    rows = [exchange(text=text, headers=headers).document() for text, headers in (
        ("a [redacted] b", {"server": "s"}), ("{}", {"x-echo": "Bearer [redacted]"}), ("{}", {"server": "s"}),
    )]  # fmt: skip
    for row in rows:
        del row["taken"]
    assert [Exchange.from_document(row).taken for row in rows] == [("text",), ("x-echo",), ()]


def test_every_line_fits_its_schema(tmp_path: Path) -> None:
    """Facts first, then one exchange a line."""
    rows = [json.loads(line) for line in (recorded(tmp_path) / EVIDENCE_FILE).read_bytes().splitlines()]
    assert [own_problem(row, "data/evidence") for row in rows] == [None] * 4
    assert rows[0] == {"schema": VERSION, **FACTS}


def test_what_is_being_recorded_can_be_found(tmp_path: Path) -> None:
    """While the file is still written to, without reading all of it; an unknown id is left out."""
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS) as record:
        for each in EXCHANGES:
            record(each)
        wanted = [EXCHANGES[2].id, "no.0.0", EXCHANGES[0].id]
        assert record.find(wanted) == {each.id: each for each in (EXCHANGES[2], EXCHANGES[0])}
        record(EXCHANGES[1])
        assert record.find([EXCHANGES[1].id]) == {EXCHANGES[1].id: EXCHANGES[1]}


def test_an_exchange_is_on_disk_before_the_next(tmp_path: Path) -> None:
    """A run that is killed leaves what it had."""
    record = Recorder(tmp_path / EVIDENCE_FILE, FACTS)
    record(EXCHANGES[0])
    assert list(read(tmp_path)) == EXCHANGES[:1]
    record(EXCHANGES[1])
    assert list(read(tmp_path)) == EXCHANGES[:2]
    record.close()


def test_a_recorder_begins_anew(tmp_path: Path) -> None:
    """What another run left in the same place is not mixed in."""
    recorded(tmp_path)
    assert list(read(recorded(tmp_path, []))) == []


def test_a_recorder_goes_on(tmp_path: Path) -> None:
    """Without facts it appends; what is known already is not written again, and is found."""
    recorded(tmp_path, EXCHANGES[:2])
    with Archive(files(tmp_path)) as archive, Recorder(tmp_path / EVIDENCE_FILE, None, archive) as record:
        for each in EXCHANGES:
            record(each)
        assert record.find([each.id for each in EXCHANGES]) == {each.id: each for each in EXCHANGES}
    assert list(read(tmp_path)) == EXCHANGES


@pytest.mark.parametrize("rest", [1, 20, 200])
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, rest: int) -> None:
    """Writing ended in the middle of it: all before it counts, and the bytes that do not are known."""
    recorded(tmp_path)
    last = len((tmp_path / EVIDENCE_FILE).read_bytes().splitlines(keepends=True)[-1])
    cut(tmp_path / EVIDENCE_FILE, rest)
    assert list(read(tmp_path)) == EXCHANGES[:2]
    assert set(find(tmp_path, [each.id for each in EXCHANGES])) == {each.id for each in EXCHANGES[:2]}
    assert torn(tmp_path) == {tmp_path / EVIDENCE_FILE: last - rest}


def test_a_long_torn_line_is_measured(tmp_path: Path) -> None:
    """Also one that is longer than what is read at once; a whole file has none."""
    recorded(tmp_path)
    assert torn(tmp_path) == {}
    with (tmp_path / EVIDENCE_FILE).open("ab") as file:
        file.write(b"x" * 200_000)
    assert torn(tmp_path) == {tmp_path / EVIDENCE_FILE: 200_000}


@pytest.mark.parametrize("line", ["{", "{}", "[1]", "null", "", '{"id": "x", "request": 7, "headers": []}'])
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_broken_line_is_named(tmp_path: Path, line: str, number: int) -> None:
    """File and line are told, wherever it stands; nothing is silently left out."""
    path = recorded(tmp_path) / EVIDENCE_FILE
    lines = path.read_text().split("\n")
    lines[number - 1] = line
    path.write_text("\n".join(lines))
    with pytest.raises(UsageError, match=f"{EVIDENCE_FILE}, line {number} is no exchange"):
        list(read(tmp_path))
    with pytest.raises(UsageError, match=f"{EVIDENCE_FILE}, line {number} is no exchange"):
        Archive(files(tmp_path))


def test_a_changed_field_is_named(tmp_path: Path) -> None:
    """An exchange of another version of the format is not guessed at."""
    path = recorded(tmp_path) / EVIDENCE_FILE
    path.write_text(path.read_text().replace('"retries"', '"tries"'))
    with pytest.raises(UsageError, match="line 2 is no exchange"):
        list(read(tmp_path))


def test_exchanges_are_found_by_id(tmp_path: Path) -> None:
    """What is not there is left out, and nothing is read for nothing."""
    wanted = EXCHANGES[1].id
    assert find(recorded(tmp_path), [wanted, "0000.0.0"]) == {wanted: EXCHANGES[1]}
    assert find(tmp_path, []) == {}
    assert find(tmp_path / "nothing", [wanted]) == {}


def test_the_newest_of_one_id_counts(tmp_path: Path) -> None:
    """What was asked again is what is found, in one file and over several."""
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
    """From a plain file, a compressed one and several; it knows what it lacks."""
    recorded(tmp_path, EXCHANGES[:2] if how == "parts" else EXCHANGES)
    if how == "packed":
        packed(tmp_path)
    if how == "parts":
        recorded(tmp_path, EXCHANGES[2:], "evidence.gw0.ndjson")
    with Archive(files(tmp_path)) as archive:
        assert len(archive) == 3
        assert [archive.get(each.id) for each in reversed(EXCHANGES)] == EXCHANGES[::-1]
        assert "no.0.0" not in archive


def test_an_archive_lacks_what_is_not_trusted(tmp_path: Path) -> None:
    """It still counts the requests that it took, with those of the answer that came later."""
    lost, kept = exchange(503, text="", sent=request(n=9)), EXCHANGES[0]
    recorded(tmp_path, [lost, kept])
    with Archive(files(tmp_path), trusted=lambda each: each.status == 200) as archive:
        assert lost.id not in archive
        assert kept.id in archive
        assert [archive.requests(each) for each in (lost.id, kept.id, "no.0.0")] == [1, 1, 0]
    recorded(tmp_path, [lost, exchange(200, text="", sent=request(n=9))])
    with Archive(files(tmp_path)) as archive:
        assert archive.requests(lost.id) == 2


def test_many_exchanges_are_not_held_in_memory(tmp_path: Path) -> None:
    """What is kept of each is its id and its place: a small part of what is on disk, for readers and for the recorder."""
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
    """One sentence names the file; nothing is read as if it were evidence."""
    (tmp_path / EVIDENCE_FILE).write_text(first + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"evidence\.ndjson is"):
        list(read(tmp_path))
    with pytest.raises(UsageError, match=r"evidence\.ndjson is"):
        facts(tmp_path)


@pytest.mark.parametrize("text", [b"", b'{"schema": 2'])
def test_a_run_that_ended_before_its_first_line_has_no_evidence(tmp_path: Path, text: bytes) -> None:
    """It is said in one sentence."""
    (tmp_path / EVIDENCE_FILE).write_bytes(text)
    for function in (facts, lambda folder: list(read(folder)), lambda folder: Archive(files(folder))):
        with pytest.raises(UsageError, match="is no evidence: its first line was not finished"):
            function(tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"", b"no gzip", gzip.compress(b"{}\n" * 1000)[:-20]],
    ids=["empty", "other", "cut"],  # gzip holds the time
)
def test_a_compressed_file_that_is_broken_is_refused(tmp_path: Path, text: bytes) -> None:
    """Whatever is wrong with it, the sentence names the file."""
    (tmp_path / PACKED_FILE).write_bytes(text)
    with pytest.raises(UsageError, match=r"evidence\.ndjson\.gz is"):
        list(read(tmp_path))


def test_a_directory_without_evidence_is_told(tmp_path: Path) -> None:
    """Facts of nothing are a usage error; single exchanges are just not there."""
    with pytest.raises(UsageError, match="holds no evidence"):
        facts(tmp_path)


class Nearly:
    """A file on a disk that has room for so many bytes more."""

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


def test_a_full_disk_is_said_and_nothing_follows_half_a_line(tmp_path: Path) -> None:
    """A usage error with the next step, then and for every exchange after it; what is whole is read, half a line is not."""
    with Recorder(tmp_path / EVIDENCE_FILE, FACTS) as record:
        record(EXCHANGES[0])
        record._file = Nearly(record._file, room=100)  # type: ignore[assignment]
        for each in EXCHANGES[1:]:
            with pytest.raises(UsageError, match=r"cannot be written: No space left on device; make room, then go on"):
                record(each)
        assert record.find([each.id for each in EXCHANGES]) == {EXCHANGES[0].id: EXCHANGES[0]}
    assert list(read(tmp_path)) == EXCHANGES[:1]
    assert list(torn(tmp_path).values()) == [100]


def test_what_was_recorded_is_found_when_its_folder_is_gone(tmp_path: Path) -> None:
    """Somebody tidies up in mid-run: the cases that are under way can still be judged."""
    with Recorder(tmp_path / "run" / EVIDENCE_FILE, FACTS) as record:
        record(EXCHANGES[0])
        shutil.rmtree(tmp_path / "run")
        assert record.find([EXCHANGES[0].id]) == {EXCHANGES[0].id: EXCHANGES[0]}
