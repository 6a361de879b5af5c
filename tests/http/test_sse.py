"""Server-sent events: the line grammar of the HTML standard, held strictly and without exceptions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.http.sse import Event, lines, parse

LINE = st.sampled_from(
    ["data: x", "data:y", "data", "event: e", "id: 1", "retry: 5", ": note", "bad line", "data:  z", ""]
)
TEXT = st.lists(LINE, max_size=12).map("\n".join) | st.text(alphabet="dat:e \n\r\ufeffx", max_size=40) | st.text()


def data(text: str) -> list[str]:
    """The data of all events."""
    return [event.data for event in parse(text).events]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(end: str) -> None:
    """LF, CRLF and CR are one line end each, and a blank line dispatches."""
    stream = parse(f"data: 1{end}{end}data: 2{end}data: 3{end}{end}")
    assert [event.data for event in stream.events] == ["1", "2\n3"]
    assert stream.problems == ()


def test_line_ends_can_be_mixed() -> None:
    """CRLF is one line end, LF after LF two."""
    assert data("data: 1\r\n\ndata: 2\r\rdata: 3\n\r\n") == ["1", "2", "3"]


def test_other_separators_are_part_of_the_data() -> None:
    """Only CR and LF end a line; what Python calls a line end as well does not."""
    assert data("data: a\u2028b\x0bc\x85d\n\n") == ["a\u2028b\x0bc\x85d"]


@given(TEXT)
def test_lines_add_up_to_the_text(text: str) -> None:
    """Nothing is lost between them, and only CR and LF end one."""
    assert "".join(lines(text, with_ends=True)) == text
    assert all(not set(line) & set("\r\n") for line in lines(text))
    assert len(lines(text)) == len(lines(text, with_ends=True))


def test_one_space_after_the_colon_is_no_data() -> None:
    """A first space belongs to the field, a second one to the data, and none at all is fine."""
    assert data("data:x\n\ndata: x\n\ndata:  x\n\ndata: \n\ndata\n\n") == ["x", "x", " x", "", ""]


def test_a_colon_in_the_data_is_data() -> None:
    """The first colon alone ends the name of a field."""
    assert data('data: {"a": 1}\n\n') == ['{"a": 1}']


def test_comments_are_kept_apart() -> None:
    """A line that begins with a colon is a comment, inside an event or between events."""
    stream = parse(": OPENROUTER PROCESSING\n\ndata: 1\n:\ndata: 2\n\n")
    assert stream.comments == ("OPENROUTER PROCESSING", "")
    assert [event.data for event in stream.events] == ["1\n2"]
    assert stream.problems == ()


def test_a_byte_order_mark_at_the_start_is_skipped() -> None:
    """Once, at the start; anywhere else it breaks the field."""
    assert data("\ufeffdata: 1\n\n") == ["1"]
    stream = parse("data: 1\n\n\ufeffdata: 2\n\n")
    assert [event.data for event in stream.events] == ["1"]
    assert len(stream.problems) == 1


def test_event_and_id_stand_with_the_data() -> None:
    """The last value of a name counts, and the line of the first field is kept."""
    stream = parse("\n\nevent: a\nevent: b\nid: 7\ndata: x\n\n")
    assert stream.events == (Event("x", 3, "b", "7"),)


def test_an_event_without_data_is_none() -> None:
    """Names alone dispatch nothing and are forgotten at the blank line."""
    stream = parse("event: ping\n\ndata: x\n\n")
    assert stream.events == (Event("x", 3),)
    assert stream.problems == ()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_an_event_that_is_not_closed_is_a_problem(end: str) -> None:
    """Without a blank line after it an event counts as cut off, and its data is kept."""
    stream = parse(f"data: 1\n\ndata: 2{end}")
    assert [event.data for event in stream.events] == ["1", "2"]
    assert stream.problems == ("the event on line 3 is not closed by a blank line",)


@pytest.mark.parametrize("line", ['{"a": 1}', "Data: x", " data: x", "dat", "<html>"])
def test_a_malformed_line_is_a_problem_not_an_exception(line: str) -> None:
    """The line is named, and the events around it are read."""
    stream = parse(f"data: 1\n\n{line}\n\ndata: 2\n\n")
    assert [event.data for event in stream.events] == ["1", "2"]
    assert len(stream.problems) == 1
    assert stream.problems[0].startswith("line 3 is no field of an event")


def test_an_empty_body_is_an_empty_stream() -> None:
    """Nothing is read from nothing."""
    assert parse("") == parse("\n\r\n")
    assert parse("") == parse("\ufeff")


@given(TEXT)
def test_nothing_is_lost_and_nothing_raises(text: str) -> None:
    """Every data line of any text is in exactly one event, every other line a comment, a name or a problem."""
    stream = parse(text)
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    wanted = [line.partition(":")[2].removeprefix(" ") for line in lines if line.partition(":")[0] == "data"]
    assert [part for event in stream.events for part in event.data.split("\n")] == wanted
    assert len(stream.comments) == sum(line.startswith(":") for line in lines)
    unknown = [line for line in lines if line and line.partition(":")[0] not in {"", "data", "event", "id", "retry"}]
    assert len([each for each in stream.problems if each.startswith("line ")]) == len(unknown)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n")), min_size=1, max_size=5))
def test_what_a_server_writes_is_what_is_read(lines: list[str]) -> None:
    """Data written over several lines comes back joined, whatever it holds."""
    assert data("".join(f"data: {line}\r\n" for line in lines) + "\r\n") == ["\n".join(lines)]


@given(TEXT)
def test_lines_are_counted_from_one_and_rise(text: str) -> None:
    """Each event stands behind the one before it."""
    numbers = [event.line for event in parse(text).events]
    assert numbers == sorted(set(numbers))
    assert all(number >= 1 for number in numbers)
