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
    """Return the data of all events."""
    return [event.data for event in parse(text).events]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(end: str) -> None:
    """LF, CRLF and CR each end one line, and a blank line dispatches an event."""
    stream = parse(f"data: 1{end}{end}data: 2{end}data: 3{end}{end}")
    assert [event.data for event in stream.events] == ["1", "2\n3"]
    assert stream.problems == ()


def test_line_ends_can_be_mixed() -> None:
    """CRLF ends one line; LF after LF ends two."""
    assert data("data: 1\r\n\ndata: 2\r\rdata: 3\n\r\n") == ["1", "2", "3"]


def test_other_separators_are_part_of_the_data() -> None:
    """Only CR and LF end a line; the other separators of str.splitlines do not."""
    assert data("data: a\u2028b\x0bc\x85d\n\n") == ["a\u2028b\x0bc\x85d"]


@given(TEXT)
def test_lines_add_up_to_the_text(text: str) -> None:
    """No character is lost between lines, and only CR and LF end one."""
    assert "".join(lines(text, with_ends=True)) == text
    assert all(not set(line) & set("\r\n") for line in lines(text))
    assert len(lines(text)) == len(lines(text, with_ends=True))


def test_one_space_after_the_colon_is_skipped() -> None:
    """The first space belongs to the field and a second one to the data; no space is valid too."""
    assert data("data:x\n\ndata: x\n\ndata:  x\n\ndata: \n\ndata\n\n") == ["x", "x", " x", "", ""]


def test_a_colon_in_the_data_is_data() -> None:
    """Only the first colon ends the name of a field."""
    assert data('data: {"a": 1}\n\n') == ['{"a": 1}']


def test_comments_are_kept_apart() -> None:
    """A line that begins with a colon is a comment, inside an event or between events."""
    stream = parse(": OPENROUTER PROCESSING\n\ndata: 1\n:\ndata: 2\n\n")
    assert stream.comments == ("OPENROUTER PROCESSING", "")
    assert [event.data for event in stream.events] == ["1\n2"]
    assert stream.problems == ()


def test_a_byte_order_mark_at_the_start_is_skipped() -> None:
    """Anywhere else it makes the name of the field invalid."""
    assert data("\ufeffdata: 1\n\n") == ["1"]
    stream = parse("data: 1\n\n\ufeffdata: 2\n\n")
    assert [event.data for event in stream.events] == ["1"]
    assert len(stream.problems) == 1


def test_an_event_has_its_name_id_and_line() -> None:
    """The last value of a field counts, and the line is that of the first field."""
    stream = parse("\n\nevent: a\nevent: b\nid: 7\ndata: x\n\n")
    assert stream.events == (Event("x", 3, "b", "7"),)


def test_fields_without_data_dispatch_no_event() -> None:
    """They are forgotten at the blank line."""
    stream = parse("event: ping\n\ndata: x\n\n")
    assert stream.events == (Event("x", 3),)
    assert stream.problems == ()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_an_event_that_is_not_closed_is_a_problem(end: str) -> None:
    """Without a blank line after it an event is reported as cut off, and its data is kept."""
    stream = parse(f"data: 1\n\ndata: 2{end}")
    assert [event.data for event in stream.events] == ["1", "2"]
    assert stream.problems == ("the event on line 3 must be closed by a blank line",)


@pytest.mark.parametrize("line", ['{"a": 1}', "Data: x", " data: x", "dat", "<html>"])
def test_a_malformed_line_is_a_problem_and_not_an_exception(line: str) -> None:
    """The problem names the line, and the events around it are read."""
    stream = parse(f"data: 1\n\n{line}\n\ndata: 2\n\n")
    assert [event.data for event in stream.events] == ["1", "2"]
    assert len(stream.problems) == 1
    assert stream.problems[0].startswith("line 3 must begin with data, event, id, retry or a colon")


def test_an_empty_body_is_an_empty_stream() -> None:
    """Blank lines and a byte order mark alone make no event either."""
    assert parse("") == parse("\n\r\n")
    assert parse("") == parse("\ufeff")


@given(TEXT)
def test_every_line_of_any_text_is_accounted_for(text: str) -> None:
    """Every data line is in exactly one event, every other line is a comment, another field or a problem; nothing raises."""
    stream = parse(text)
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    wanted = [line.partition(":")[2].removeprefix(" ") for line in lines if line.partition(":")[0] == "data"]
    assert [part for event in stream.events for part in event.data.split("\n")] == wanted
    assert len(stream.comments) == sum(line.startswith(":") for line in lines)
    unknown = [line for line in lines if line and line.partition(":")[0] not in {"", "data", "event", "id", "retry"}]
    assert len([problem for problem in stream.problems if problem.startswith("line ")]) == len(unknown)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n")), min_size=1, max_size=5))
def test_data_of_several_lines_is_joined(lines: list[str]) -> None:
    """Any data that a server writes over several lines is read back joined by LF."""
    assert data("".join(f"data: {line}\r\n" for line in lines) + "\r\n") == ["\n".join(lines)]


@given(TEXT)
def test_line_numbers_start_at_one_and_rise(text: str) -> None:
    """Each event begins after the one before it."""
    numbers = [event.line for event in parse(text).events]
    assert numbers == sorted(set(numbers))
    assert all(number >= 1 for number in numbers)
