"""The static site as files: whole, escaped, linked, the same every time, and named so that any system can hold it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from conformance.base.errors import UsageError
from conformance.evidence.recording import EVIDENCE_FILE
from conformance.http.sse import Event
from conformance.site import naming, words
from conformance.site.building import build
from conformance.site.choosing import SHOWN, choose
from conformance.site.exhibits import cut, ends, laid_out
from conformance.site.matrices import LISTED, OPEN
from conformance.site.reading import Reader
from conformance.trial.judge import Verdict
from tests.support.making import exchange, request
from tests.support.matrices import attacked, cell, matrix, of_all_verdicts
from tests.support.pages import ATTACK, Document, night, save

COUNT = "chat.n.count"


def stream(text: str) -> Any:
    """Return an exchange whose reply is a stream of one event with this content."""
    body = "data: " + json.dumps({"choices": [{"delta": {"content": text}}]}) + "\n\ndata: [DONE]\n\n"
    return exchange(text=body, headers={"content-type": "text/event-stream"}, sent=request(stream=True, n=3))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs of one target, of which the newest has hostile evidence, and one run of another."""
    root = tmp_path_factory.mktemp("runs")
    plain = exchange(text=json.dumps({"choices": [ATTACK]}), sent=request(n=2), headers={"x-said": ATTACK})
    streamed = stream(ATTACK)
    deviating = cell(
        COUNT, "deviates", detail=ATTACK, evidence=(plain.id, streamed.id), seen={"2": "ignored", "8": "blocked"}
    )
    rest = [cell("chat.error.no_key", "conforms", column="endpoint", model="any"), cell("chat.gone.claim", "noted")]
    others = of_all_verdicts(column="claude", model="claude-1")
    return [
        save(root / "one", night(1, cell(COUNT, "conforms"), *rest, *others)),
        save(root / "two", night(2, cell(COUNT, "inconclusive"), *rest, *others)),
        save(root / "three", night(3, deviating, *rest, *others, target_version=ATTACK), plain, streamed),
        save(root / "four", night(3, *of_all_verdicts(ATTACK, ATTACK), target="CON", base_url=ATTACK)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def site(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of these runs."""
    out = tmp_path_factory.mktemp("site")
    build(runs, out)
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Document]:
    """Every page of it, by path."""
    files = sorted(site.rglob("*.html"))
    return {path.relative_to(site).as_posix(): Document(path.read_text(encoding="utf-8")) for path in files}


def one(pages: dict[str, Document], start: str) -> Document:
    """Return the only page whose path starts like this."""
    (path,) = [path for path in pages if path.startswith(start)]
    return pages[path]


def page_of(pages: dict[str, Document], claim: str, target: str = "mine") -> Document:
    """Return the page of all cells of a claim on one target."""
    return pages[naming.cells_page((target, "cometapi"), claim)]


# ---------------------------------------------------------------- every page


def test_every_page_is_whole(pages: dict[str, Document]) -> None:
    """Tags are closed in order, ids are unique, and there is a language, a title and one first heading."""
    for path, page in pages.items():
        assert len(set(page.ids)) == len(page.ids), path
        assert page.with_tag("html") == [{"lang": "en"}]
        assert (
            len(page.with_tag("title")) - len(page.with_tag("g"))
            == len(page.with_tag("h1"))
            == len(page.with_tag("main"))
            == 1
        )


def test_every_link_leads_somewhere(pages: dict[str, Document], site: Path) -> None:
    """All links but the sources of claims are relative; the files exist, and so do the ids that fragments name."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in {"https", "data"}, (path, link)
                continue
            assert not link.startswith("/"), (path, link)
            leads = ((site / path).parent / parts.path).resolve() if parts.path else site / path
            assert leads.is_file(), (path, link)
            if parts.fragment:
                ids = pages[leads.relative_to(site.resolve()).as_posix() if parts.path else path].ids
                assert parts.fragment in ids or unquote(parts.fragment) in ids, (path, link)


def test_every_page_has_the_policy_and_nothing_inline(pages: dict[str, Document]) -> None:
    """No page contains a script, a style or a handler, and the policy would stop one."""
    for page in pages.values():
        policy = next(meta["content"] or "" for meta in page.with_tag("meta") if meta.get("http-equiv"))
        for part in (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ):
            assert part in policy  # fmt: skip
        assert "unsafe" not in policy
        assert [sorted(script) for script in page.with_tag("script")] == [["defer", "src"]]
        assert page.with_tag("style") == page.with_tag("form") == page.with_tag("img") == page.with_tag("iframe") == []
        assert not [names for _, names in page.tags if any(name.startswith("on") or name == "style" for name in names)]


def test_hostile_text_is_shown_and_does_nothing(pages: dict[str, Document], site: Path) -> None:
    """Tags stay text, template syntax is not evaluated, and control and direction characters are spelt out."""
    page = page_of(pages, COUNT)
    assert page.text.count("{{ 7*7 }}") >= 4
    assert "{% raw %}" in page.text
    assert "</script><img src=x onerror=alert(1)>" in page.text
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<img" not in text
        assert "<b onclick" not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)


def test_a_matrix_of_hostile_text_makes_an_ordinary_site(tmp_path: Path) -> None:
    """Whoever wrote it, all its strings are text: pages have the tags that harmless words give them, in the same number."""
    tags = []
    plain = attacked("").cells  # ids of claims must have their form
    for name, text in (("hostile", ATTACK), ("harmless", "words")):
        found = attacked(text)
        cells = tuple(replace(each, claim=known.claim) for each, known in zip(found.cells, plain, strict=True))
        build([save(tmp_path / name, replace(found, cells=cells))], tmp_path / f"{name} site")
        pages = [Document(path.read_text(encoding="utf-8")) for path in (tmp_path / f"{name} site").rglob("*.html")]
        tags.append(sorted(tag for page in pages for tag, _ in page.tags))
        assert not [names for page in pages for _, names in page.tags if any(each.startswith("on") for each in names)]
    assert tags[0] == tags[1]


def test_names_fit_every_system(site: Path) -> None:
    """Lower-case letters, digits, hyphens and dots, no device name, not long, and no two that differ in case only."""
    names = [path.relative_to(site).as_posix() for path in site.rglob("*")]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z0-9./-]+", name), name
        assert len(name) < 200
        assert not {part.split(".")[0] for part in name.split("/")} & {"con", "aux", "nul", "prn", "com1", "lpt1"}


@pytest.mark.parametrize(
    ("one", "other"), [("a:B", "a:b"), ("x" * 200 + "1", "x" * 200 + "2"), ("日本", "語"), ("a/b", "a-b")]
)
def test_names_of_different_things_differ(one: str, other: str) -> None:
    """Even where case, length or letters would make them one."""
    assert naming.slug(one) != naming.slug(other)
    assert naming.slug(one) == naming.slug(one)


def test_the_same_runs_make_the_same_bytes(runs: list[Path], site: Path, tmp_path: Path) -> None:
    """In any order, and if one is named twice."""
    build([*reversed(runs), runs[0]], tmp_path / "again")
    files = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    again = {
        path.relative_to(tmp_path / "again"): path.read_bytes()
        for path in (tmp_path / "again").rglob("*")
        if path.is_file()
    }
    assert files == again


# ---------------------------------------------------------------- what pages show


def test_the_first_page_lists_targets_with_their_newest_run(pages: dict[str, Document]) -> None:
    """Counts, age, version of the suite, and a link to its matrix."""
    page = pages["index.html"]
    assert "2 targets, 4 runs" in page.text
    assert "1 deviates" in page.text
    assert "under an hour old, suite 0" in page.text
    newest = next(path for path in pages if path.startswith("runs/mine-20260103"))
    assert newest in page.links


def test_a_matrix_has_every_cell_with_sign_and_word(pages: dict[str, Document]) -> None:
    """And its tables have headings in both directions, so that a cell can be read by itself."""
    page = one(pages, "runs/mine-20260103")
    cells = [cell for cell in page.with_tag("td") if "data-verdict" in cell]
    assert len(cells) == 3 + 8
    assert {cell["id"] for cell in cells} >= {f"{COUNT}@openai:gpt-4.1-mini", "chat.error.no_key@endpoint:any"}
    assert {heading.get("scope") for heading in page.with_tag("th")} == {"col", "colgroup", "row"}
    assert "✗ deviates1-128 → ignored" in page.text
    assert [line["role"] for line in page.with_tag("p") if "aria-live" in line] == ["status"]


def test_a_matrix_keeps_parameters_of_two_surfaces_apart(tmp_path: Path) -> None:
    """Each has a group of its own, which the filter can choose, whatever the order of the cells."""
    cells = [cell(claim, "conforms") for claim in ("chat.n.count", "responses.n.count", "chat.n.zero")]
    build([save(tmp_path / "run", matrix(*cells))], tmp_path / "site")
    page = Document(next((tmp_path / "site" / "runs").iterdir()).read_text(encoding="utf-8"))
    groups = [fold["data-parameter"] for fold in page.with_tag("details") if "data-parameter" in fold]
    assert groups == ["chat.n", "responses.n"]


def test_undecided_cells_do_not_count_as_support(pages: dict[str, Document]) -> None:
    """Every page says so, and none shows a percentage."""
    for page in pages.values():
        assert "never counted as support" in page.text
        assert "%" not in page.text.replace("{% raw %}", "")


def test_a_cell_shows_all_that_is_known_about_it(pages: dict[str, Document]) -> None:
    """Statement, source, what was seen for each case, evidence with events and times, and how to ask again."""
    page = page_of(pages, COUNT)
    for part in (
        "A request for n choices", "section", "1-128", "supported", "must", "ignored", "Against a must", "blocked",
        "A stream of 2 events", "[DONE]", "Took", "curl -sS -i -X POST", "x-said",
    ):  # fmt: skip
        assert part in page.text, part
    assert "became ✗ deviates" in re.sub(r"\s+", " ", page.text)


def test_a_long_stream_is_shown_from_both_ends() -> None:
    """A fault at its end can be seen, and each event keeps its number."""
    events = [Event(str(number), number) for number in range(1, 101)]
    shown = ends(events)
    assert [number for number, _ in shown] == [*range(1, 31), *range(91, 101)]
    assert all(event.data == str(number) for number, event in shown)
    assert [number for number, _ in ends(events[:40])] == list(range(1, 41))


def test_a_claim_that_the_contract_no_longer_has_is_shown(pages: dict[str, Document]) -> None:
    """From the matrix alone."""
    assert "does not have this claim" in page_of(pages, "chat.gone.claim").text
    assert naming.claim_page("cometapi", "chat.gone.claim") in pages


def test_without_evidence_a_cell_says_so(pages: dict[str, Document]) -> None:
    """Where none was asked for, and where the file is missing."""
    assert "Nothing was asked" in page_of(pages, "chat.error.no_key").text


def test_a_claim_has_the_cells_of_all_runs_and_models(pages: dict[str, Document]) -> None:
    """Side by side, each target with its runs."""
    text = pages[naming.claim_page("cometapi", COUNT)].text
    for part in ("✗ deviates", "? inconclusive", "✓ conforms", "2026-01-01", "2026-01-02", "2026-01-03"):
        assert part in text


def test_claims_of_two_contracts_with_one_id_have_two_pages(tmp_path: Path) -> None:
    """Neither shows the statement or the targets of the other contract."""
    another = {"name": "own", "surfaces": ["chat"], "digest": "d"}
    save(tmp_path / "a", matrix(cell(COUNT, "conforms")))
    save(tmp_path / "b", matrix(cell(COUNT, "deviates"), target="theirs", contract=another))
    build([tmp_path / "a", tmp_path / "b"], tmp_path / "site")
    texts = {path.relative_to(tmp_path / "site").as_posix(): path.read_text(encoding="utf-8")
             for path in (tmp_path / "site").rglob("*.html")}  # fmt: skip
    built_in, theirs = (texts[naming.claim_page(name, COUNT)] for name in ("cometapi", "own"))
    assert "A request for n choices" in built_in
    assert "A request for n choices" not in theirs
    assert "does not have this claim" in theirs
    assert "theirs" not in built_in
    assert "deviates" not in Document(built_in).text.replace("deviates: Against", "")
    (matrix_page,) = (text for path, text in texts.items() if path.startswith("runs/theirs"))
    assert naming.claim_page("own", COUNT) in matrix_page
    assert "A request for n choices" not in matrix_page
    claims = Document(texts["claims.html"])
    assert [link for link in claims.links if link.startswith("claims/")] == [
        naming.claim_page("cometapi", COUNT), naming.claim_page("own", COUNT),
    ]  # fmt: skip
    assert claims.text.count("1 conforms") == claims.text.count("1 deviates") == 1


def test_runs_are_compared_with_the_one_before(pages: dict[str, Document]) -> None:
    """And the newest runs of two targets with each other."""
    compared = [path for path in pages if path.startswith("comparisons/")]
    assert len(compared) == 3
    (last,) = [path for path in compared if "mine-20260103" in path and "from one run to the next" in pages[path].text]
    assert "regressed" in pages[last].text
    assert "1 cell differs" in pages[last].text
    assert sum("side by side" in pages[path].text for path in compared) == 1


def test_a_history_shows_when_cells_changed(pages: dict[str, Document]) -> None:
    """Newest first, with the run that showed it."""
    text = one(pages, "history/mine").text
    assert text.index("2026-01-03 03:14:05") < text.index("2026-01-02 03:14:05")
    assert f"{COUNT}openai:gpt-4.1-mini" in text
    assert "chat.error.no_key" not in text


# ---------------------------------------------------------------- ages, choice, size


@pytest.mark.parametrize(
    ("now", "age"),
    [
        ("2026-01-01T00:30:00", "under an hour"),
        ("2026-01-01T01:00:00", "1 hour"),
        ("2026-01-02T23:00:00", "47 hours"),
        ("2026-01-03T00:00:00", "2 days"),
        ("2026-12-31T00:00:00", "364 days"),
        ("2025-01-01T00:00:00", "under an hour"),
    ],
)
def test_ages_are_words(now: str, age: str) -> None:
    """Hours for two days, days after that."""
    assert words.age(datetime(2026, 1, 1, tzinfo=UTC), datetime.fromisoformat(now).replace(tzinfo=UTC)) == age


def test_one_deviation_of_thousands_is_seen_on_a_bar() -> None:
    """Parts follow each other from the worst to the end of the bar, none too narrow to be seen."""
    counts = {Verdict.DEVIATES: 1, Verdict.BLOCKED: 0, Verdict.CONFORMS: 12_000}
    (worst, first, width), (rest, second, other) = words.bar(counts)
    assert (worst, first, rest, second + other) == (Verdict.DEVIATES, 0, Verdict.CONFORMS, words.BAR)
    assert 0 < second <= width < 2 * words.BAR // 100
    assert words.bar({}) == []


def test_results_older_than_thirty_days_are_marked(runs: list[Path], tmp_path: Path) -> None:
    """By a sign and a word, not by colour alone."""
    build(runs[:1], tmp_path / "old", datetime(2026, 2, 1, tzinfo=UTC))
    text = next((tmp_path / "old" / "runs").iterdir()).read_text(encoding="utf-8")
    assert '<span class="age old"><span aria-hidden="true">⚠</span> 30 days old' in text
    build(runs[:1], tmp_path / "new", datetime(2026, 1, 20, tzinfo=UTC))
    assert "age old" not in next((tmp_path / "new" / "runs").iterdir()).read_text(encoding="utf-8")


def test_a_selection_does_not_hide_the_whole_run(tmp_path: Path) -> None:
    """Cells that it lacks keep their pages, from the newest run that has them."""
    whole = save(tmp_path / "a", night(1, cell(COUNT, "conforms"), cell("chat.n.zero", "conforms")))
    part = save(tmp_path / "b", night(2, cell(COUNT, "deviates"), partial=True))
    reader = Reader()
    (target,) = choose(reader.find([whole, part], print), reader)
    assert [[cell.rpartition("@")[0] for cell in sorted(run.current)] for run in target.leading] == [
        [COUNT],
        ["chat.n.zero"],
    ]


def test_a_long_series_keeps_few_matrix_pages(tmp_path: Path) -> None:
    """Every run is in the history, the newest have a page."""
    for number in range(1, SHOWN + 2):
        moment = {"started": f"2026-03-01T{number // 60:02}:{number % 60:02}:00Z", "ended": "2026-03-02T00:00:00Z"}
        save(tmp_path / "runs" / f"{number}", matrix(cell(COUNT, "conforms"), **moment))
    build([tmp_path / "runs"], tmp_path / "site")
    assert len(list((tmp_path / "site" / "runs").iterdir())) == SHOWN
    assert f"{SHOWN + 1} runs" in next((tmp_path / "site" / "history").iterdir()).read_text(encoding="utf-8")


def test_long_texts_are_cut_with_a_note(tmp_path: Path) -> None:
    """JSON is laid out on several lines only where that changes nothing else."""
    assert cut("x" * 10, 4).cut
    assert not cut("x" * 4, 4).cut
    assert laid_out('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    for text in ('{"a":1,"a":2}', '{"a":1e5}', "[1,", "plain"):
        assert laid_out(text) == text
    long = exchange(text="y" * 9000, sent=request(n=2))
    save(tmp_path / "run", matrix(cell(COUNT, "deviates", evidence=(long.id,))), long)
    build([tmp_path / "run"], tmp_path / "site")
    text = next((tmp_path / "site" / "cells").rglob("*.html")).read_text(encoding="utf-8")
    assert "the first 6000 of 9000 characters" in text
    assert "y" * 6001 not in text


# ---------------------------------------------------------------- many models

MANY = [f"m-{number}" for number in range(9)]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two runs of nine models, in the newer of which one model deviates, with evidence for each cell."""
    root = tmp_path_factory.mktemp("large")
    sent = {model: exchange(text="y" * 5000, sent=request(model=model, n=2)) for model in MANY}
    ids = {model: (sent[model].id,) for model in MANY}
    before = [cell(COUNT, "conforms", model=model, evidence=ids[model]) for model in MANY]
    after = [
        cell(COUNT, "deviates", model=MANY[3], evidence=ids[MANY[3]]) if old.model == MANY[3] else old for old in before
    ]
    others = [cell("chat.n.zero", "noted", model=model) for model in MANY[1:]]
    save(root / "one", night(1, *before, *others))
    save(root / "two", night(2, *after, *others), *sent.values())
    build([root], root / "site")
    return root / "site"


def test_a_large_matrix_is_a_grid_of_signs(large: Path) -> None:
    """Each cell is a word in the column of its model, a model that was not asked included; the row leads to the evidence."""
    text = sorted((large / "runs").iterdir())[-1].read_text(encoding="utf-8")
    table = text[text.index('<table class="matrix grid"') :].partition("</table>")
    page, grid = Document(text), Document(table[0] + table[1])
    columns = [heading["data-model"] for heading in page.with_tag("th") if "data-model" in heading]
    assert columns == [f"openai:{model}" for model in MANY]
    assert [row["id"] for row in page.with_tag("tr") if "id" in row] == [COUNT, "chat.n.zero"]
    signs = [cell.get("class") for cell in grid.with_tag("td")]
    assert signs == [*[None] * 3, "deviates", *[None] * 5, "empty", *["noted"] * 8]
    assert f"../{naming.cells_page(('mine', 'cometapi'), COUNT)}" in page.links


def test_models_with_one_outcome_share_one_part_of_the_page_of_a_claim(large: Path) -> None:
    """The one that deviates comes first; each model has its anchor, and its evidence where there is room."""
    page = Document((large / naming.cells_page(("mine", "cometapi"), COUNT)).read_text(encoding="utf-8"))
    assert page.text.count("Each case") == 0
    assert page.text.count("Documented and seen") == 2
    assert page.text.index("on openai:m-3") < page.text.index("on 8 openai models")
    assert {f"openai:{model}" for model in MANY} <= set(page.ids)
    assert page.text.count("y" * 5000) == len(MANY)


def test_every_link_of_a_large_site_leads_somewhere(large: Path) -> None:
    """Rows stand for the cells of a grid."""
    pages = {path.relative_to(large).as_posix(): Document(path.read_text("utf-8")) for path in large.rglob("*.html")}
    test_every_link_leads_somewhere(pages, large)
    test_every_page_is_whole(pages)


def test_evidence_ends_where_a_page_is_full(large: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each outcome still shows an exchange, and a command tells how to see the others."""
    monkeypatch.setattr("conformance.site.cells.ROOM", 20_000)
    build([large.parent / "two"], tmp_path / "site")
    page = Document((tmp_path / "site" / naming.cells_page(("mine", "cometapi"), COUNT)).read_text(encoding="utf-8"))
    assert page.text.count("y" * 5000) == 3
    assert "Evidence of openai:m-0" in page.text
    assert "The exchanges of 6 more models" in re.sub(r"\s+", " ", page.text)
    assert "conformance explain chat.n.count@openai:m-2 --run RUN_DIRECTORY" in page.text


def test_cells_that_changed_alike_share_a_row_of_a_comparison(tmp_path: Path) -> None:
    """It names each model."""
    for number, verdict in ((1, "conforms"), (2, "deviates")):
        cells = [cell(COUNT, verdict, model=model) for model in MANY]
        save(tmp_path / "runs" / verdict, night(number, *cells))
    build([tmp_path / "runs"], tmp_path / "site")
    page = Document(next((tmp_path / "site" / "comparisons").iterdir()).read_text(encoding="utf-8"))
    assert "9 cells differ" in page.text
    assert page.text.count("regressed") == 1
    assert ", ".join(f"openai:{model}" for model in MANY) in page.text


def test_a_long_list_of_problems_is_folded_and_ends_with_a_count(tmp_path: Path) -> None:
    """The first ones are in full sight, and the filter finds those that are not listed."""
    cells = [cell(f"chat.n.claim_{number}", "deviates") for number in range(LISTED + 2)]
    build([save(tmp_path / "run", matrix(*cells))], tmp_path / "site")
    text = next((tmp_path / "site" / "runs").iterdir()).read_text(encoding="utf-8")
    shown = Document(text).text
    assert f"What is not in order: {LISTED + 2} problems" in shown
    assert f"{LISTED + 2 - OPEN} more problems" in shown
    assert "2 more problems: choose a verdict below" in shown
    folded = text.index('<details class="box"')
    assert text.index(f'id="problem-{OPEN}"') < folded < text.index(f'id="problem-{OPEN + 1}"')


# ---------------------------------------------------------------- directories


def test_pages_of_an_earlier_build_are_removed(runs: list[Path], tmp_path: Path) -> None:
    """Files that the site did not write stay."""
    build(runs, tmp_path / "site")
    other = tmp_path / "site" / "CNAME"
    other.write_text("kept", encoding="utf-8")
    build(runs[:1], tmp_path / "site")
    assert len(list((tmp_path / "site" / "runs").iterdir())) == 1
    assert other.read_text(encoding="utf-8") == "kept"


def test_a_directory_with_other_files_is_refused(runs: list[Path], tmp_path: Path) -> None:
    """The message says what to do instead."""
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="must be empty or hold an earlier site"):
        build(runs, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_invalid_matrix_is_refused_before_anything_is_written(runs: list[Path], tmp_path: Path) -> None:
    """Neither text that is not JSON passes, nor JSON against the schema, also where a row like it was valid before."""
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="must be a matrix"):
        build([runs[0], broken], tmp_path / "site")
    document = matrix(cell(COUNT, "conforms"), cell(COUNT, "conforms")).document()
    document["cells"][1]["verdict"] = "splendid"
    broken.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match=r"cells\.1\.verdict|splendid"):
        build([runs[0], broken], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_an_unfinished_site_can_be_built_again(tmp_path: Path) -> None:
    """Unreadable evidence ends a build; without it the next build uses the same directory."""
    shown = exchange(sent=request(n=2))
    run = save(tmp_path / "run", matrix(cell(COUNT, "deviates", evidence=(shown.id,))), shown)
    (run / EVIDENCE_FILE).write_text("no evidence", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read as evidence"):
        build([run], tmp_path / "site")
    (run / EVIDENCE_FILE).unlink()
    build([run], tmp_path / "site")
    text = next((tmp_path / "site" / "cells").rglob("*.html")).read_text(encoding="utf-8")
    assert "There is no evidence.ndjson in the folder of the matrix" in text


def test_an_impossible_time_is_refused(tmp_path: Path) -> None:
    """The schema checks the form of a time, not the calendar."""
    run = save(tmp_path / "run", matrix(cell(COUNT, "conforms"), ended="2026-13-45T00:00:00Z"))
    with pytest.raises(UsageError, match=r"run\.ended must be a date and time"):
        build([run], tmp_path / "site")


def test_a_directory_that_cannot_be_written_is_a_usage_error(runs: list[Path], tmp_path: Path) -> None:
    """The message says what to do next."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot be made: .*; give another directory"):
        build(runs, tmp_path / "file" / "site")


def test_a_run_without_cells_has_its_pages(tmp_path: Path) -> None:
    """They say that it has none."""
    models = [
        {
            "column": "openai",
            "id": "m",
            "class": "chat",
            "echoed": None,
            "fingerprint": None,
            "blocked": None,
            "exit_code": 0,
        }
    ]
    build([save(tmp_path / "run", matrix(models=models))], tmp_path / "site")
    assert "nothing" in Document((tmp_path / "site" / "index.html").read_text(encoding="utf-8")).text
