"""The overviews of the static site: squares, targets side by side, parameters, pictures, the search, and strips of days."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from conformance.site import naming
from conformance.site.bars import bars
from conformance.site.building import build
from conformance.site.claims import Entry, searchable
from conformance.trial.judge import Verdict
from tests.support.collecting import over
from tests.support.matrices import cell, matrix
from tests.support.pages import ATTACK, Document, night, save

COUNT = "chat.n.count"


def test_a_run_begins_with_what_holds_and_the_overview(tmp_path: Path) -> None:
    """A square says verdict, limit and problem; it leads to the folded rows of its parameter, the number to the problem."""
    cells = [
        cell("chat.n.count", "deviates"),
        cell("chat.n.limit", "conforms", documented="1-128", measured="1-256", wider=True),
        cell("chat.stop.array", "conforms", documented="up to 4"),
        cell("chat.error.no_key", "conforms", column="endpoint", model="any"),
    ]
    build([save(tmp_path / "run", matrix(*cells))], tmp_path / "site")
    text = next((tmp_path / "site" / "runs").iterdir()).read_text(encoding="utf-8")
    page = Document(text)
    assert "<h1>mine <small>" in text
    assert "chat openai:gpt-4.1-mini 2 of 3 binding claims hold, 1 deviate" in page.text
    deviating, conforming = [square for square in page.with_tag("a") if square.get("title")][:2]
    assert (deviating["href"], conforming["href"]) == ("#chat.n", "#chat.stop")
    assert deviating["title"] == "deviates, documented 1-128, measured 1-256, more than documented"
    assert conforming["title"] == "conforms, documented up to 4"
    assert re.search(r"✗ <b>1-256</b>\^", text)
    assert {"chat.n", "chat.stop", "chat.error", "problem-1"} <= set(page.ids)
    assert "#problem-1" in page.links
    assert page.text.count("under an hour old, suite 0") == 1
    assert not [fold for fold in page.with_tag("details") if "data-parameter" in fold and "open" in fold]


def test_the_first_page_has_all_targets_side_by_side(tmp_path: Path) -> None:
    """Parameters of all of them, a whole run in place of a later selection, and links into the page of the run that is shown."""
    save(tmp_path / "a", night(1, cell(COUNT, "deviates"), cell("chat.stop.array", "conforms")))
    save(tmp_path / "b", night(2, cell(COUNT, "conforms"), partial=True))
    save(tmp_path / "c", night(2, cell(COUNT, "conforms"), cell("chat.seed.accepted", "noted"), target="theirs"))
    build([tmp_path / name for name in "abc"], tmp_path / "site")
    text = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    table = text[text.index('<table class="squares') : text.index("</table>") + 8]
    assert re.findall(r'<tr><th scope="row"><a href="parameters/[^"]+">(\w+)</a></th>', table) == ["n", "seed", "stop"]
    assert re.findall(r'<td class="([a-z ]+)" data-side="(\d)">', table) == [
        ("square conforms", "0"), ("square deviates", "1"),
        ("square noted", "0"), ("empty", "1"),
        ("empty", "0"), ("square conforms", "1"),
    ]  # fmt: skip
    assert re.search(r'href="runs/mine-20260101[^"]*#chat\.n"', table)


def test_a_parameter_has_a_page_and_a_picture_for_all_targets(tmp_path: Path) -> None:
    """Both say where it can be used and its limits; hostile names of targets and models are text in both."""
    limit = {"documented": "1-128", "measured": "1-8", "observed": "ignored"}
    save(tmp_path / "a", night(1, cell("chat.n.limit", "deviates", **limit), cell(COUNT, "conforms")))
    save(tmp_path / "b", night(1, cell("chat.n.limit", "conforms", documented="1-8", measured=">=16", wider=True, model=ATTACK),
                               target=ATTACK))  # fmt: skip
    build([tmp_path / "a", tmp_path / "b"], tmp_path / "site")
    page = Document((tmp_path / "site" / naming.parameter_page("chat", "n")).read_text(encoding="utf-8"))
    drawing = (tmp_path / "site" / naming.parameter_picture("chat", "n")).read_text(encoding="utf-8")
    picture = ElementTree.fromstring(drawing)
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    for answer, measured in (("~ partly", "1-8"), ("✓ yes", ">=16^")):
        assert answer in page.text
        assert answer in texts
        assert measured in texts
    assert "mine, openai gpt-4.1-mini: partly, measured 1-8" in (picture[0].text or "")
    drawn = [bar["aria-label"] for bar in page.with_tag("svg") if bar.get("class") == "limits"]
    assert "documented 1-128, measured 1-8" in drawn
    assert {rectangle.tag.partition("}")[2] for rectangle in picture.iter()} == {
        "svg",
        "title",
        "rect",
        "text",
        "tspan",
    }
    assert naming.claim_page("cometapi", COUNT).removeprefix("claims/") in " ".join(page.links)


@over(
    "limits, expected",
    [
        ([("0-2", "0-1"), ("0-1", ">=4")], [((0, 500), (0, 250)), ((0, 250), (0, 1000))]),
        ([("1-128", "1"), ("1 only", "none")], [((0, 1000), (0, 20)), ((0, 20), None)]),
        ([("-2-2", "<=0")], [((0, 1000), (0, 500))]),
        ([("16 or more", "20")], [((0, 1000), (980, 20))]),
        ([("5", "5")], [((0, 20), (0, 20))]),
    ],
)
def test_limits_are_bars_on_one_axis(limits: list[tuple[str, str]], expected: list[tuple[Any, Any]]) -> None:
    """Ends that are not known are those of the axis, and one value is wide enough to be seen."""
    _, drawn = bars(limits)
    assert [bar and (bar.documented, bar.measured) for bar in drawn] == expected


def test_small_ranges_are_seen_on_a_wide_axis() -> None:
    """It is logarithmic then; without a range there is no axis."""
    axis, (small, _) = bars([("1-8", None), ("1-256", None)])
    assert axis
    assert axis.logarithmic
    assert small
    assert small.documented == (0, 375)
    assert bars([("yes", "none")]) == (None, [None])


def test_the_list_of_claims_for_the_search_cannot_leave_its_strings() -> None:
    """It is a script, so that a page from disk may load it; the page of each claim is in it."""
    entry = Entry("chat.n.count", "claims/x.html", ATTACK + "\u2028\ud800", {Verdict.DEVIATES: 1})
    text = searchable([entry])
    assert text.isascii()
    assert "<" not in text
    (row,) = json.loads(text.removeprefix("window.conformanceClaims = ").removesuffix(";\n"))
    assert row[:3] == ["chat.n.count", "claims/x.html", "deviates"]
    assert "alert(1)" in row[3]


def test_a_history_begins_with_its_days(tmp_path: Path) -> None:
    """The last run of a day gives the colour, what is only noted does not; the words say the same, with the days of changes."""
    noted = cell("chat.seed.accepted", "noted")
    later = {"started": "2026-01-04T20:00:00Z", "ended": "2026-01-04T20:10:00Z"}
    save(tmp_path / "a", night(1, cell(COUNT, "conforms"), noted))
    save(tmp_path / "b", night(3, cell(COUNT, "deviates"), noted))
    save(tmp_path / "c", night(4, cell(COUNT, "deviates"), noted))
    save(tmp_path / "d", night(4, cell(COUNT, "conforms"), noted, **later))
    build([tmp_path / name for name in "abcd"], tmp_path / "site")
    page = Document(next((tmp_path / "site" / "history").iterdir()).read_text(encoding="utf-8"))
    quarter, month = [
        picture["aria-label"] for picture in page.with_tag("svg") if "days" in (picture.get("class") or "")
    ]
    assert quarter == (
        "90 days to 2026-01-04: 87 without a run, 2 conforms, 1 deviates; cells changed on 2026-01-03, 2026-01-04"
    )
    assert (month or "").startswith("30 days to 2026-01-04: 27 without a run, 2 conforms, 1 deviates;")
    drawn = [day["class"] for day in page.with_tag("rect") if "rx" in day][:90]
    assert drawn == [*["none"] * 86, "conforms", "none", "deviates", "conforms"]
    assert "2 cells changed in the last 7 days" in page.text


def test_changes_that_look_alike_share_a_row_of_a_history(tmp_path: Path) -> None:
    """Each model has its link; another change of the same claim has a row of its own."""
    models = ["m-1", "m-2", "m-3"]
    save(tmp_path / "a", night(1, *(cell(COUNT, "conforms", model=model) for model in models)))
    after = [cell(COUNT, "deviates", model=model) for model in models[:2]]
    save(tmp_path / "b", night(2, *after, cell(COUNT, "inconclusive", model="m-3")))
    build([tmp_path / "a", tmp_path / "b"], tmp_path / "site")
    text = next((tmp_path / "site" / "history").iterdir()).read_text(encoding="utf-8")
    table = text[text.index('class="plain sides"') : text.index("</table>")]
    assert [re.findall(r"#openai:(m-\d)", row) for row in table.split("<tr")[2:]] == [["m-1", "m-2"], ["m-3"]]


def test_a_history_folds_what_changed_by_run_and_by_cause(tmp_path: Path) -> None:
    """The newest run is open, with what it blocked or freed in the row of the cause; many rows, and many runs, are folded."""
    blocked = {"cause": COUNT, "reason": "presupposition failed"}
    others = [f"chat.n.c{number}" for number in range(3)]
    good = [cell(COUNT, "conforms"), *(cell(name, "conforms") for name in others)]
    bad = [cell(COUNT, "deviates"), *(cell(name, "blocked", **blocked) for name in others)]
    for day in range(1, 13):
        many = [cell(f"chat.stop.c{number}", "conforms" if day < 12 else "deviates") for number in range(22)]
        save(tmp_path / f"{day:02}", night(day, *(bad if day % 2 else good), *many))
    build([tmp_path], tmp_path.parent / f"{tmp_path.name}-site")
    (path,) = (tmp_path.parent / f"{tmp_path.name}-site" / "history").iterdir()
    text = path.read_text(encoding="utf-8")
    assert re.findall(r'<details class="sideboard"( open)?>', text) == [" open", *[""] * 10]
    assert text.count(f"and what depends on it: {', '.join(others)}") == 11
    assert ": 26 cells changed</summary>" in text
    assert "<summary>3 more changes</summary>" in text
    assert "<summary>2 earlier runs</summary>" in text


def test_a_change_at_one_value_is_told(tmp_path: Path) -> None:
    """Where the cell looks the same otherwise."""
    for day, seen in ((1, "honoured"), (2, "ignored")):
        save(
            tmp_path / str(day), night(day, cell(COUNT, "noted", observed="refused", seen={"5": seen, "6": "refused"}))
        )
    build([tmp_path / "1", tmp_path / "2"], tmp_path / "site")
    assert "5: honoured -&gt; ignored" in next((tmp_path / "site" / "history").iterdir()).read_text(encoding="utf-8")


def test_a_parameter_that_works_with_one_value_says_which(tmp_path: Path) -> None:
    """Somebody asks whether n = 2 can be used."""
    refused = cell("chat.n.unsupported", "conforms", says="without effect", observed="refused", documented="1 only")
    one = [cell("chat.n.one", "conforms", documented="1 only", measured="1"), refused]
    save(tmp_path / "a", night(1, *one))
    build([tmp_path / "a"], tmp_path / "site")
    page = next(each for each in (tmp_path / "site" / "parameters").iterdir() if each.suffix == ".html")
    assert "~ only 1" in page.read_text(encoding="utf-8")


def test_what_is_wider_than_documented_can_be_filtered_in_cells_of_words_and_of_signs(tmp_path: Path) -> None:
    """Both kinds of table mark the cell, however many models there are."""
    for number, count in enumerate((2, 9), 1):
        wide = cell("chat.n.limit", "conforms", model="m-0", documented="1-8", measured="1-16", wider=True)
        others = [cell("chat.n.limit", "conforms", model=f"m-{each}", documented="1-8") for each in range(1, count)]
        build([save(tmp_path / str(count), night(number, wide, *others))], tmp_path / f"site-{count}")
        text = next((tmp_path / f"site-{count}" / "runs").iterdir()).read_text(encoding="utf-8")
        assert [len(re.findall("<td[^>]* data-wider", text)), text.count('id="wider"')] == [1, 1]
