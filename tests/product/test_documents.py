"""The pages of the project: their links resolve, and the glossary holds the terms of the code."""

import re
from pathlib import Path

import click

from conformance.base.observation import Seen
from conformance.cli import cli
from conformance.contract.claims import Level
from conformance.trial.judge import Verdict
from tests.support.documented import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "reports" / "README.md"]
GLOSSARY = ROOT / "docs" / "glossary.md"
MOST_TERMS = 40  # a glossary that takes longer than five minutes to read is not read
_LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#\s]*)(?:#(?P<heading>[^)\s]+))?\)")
_CALL = re.compile(r"\bconformance (?P<name>[a-z]+)(?P<rest>(?:[^\n`|;&>#]|\\\n)*)")
_OF_PYTEST = {"--alluredir", "--junitxml", "--tx"}  # options that `conformance run` passes to pytest
_TERM = re.compile(r"^\| \*\*(?P<term>[a-z ]+)\*\* \| (?P<meaning>[^|]+) \| (?P<more>[^|]+) \|$", re.M)


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> list[str]:
    """Return the links of a page to files or headings that do not exist."""
    faults = []
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        file = page.parent / link["target"] if link["target"] else page
        if not file.exists() or (link["heading"] and link["heading"] not in headings(file)):
            faults.append(f"{page.relative_to(ROOT)}: {link[0]}")
    return faults


def test_links_resolve() -> None:
    """Every file and every heading that a page links to exists."""
    assert [fault for page in PAGES for fault in broken(page)] == []


def unknown(page: Path) -> list[str]:
    """Return the commands and options of ours in a page that do not exist."""
    faults = []
    for call in _CALL.finditer(page.read_text(encoding="utf-8")):
        command = cli.commands.get(call["name"])
        options = [option for option in command.params if isinstance(option, click.Option)] if command else []
        known = {name for option in options for name in (*option.opts, *option.secondary_opts)} | _OF_PYTEST
        if command is None or set(re.findall(r"(?<!\S)--[a-z][a-z-]*", call["rest"])) - known:
            faults.append(f"{page.relative_to(ROOT)}: {call[0]}")
    return faults


def test_commands_and_options_exist() -> None:
    """Every command and option that a page names is one of the command line."""
    assert [fault for page in PAGES for fault in unknown(page)] == []


def test_every_page_is_linked_from_the_readme() -> None:
    """A page that the README does not name would not be found."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name})" not in text] == []


def test_the_glossary_has_every_word_of_a_result_and_few_others() -> None:
    """Each observation, verdict and level is explained once, with a link, among at most 40 terms of two sentences."""
    text = GLOSSARY.read_text(encoding="utf-8")
    terms = [row["term"] for row in _TERM.finditer(text)]
    assert len(terms) == text.count("\n| **"), "every row must be | **term** | meaning | [page](link) |"
    assert len(set(terms)) == len(terms) <= MOST_TERMS
    assert {*Seen, *Verdict, *Level} <= set(terms)
    for row in _TERM.finditer(text):
        assert len(re.findall(r"[.?](?= |$)", row["meaning"])) <= 2, (
            f"{row['term']}: must be one or two plain sentences"
        )
        assert _LINK.fullmatch(row["more"][row["more"].index("]") :]), (
            f"{row['term']}: must link to the page that says more"
        )


def test_the_glossary_is_found() -> None:
    """The pages that use its terms first link to it."""
    for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/verdicts.md", "docs/contract.md"):
        assert "glossary.md" in (ROOT / page).read_text(encoding="utf-8"), page
