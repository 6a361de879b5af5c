"""Text from outside in Markdown: a reader sees it as it was, whatever it holds, and nobody is called by it."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.render.escaping import markdown, one_line

markdown_it = pytest.importorskip("markdown_it", reason="Markdown is rendered by markdown-it-py (pip)")
RENDER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"]).render
PIECES = [
    "~~",
    "**",
    "__",
    "`",
    "```",
    "|",
    "\\",
    "<b>",
    "<!--",
    "-->",
    "](x)",
    "![",
    "&lt;",
    "&amp;",
    "@a",
    "#1",
    " ",
    "a",
    "www.",
]


def seen(text: str) -> str:
    """What a reader sees in the cell of a table that holds this Markdown."""
    [_, cell] = re.findall(r"<t[hd]>(.*)</t[hd]>", RENDER(f"| head |\n|---|\n| {text} |\n"))
    return html.unescape(re.sub(r"<!-- -->", "", str(cell)))


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text())
def test_text_in_a_table_is_seen_as_it_was(text: str) -> None:
    """No letter is markup, and none is lost."""
    assert seen(markdown(text)) == one_line(text)


@pytest.mark.parametrize("text", ["@team", "thanks, @org/team", "(@team)", "see #17", "#17", "org/repo#17"])
def test_nobody_is_called_and_nothing_is_linked(text: str) -> None:
    """In a comment GitHub reads names and numbers in the finished text, where a backslash is gone."""
    assert not re.search(r"@\w|#\d", re.sub(r"<[^!][^>]*>", "", RENDER(markdown(text))))


def test_a_cell_keeps_its_name() -> None:
    """An @ between two letters mentions nobody."""
    assert markdown("chat.n.count@openai:m") == "chat.n.count@openai:m"
