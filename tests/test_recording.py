"""Evidence on disk: appended as it comes, read back whole, refused by line where it is broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import exchange, request

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.recording import NAME, Recorder, find, join, read
from conformance.validation import own_problem

FACTS = {"target": "mine", "base_url": "http://127.0.0.1:1/v1", "contract": "cometapi"}
EXCHANGES = [exchange(text=f"body {number} \udce9\u2028\n", sent=request(n=number)) for number in range(3)]


def recorded(path: Path, exchanges: list[Exchange] | None = None, facts: dict[str, Any] | None = None) -> Path:
    """A file of these exchanges."""
    with Recorder(path, facts or FACTS) as record:
        for each in EXCHANGES if exchanges is None else exchanges:
            record(each)
    return path


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    """In order and byte for byte, in a folder that is made for it."""
    assert list(read(recorded(tmp_path / "deep" / NAME))) == EXCHANGES


def test_every_line_fits_its_schema(tmp_path: Path) -> None:
    """Facts first, then one exchange a line."""
    rows = [json.loads(line) for line in recorded(tmp_path / NAME).read_bytes().splitlines()]
    assert [own_problem(row, "data/evidence") for row in rows] == [None] * 4
    assert rows[0] == {"schema": 1, **FACTS}


def test_what_is_being_recorded_can_be_found(tmp_path: Path) -> None:
    """While the file is still written to, without reading all of it; an unknown id is left out."""
    with Recorder(tmp_path / NAME, FACTS) as record:
        for each in EXCHANGES:
            record(each)
        wanted = [EXCHANGES[2].id, "no.0.0", EXCHANGES[0].id]
        assert record.find(wanted) == {each.id: each for each in (EXCHANGES[2], EXCHANGES[0])}
        record(EXCHANGES[1])
        assert record.find([EXCHANGES[1].id]) == {EXCHANGES[1].id: EXCHANGES[1]}


def test_an_exchange_is_on_disk_before_the_next(tmp_path: Path) -> None:
    """A run that is killed leaves what it had."""
    record = Recorder(tmp_path / NAME, FACTS)
    record(EXCHANGES[0])
    assert list(read(tmp_path / NAME)) == EXCHANGES[:1]
    record(EXCHANGES[1])
    assert list(read(tmp_path / NAME)) == EXCHANGES[:2]
    record.close()


def test_a_recorder_begins_anew(tmp_path: Path) -> None:
    """What another run left in the same place is not mixed in."""
    recorded(tmp_path / NAME)
    assert list(read(recorded(tmp_path / NAME, []))) == []


@pytest.mark.parametrize("rest", [1, 20, 200])
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, rest: int) -> None:
    """Writing ended in the middle of it: all before it counts."""
    path = recorded(tmp_path / NAME)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - rest])
    wanted = EXCHANGES if rest == 1 else EXCHANGES[:2]
    assert list(read(path)) == wanted


@pytest.mark.parametrize("line", ["{", "{}", "[1]", "null", "", '{"id": "x", "request": 7, "headers": []}'])
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_broken_line_is_named(tmp_path: Path, line: str, number: int) -> None:
    """File and line are told, wherever it stands; nothing is silently left out."""
    path = recorded(tmp_path / NAME)
    lines = path.read_text().split("\n")
    lines[number - 1] = line
    path.write_text("\n".join(lines))
    with pytest.raises(UsageError, match=f"{NAME}, line {number} is no exchange"):
        list(read(path))


def test_a_changed_field_is_named(tmp_path: Path) -> None:
    """An exchange of another version of the format is not guessed at."""
    path = recorded(tmp_path / NAME)
    path.write_text(path.read_text().replace('"retries"', '"tries"'))
    with pytest.raises(UsageError, match="line 2 is no exchange"):
        list(read(path))


def test_exchanges_are_found_by_id(tmp_path: Path) -> None:
    """What is not there is left out, and nothing is read for nothing."""
    path = recorded(tmp_path / NAME)
    wanted = EXCHANGES[1].id
    assert find(path, [wanted, "0000.0.0"]) == {wanted: EXCHANGES[1]}
    assert find(path, []) == {}
    assert find(tmp_path / "nothing", [wanted]) == {}


def test_parts_are_joined_under_the_facts(tmp_path: Path) -> None:
    """The files of several processes become one that reads like one, and are gone."""
    parts = [recorded(tmp_path / f"evidence.gw{number}.ndjson", [each]) for number, each in enumerate(EXCHANGES)]
    join(reversed(parts), tmp_path / NAME)
    assert list(read(tmp_path / NAME)) == EXCHANGES
    assert json.loads((tmp_path / NAME).read_text().split("\n")[0]) == {"schema": 1, **FACTS}
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_joining_leaves_out_what_a_process_did_not_finish_writing(tmp_path: Path) -> None:
    """A line cut off at the end of one part does not break the next part."""
    parts = [recorded(tmp_path / f"evidence.gw{number}.ndjson", [each]) for number, each in enumerate(EXCHANGES[:2])]
    parts[0].write_bytes(parts[0].read_bytes()[:-9])
    join(parts, tmp_path / NAME)
    assert list(read(tmp_path / NAME)) == EXCHANGES[1:2]


def test_joining_begins_anew(tmp_path: Path) -> None:
    """Evidence of an earlier run in the same folder is not mixed in."""
    recorded(tmp_path / NAME, EXCHANGES[:1])
    join([recorded(tmp_path / "evidence.gw0.ndjson", EXCHANGES[1:])], tmp_path / NAME)
    assert list(read(tmp_path / NAME)) == EXCHANGES[1:]


@pytest.mark.parametrize("first", ["", "[]", "{}", '{"schema": 99}', "no JSON"])
def test_a_file_of_another_kind_or_version_is_refused(tmp_path: Path, first: str) -> None:
    """One sentence names the file; nothing is read as if it were evidence."""
    path = tmp_path / "evidence.ndjson"
    path.write_text(first + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"evidence\.ndjson is"):
        list(read(path))
