"""The static site in a browser: opened from disk, filtered, linked into, by keyboard, on a phone, dark and light, attacked.

Needs the Python package playwright and a Chromium; axe-core comes from npm.  What is missing skips what needs it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.contract.claims import Level, Says
from conformance.evidence.recording import EVIDENCE_FILE, Recorder
from conformance.http.exchange import Exchange, Request
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix
from conformance.site import naming
from conformance.site.building import build
from conformance.trial.judge import Verdict
from tests.support import driving, matrices, npm
from tests.support.making import recorded_facts

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

REPORTS = Path(__file__).parents[2] / "reports"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
ATTACK = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>{{ 7*7 }}{% raw %}\"' onclick=x"
)
AXE = "async () => (await axe.run(document, {resultTypes: ['violations'], preload: false})).violations.map((each) =>"
AXE += " ({id: each.id, impact: each.impact, nodes: each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))}))"
PATIENCE = 120.0  # seconds for what is done on a page; a page that waits longer is broken
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def hostile() -> tuple[Matrix, list[Exchange]]:
    """A matrix in which everything that a server may say is an attack, and two exchanges that are, one of them a stream."""
    request = Request.post("/chat/completions", {"n": 2}, surface="chat", model="openai:m")
    reply = Exchange(request, 0, 0, 200, (("x", ATTACK),), ATTACK, None, "", 1.8e9, 0.1, 0.2, 0)
    kind = (("content-type", "text/event-stream"),)
    streamed = replace(reply, sample=1, headers=kind, text=f"data: {ATTACK}\n\n{ATTACK}\n\ndata: [DONE]\n\n")
    facts: dict[str, Any] = {
        "suite_version": "0", "target": ATTACK, "base_url": ATTACK, "api_key_env": None, "target_version": ATTACK,
        "contract": {"name": ATTACK, "surfaces": ["chat"], "digest": ATTACK}, "mode": "live",
        "models": [{"column": ATTACK, "id": ATTACK, "class": ATTACK, "echoed": ATTACK, "fingerprint": ATTACK, "blocked": ATTACK,
                    "exit_code": 0}],
        "started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:06Z", "planned": 1, "reported": 1, "requests": 3,
        "partial": False, "stopped": False,
    }  # fmt: skip
    cell = Cell(
        "chat.n.count", ATTACK, ATTACK, ATTACK, Says.SUPPORTED, Level.MUST, Seen.IGNORED, ATTACK, Verdict.DEVIATES, ATTACK,
        (reply.id, streamed.id), {Verdict.DEVIATES: 2}, {ATTACK: Seen.IGNORED, "2": Seen.IGNORED},
    )  # fmt: skip
    return Matrix(RunFacts.from_document(facts), (cell,)), [reply, streamed]


def large() -> Matrix:
    """A matrix of thirty models, of which two deviate in one claim."""
    models = [(column, f"m-{number}") for column in ("openai", "claude", "gemini") for number in range(10)]
    claims = ("chat.n.count", "chat.n.zero", "chat.stop.array", "chat.temperature.range")
    against = {("chat.n.zero", "openai", "m-4"), ("chat.n.zero", "claude", "m-7")}
    cells = [
        matrices.cell(claim, "deviates" if (claim, *model) in against else "conforms", column=model[0], model=model[1])
        for claim in claims
        for model in models
    ]
    return matrices.matrix(*cells, target="large")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published reports, one of them a second time with another verdict, and the attack."""
    root = tmp_path_factory.mktemp("site")
    matrix, exchanges = hostile()
    with Recorder(root / "attack" / EVIDENCE_FILE, recorded_facts()) as recorder:
        for each in exchanges:
            recorder(each)
    (root / "attack" / "matrix.json").write_text(json.dumps(matrix.document()), encoding="utf-8")
    later = json.loads((REPORTS / "llama.cpp-b11549" / "matrix.json").read_text(encoding="utf-8"))
    later["run"] |= {"started": "2027-02-01T00:00:00Z", "ended": "2027-02-01T00:01:00Z"}
    fixed = next(each for each in later["cells"] if each["verdict"] == "deviates")
    fixed |= {"verdict": "conforms", "observed": "refused", "counts": {"conforms": 1}}
    (root / "later.json").write_text(json.dumps(later), encoding="utf-8")
    (root / "large.json").write_text(json.dumps(large().document()), encoding="utf-8")
    published = [REPORTS / "aimock-1.43.0", REPORTS / "llama.cpp-b11549"]
    build([*published, root / "attack", root / "later.json", root / "large.json"], root / "out")
    return root / "out"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, timeout=driving.TIMEOUT * 1000, args=QUIET.split())
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page of the site; at the end nothing may have been complained of, asked elsewhere, or popped up."""
    contexts, wrong = [], []

    def at(path: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda said: wrong.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else wrong.append(sent.url))
        page.goto(f"{site.as_uri()}/{path}")
        return page

    yield at
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    source = npm.package("axe-core@4", tmp_path_factory.mktemp("axe")) / "axe-core" / "axe.min.js"
    return source.read_text(encoding="utf-8")


def found(site: Path, start: str) -> str:
    """The path of the first page that begins so."""
    pages = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return min(each for each in pages if each.startswith(start))


def kinds(site: Path) -> list[str]:
    """One page of each kind, and the attack."""
    cells = "cells/" + naming.slug(ATTACK, ATTACK)
    starts = (
        "index",
        "claims.html",
        "runs/aimock",
        "runs/xllama",
        "runs/large",
        "cells/aimock",
        "cells/large",
        "claims/chat-n-zero",
        cells,
        "claims/chat-n-",
        "comparisons/",
        "history/xllama",
    )
    return [found(site, each) for each in starts]  # fmt: skip


def comparison(site: Path) -> str:
    """The path of a comparison in which something differs."""
    pages = sorted((site / "comparisons").glob("*.html"))
    return next(each.relative_to(site).as_posix() for each in pages if 'class="plain sides"' in each.read_text("utf-8"))


def rows(page: Any) -> int:
    return int(page.locator("tr.claim:visible").count())


# ---------------------------------------------------------------- reading


def test_a_matrix_is_filtered(visit: Callable[..., Any], site: Path) -> None:
    """By verdict, model, parameter and words, each told in one sentence, and all is shown again."""
    page = visit(found(site, "runs/aimock"))
    everything, parameters = page.locator("tr.claim").count(), page.locator("details.parameter").count()
    told = page.locator("#found")
    assert told.inner_text() == f"{everything} claims about {parameters} parameters; open one to see its rows."
    assert rows(page) == 0
    page.get_by_label("deviates").check()
    deviating = page.locator("td[data-verdict=deviates]:visible").count()
    assert told.inner_text() == f"{deviating} cells in {rows(page)} of {everything} claims."
    assert 0 < rows(page) < everything
    page.get_by_label("Model", exact=True).select_option(label="claude claude-sonnet-4-5")
    assert page.locator("td[data-verdict]:visible:not([data-verdict=deviates])").count() == 0
    assert page.locator(".matrix thead th:visible").all_inner_texts()[:3] == ["Claim", "claude", "claude-sonnet-4-5"]
    page.get_by_label("deviates").uncheck()
    page.get_by_label("Parameter").select_option("chat.temperature")
    assert {text.split(".")[1] for text in page.locator("tr.claim:visible th a").all_inner_texts()} == {"temperature"}
    page.get_by_label("Search", exact=True).fill("no such words")
    assert told.inner_text() == "No cell matches. Press Show all to start again."
    page.get_by_role("button", name="Show all").click()
    assert rows(page) == 0
    assert page.locator("details.parameter:visible").count() == parameters
    page.get_by_label("Search", exact=True).fill("SCHEMA refused")
    assert 0 < rows(page) < 20
    page.get_by_label("Search", exact=True).fill("")
    page.get_by_label("more than documented").check()
    assert 0 < page.locator("td[data-wider]:visible").count() < 20
    assert page.locator("td[data-verdict]:visible:not([data-wider], .fades)").count() == 0


def test_a_filter_can_be_passed_on(visit: Callable[..., Any], site: Path) -> None:
    """It stands in the address, and is there again after a reload and on the way back from a cell."""
    page = visit(found(site, "runs/aimock"))
    page.get_by_label("differs").check()
    shown = rows(page)
    page.reload()
    assert page.get_by_label("differs").is_checked()
    assert rows(page) == shown
    page.locator("td[data-verdict]:visible a").first.click()
    page.wait_for_url("**/cells/**")
    page.go_back()
    assert rows(page) == shown


def test_a_count_leads_to_the_cells_it_counts(visit: Callable[..., Any]) -> None:
    """From the first page to a filtered matrix."""
    page = visit("index.html")
    link = page.locator("a:has(.verdict.deviates)").first
    count = int(link.locator("b").inner_text())
    link.click()
    page.wait_for_url("**/runs/**")
    assert page.locator("td[data-verdict=deviates]:visible").count() == count


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_a_cell_and_its_place_in_the_matrix_lead_to_each_other(
    visit: Callable[..., Any], site: Path, viewport: dict[str, int]
) -> None:
    """The place is in sight and not below a heading, also where a filter would hide it."""
    page = visit(found(site, "runs/aimock"), viewport=viewport)
    page.locator("#chat\\.temperature").evaluate("table => table.closest('details').open = true")
    link = page.locator("td[data-verdict=deviates]:visible a").nth(1)
    name = link.locator("xpath=ancestor::td").get_attribute("id")
    link.click()
    page.wait_for_url("**/cells/**")
    assert page.locator("h1").inner_text().startswith(name.partition("@")[0])
    page.locator("li:target a").click()
    page.wait_for_url("**/runs/**")
    check = (
        "name => { const cell = document.getElementById(name); const at = cell.getBoundingClientRect(); const link ="
    )
    check += " cell.querySelector('a').getBoundingClientRect(); const top = document.elementFromPoint(link.x + 4, link.y + 4);"
    check += " return cell.matches(':target') && at.top >= 0 && at.bottom <= innerHeight && cell.contains(top); }"
    page.wait_for_function(check, arg=name)
    page.goto(f"{page.url.partition('#')[0]}?verdict=conforms#{name}")
    page.wait_for_function(check, arg=name)


def test_a_grid_is_filtered_to_what_deviates(visit: Callable[..., Any], site: Path) -> None:
    """Rows and columns without a deviation are hidden; each cell that is left leads to its model on the page of the claim."""
    page = visit(found(site, "runs/large"))
    assert (page.locator("tr.claim").count(), page.locator("#chat\\.n thead .name").count()) == (4, 30)
    page.get_by_label("deviates").check()
    assert (rows(page), page.locator(".grid thead .name:visible").count()) == (1, 2)
    assert page.locator("#found").inner_text() == "2 cells in 1 of 4 claims."
    assert page.locator("thead .provider:visible").all_inner_texts() == ["openai", "claude"]
    page.locator(".grid td.deviates:visible").nth(1).click()
    page.wait_for_url("**/cells/**#claude:m-7")
    page.go_back()
    assert rows(page) == 1
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Model", exact=True).select_option(label="gemini m-2")
    assert (rows(page), page.locator(".grid tbody td:visible").count()) == (4, 4)


def test_a_cell_of_a_grid_is_found_by_its_address_and_left_by_keyboard(visit: Callable[..., Any], site: Path) -> None:
    """Although only rows have an id; arrow keys lead on from there."""
    page = visit(found(site, "runs/large") + "#chat.n.zero@claude:m-7")
    assert page.evaluate("document.activeElement.title") == "chat.n.zero on m-7: deviates"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.title") == "chat.n.count on m-8: conforms"
    page.keyboard.press("Enter")
    page.wait_for_url("**/cells/**#claude:m-8")


def test_a_grid_reads_without_script(visit: Callable[..., Any], site: Path) -> None:
    """Each claim leads to its page, where each model leads back to the row."""
    page = visit(found(site, "runs/large"), java_script_enabled=False)
    assert page.locator("table.grid td").count() == 4 * 30
    page.locator("summary").filter(has_text="n, worst: deviates").click()
    page.get_by_role("link", name="chat.n.zero", exact=True).click()
    page.wait_for_url("**/cells/**")
    page.get_by_role("link", name="claude:m-7").click()
    page.wait_for_url("**/runs/large**#chat.n.zero")


def test_targets_and_runs_are_compared(visit: Callable[..., Any]) -> None:
    """From the first page to two targets side by side, and by way of a history to two runs."""
    page = visit("index.html")
    page.locator("#comparisons + details a").first.click()
    page.wait_for_url("**/comparisons/**")
    assert page.locator("table.sides tbody tr").count() > 5
    page.get_by_role("link", name="Conformance").click()
    page.get_by_role("link", name="History of xllamacpp").click()
    page.get_by_role("link", name="compare the run").click()
    page.wait_for_url("**/comparisons/**")
    assert page.locator("table.sides tbody tr").count() == 1
    assert "fixed" in page.locator("table.sides tbody tr").inner_text()


def test_claims_are_found_from_every_page(visit: Callable[..., Any], site: Path) -> None:
    """By words of the id and the statement, and by keyboard alone."""
    for start in ("index", "cells/aimock", "history/xllama"):
        page = visit(found(site, start))
        page.get_by_label("Search claims").fill("chat.n. choices")
        page.locator(".hits a", has_text="chat.n.count").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/claims/chat-n-**")


def test_only_what_differs_is_shown_of_the_chosen_targets(visit: Callable[..., Any]) -> None:
    """Rows that are alike are hidden, and so are the columns of a target that is not chosen."""
    page = visit("index.html")
    squares = page.locator("details[open] .sides-of-targets td.square:visible")
    every, parameters = squares.count(), page.locator("details[open] .sides-of-targets tbody tr:visible").count()
    page.get_by_label("only what differs").check()
    assert 0 < page.locator("details[open] .sides-of-targets tbody tr:visible").count() < parameters
    page.get_by_label("only what differs").uncheck()
    page.get_by_text("Choose targets").click()
    page.get_by_role("checkbox", name="xllamacpp").uncheck()
    assert 0 < squares.count() < every


def test_the_keyboard_is_enough(visit: Callable[..., Any], site: Path) -> None:
    """Skip link, filter, arrow keys from cell to cell, a cell opened; what has the focus can be seen."""
    page = visit(found(site, "runs/aimock"))
    press, focused = page.keyboard.press, lambda: page.evaluate("document.activeElement.textContent.trim()")
    press("Tab")
    assert focused() == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("link", name="Every claim").focus()
    press("Enter")
    for _ in range(5):
        press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("temperature")
    page.locator("td[data-verdict]:visible a").first.focus()
    start = page.evaluate("document.activeElement.closest('td').id")
    press("ArrowRight")
    press("ArrowDown")
    moved = page.evaluate("document.activeElement.closest('td').id")
    assert moved.partition("@")[2] != start.partition("@")[2]
    assert moved.partition("@")[0] != start.partition("@")[0]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("ArrowLeft")
    press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('td').id") == start
    press("Enter")
    page.wait_for_url("**/cells/**")


def test_without_script_everything_reads(visit: Callable[..., Any], site: Path) -> None:
    """All claims are there, and no control that would do nothing."""
    page = visit(found(site, "runs/aimock"), java_script_enabled=False)
    assert page.get_by_label("Search", exact=True).is_hidden()
    for summary in page.locator("details.parameter > summary").all():
        summary.click()
    assert rows(page) > 200
    assert page.locator("td[data-verdict=deviates] a").first.is_visible()


# ---------------------------------------------------------------- looks


def test_nothing_is_wider_than_a_phone(visit: Callable[..., Any], site: Path) -> None:
    """Pages fit; what is wide scrolls in a region of its own; what is compared is side by side; each cell names its model."""
    for path in kinds(site):
        page = visit(path, viewport=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    page = visit(comparison(site), viewport=PHONE)
    sides = page.locator("table.sides tbody tr").first.locator("td").all()
    assert all(each.bounding_box()["x"] + each.bounding_box()["width"] <= PHONE["width"] for each in sides)
    assert len({each.bounding_box()["y"] for each in sides[-2:]}) == 1
    page = visit(found(site, "runs/aimock"), viewport=PHONE)
    page.locator("details.parameter > summary").first.click()
    assert page.locator("td[data-verdict] > i:visible").first.inner_text() == "openai gpt-4o"


@pytest.mark.parametrize(("viewport", "most"), [(WIDE, 6_000), (PHONE, 15_000)])
def test_a_run_is_read_in_a_few_screens(
    visit: Callable[..., Any], site: Path, viewport: dict[str, int], most: int
) -> None:
    """Before anything is opened, also where much is not in order; a square leads to its rows."""
    page = visit(found(site, "runs/aimock"), viewport=viewport)
    assert page.evaluate("document.documentElement.scrollHeight") < most
    assert page.locator(".standing li").last.bounding_box()["y"] < viewport["height"]
    page.locator(".squares th a", has_text="temperature").click()
    page.wait_for_function("document.getElementById('chat.temperature').offsetParent !== null")
    assert page.locator("#chat\\.temperature tr.claim:visible").count() > 5


def test_light_and_dark_follow_the_reader(visit: Callable[..., Any], site: Path) -> None:
    """Dark text on light, light text on dark."""
    sums = {}
    for scheme in ("light", "dark"):
        page = visit(found(site, "runs/aimock"), color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        sums[scheme] = sum(map(int, colour.strip("rgb()").split(",")))
    assert sums["dark"] < 150
    assert sums["light"] > 600


def test_headings_stay_in_sight(visit: Callable[..., Any], site: Path) -> None:
    """However far down, the names of the models stand above their columns."""
    page = visit(found(site, "runs/aimock") + "?parameter=chat.messages")
    page.locator("#chat\\.messages tr.claim").nth(20).evaluate("row => row.scrollIntoView({block: 'center'})")
    box = page.locator("#chat\\.messages thead .name").first.bounding_box()
    assert 0 <= box["y"] < 100


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(visit: Callable[..., Any], site: Path, axe: str, look: str) -> None:
    """On a page of each kind, with a filter set where there is one."""
    options = {"viewport": PHONE} if look == "phone" else {"color_scheme": look}
    for path in kinds(site):
        page = visit(f"{path}?verdict=deviates", **options)
        page.evaluate(axe)
        serious = [each for each in page.evaluate(AXE) if each["impact"] in {"serious", "critical"}]
        assert serious == [], path


# ---------------------------------------------------------------- attacks


def test_an_answer_full_of_script_does_nothing(visit: Callable[..., Any], site: Path) -> None:
    """It is text on every page that shows it: no element of its making, no dialog, nothing complained of."""
    for start in (
        "index",
        "runs/script",
        "cells/" + naming.slug(ATTACK, ATTACK),
        naming.claim_page(ATTACK, "chat.n.count"),
        "history/script",
    ):
        page = visit(found(site, start))
        assert page.locator("img, svg:not(.bar, .days, .limits), body script").count() == 0
        assert "onerror=alert(2)" in page.locator("body").inner_text()
        assert "{{ 7*7 }}" in page.locator("body").inner_text()


def test_the_policy_stops_what_escaping_would_have_missed(
    visit: Callable[..., Any], site: Path, tmp_path: Path
) -> None:
    """A page with the attack put in unescaped still runs nothing."""
    shutil.copytree(site, tmp_path / "site")
    broken = tmp_path / "site" / "index.html"
    text = broken.read_text(encoding="utf-8").replace(
        "</main>", f"{ATTACK}<script>document.title = 'owned'</script></main>"
    )
    broken.write_text(text, encoding="utf-8")
    page = visit("index.html").context.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(broken.as_uri())
    assert page.title() == "Conformance: targets"
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderStyle") == "solid"
