"""The Atom feed: an entry for each run with changes, valid by RFC 4287 whatever an endpoint sent."""

import json
import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.cli import cli
from conformance.render.feed import render
from conformance.results.history import turns
from conformance.results.matrix import Matrix
from tests.support.matrices import HOSTILE, cell, matrix

ATOM = "{http://www.w3.org/2005/Atom}"


def run(day: int, *verdicts: str, **facts: str) -> Matrix:
    """Return a run of this day, with a cell for each verdict."""
    cells = (cell(f"chat.n.c{number}", verdict) for number, verdict in enumerate(verdicts))
    times = {"started": f"2026-01-{day:02}T00:00:00Z", "ended": f"2026-01-{day:02}T00:01:00Z"}
    return matrix(*cells, **{**times, **facts})


def feed(*runs: Matrix, target: str = "mine") -> ElementTree.Element:
    """The feed of these runs."""
    text = render(target, "cometapi", "*", turns(runs))
    text.encode()
    return ElementTree.fromstring(text)


def words(parent: ElementTree.Element, name: str) -> str:
    """The text of the one child of that name."""
    [child] = parent.findall(f"{ATOM}{name}")
    assert child.text
    return child.text


SEVERAL = (
    run(1, "conforms", "conforms", "noted"),
    run(2, "conforms", "conforms", "noted"),
    run(3, "deviates", "conforms", "noted", target_version="2.0"),
    run(4, "conforms", "differs", "noted"),
)


@pytest.mark.parametrize("runs", [SEVERAL, SEVERAL[:1], ()])
def test_a_feed_has_what_the_standard_requires(runs: tuple[Matrix, ...]) -> None:
    """Feed and entries have one id, title and time of change each, ids are URIs and differ, and the feed names its author."""
    root = feed(*runs)
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", words(element, "id"))
        assert words(element, "title")
        assert datetime.fromisoformat(words(element, "updated")).tzinfo
    assert len({words(element, "id") for element in (root, *entries)}) == len(entries) + 1
    assert {child.tag.removeprefix(ATOM) for child in root} <= {"id", "title", "updated", "author", "entry"}
    for entry in entries:
        assert [part.tag.removeprefix(ATOM) for part in entry] == ["id", "title", "updated", "content"]


def test_a_feed_is_read_by_a_reader() -> None:
    """It finds no fault, and an entry for each run with changes."""
    feedparser = pytest.importorskip("feedparser", reason="feeds are read back by feedparser (pip)")
    read = feedparser.parse(render("mine", "cometapi", "*", turns(SEVERAL)))
    assert (read.bozo, read.version) == (False, "atom10")
    assert [entry.updated for entry in read.entries] == [
        "2026-01-04T00:01:00Z",
        "2026-01-03T00:01:00Z",
        "2026-01-01T00:01:00Z",
    ]


def test_an_entry_tells_what_turned() -> None:
    """Newest first; a run in which nothing turned has none, and the first tells its counts."""
    root = feed(*SEVERAL)
    titles = [words(entry, "title") for entry in root.findall(f"{ATOM}entry")]
    assert titles == [
        "mine: 2 cells turned, now 1 differs, 1 conforms",
        "mine 2.0: 1 cell turned, now 1 deviates",
        "mine: first seen, 3 cells",
    ]
    newest = words(root.findall(f"{ATOM}entry")[0], "content")
    assert newest.startswith("<ul><li>chat.n.c1@openai:gpt-4.1-mini: conforms (honoured) → differs (clamped): ")
    assert words(root, "updated") == "2026-01-04T00:01:00Z"


def test_an_entry_stays_the_same_when_runs_are_added() -> None:
    """Readers know it by its id and do not show it again."""
    before, after = feed(*SEVERAL[:3]), feed(*SEVERAL)
    known = [ElementTree.tostring(entry) for entry in before.findall(f"{ATOM}entry")]
    assert [ElementTree.tostring(entry) for entry in after.findall(f"{ATOM}entry")][1:] == known
    assert words(before, "id") == words(after, "id")
    assert words(feed(*SEVERAL, target="other"), "id") != words(after, "id")


def test_a_long_list_is_cut_and_says_so() -> None:
    """In the entry of a run in which everything turned."""
    [newest, _] = feed(run(1, *["conforms"] * 150), run(2, *["deviates"] * 150)).findall(f"{ATOM}entry")
    assert words(newest, "content").count("<li>") == 101
    assert "and 50 more" in words(newest, "content")


def test_hostile_text_is_text_in_a_feed() -> None:
    """Neither the feed nor the page of a reader that shows it gets markup of an endpoint's making."""
    first, second = run(1, "conforms"), matrix(cell("chat.n.c0", "deviates", detail=HOSTILE), target_version=HOSTILE)
    root = feed(first, second, target=HOSTILE)
    content = words(root.findall(f"{ATOM}entry")[0], "content")
    assert "&lt;script&gt;" in content
    assert set(re.findall(r"<(\w+)", content)) <= {"ul", "li"}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder with the runs in it."""
    for number, run in enumerate(SEVERAL):
        (tmp_path / "runs" / str(number)).mkdir(parents=True)
        text = json.dumps(run.document())
        (tmp_path / "runs" / str(number) / "matrix.json").write_text(text, encoding="utf-8")
    return tmp_path / "runs"


def test_the_command_writes_a_feed(saved: Path, tmp_path: Path) -> None:
    """Of the cells that were asked for, the same bytes every time."""
    file = tmp_path / "feed.xml"
    asked = ["history", "chat.n.c1@*", str(saved), "--feed", str(file)]
    done = CliRunner().invoke(cli, asked)
    assert (done.exit_code, done.output) == (0, f"{file}\n")
    once = file.read_bytes()
    CliRunner().invoke(cli, asked)
    assert file.read_bytes() == once
    assert len(ElementTree.fromstring(once).findall(f"{ATOM}entry")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["*", "{published}", "--feed", "{new}"], "--feed must get runs of one target and one contract"),
        (["*", "{saved}", "--feed", "{saved}/none/feed.xml"], "cannot be written"),
    ],
)
def test_what_keeps_a_feed_from_being_written_is_said(
    saved: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """In one sentence, with the next step."""
    published = Path(__file__).parents[2] / "reports"
    filled = [argument.format(published=published, saved=saved, new=tmp_path / "new.xml") for argument in arguments]
    done = CliRunner().invoke(cli, ["history", *filled])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
