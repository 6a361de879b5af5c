"""Files from outside: TOML, matrices, evidence and the state of a watch are read, or refused in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import ConformanceError
from conformance.contract import loading as contracts
from conformance.contract.docs import pages
from conformance.contract.docs.comparison import compare
from conformance.evidence import recording
from conformance.evidence.replay import earlier_run
from conformance.results import expectations, reading
from conformance.target import targets
from conformance.watch import state
from tests.support import making, outside
from tests.support.making import recorded_facts
from tests.support.matrices import matrix, of_all_verdicts
from tests.support.outside import TEXT, tried

MODEL = {"column": "openai", "id": "m", "class": "chat", "prompt_price": 1, "completion_price": 2}
SETTINGS = {"profile": "smoke", "budget": 1, "samples": 2, "share": 0.5, "claims": ["chat.*"]}
TARGET = {
    "schema": 1,
    "name": "mine",
    "title": "Mine",
    "base_url": "http://a/v1",
    "contract": "cometapi",
    "timeout": 1,
    "api_key_env": "A",
    "headers": {"X-Team": "qa"},
    "models": [MODEL],
    "run": SETTINGS,
    "surfaces": ["chat"],
}
EXPECTED = {"cell": "chat.n.*", "observed": "ignored", "reason": "known", "owner": "us", "expires": "2027-01-01"}
EXPECTATIONS = {"schema": 1, "contract": "cometapi", "expected": [EXPECTED]}
CLAIM = {"id": "chat.roles.x", "statement": "It is.", "source": "roles", "says": "refused", "level": "must"}
CONTRACT = {
    "schema": 2,
    "contract": "mine",
    "title": "Mine",
    "surface": "chat",
    "path": "/chat/completions",
    "claims": [CLAIM],
    "columns": {"openai": {"title": "OpenAI", "plain": "chat"}},
    "classes": {"chat": {"column": "openai", "title": "all models", "patterns": []}},
    "traits": {"chat": {"cap": "max_tokens", "room": 1, "sampling": True}},
    "sources": {"roles": {"page": "Chat", "url": "https://a.example/", "section": "Roles", "read": "2026-11-01"}},
    "parameters": {"roles": {"type": "object", "documented": "system, user, assistant"}},
}
MATRIX = matrix(*of_all_verdicts()).document()
WATCH: dict[str, Any] = {
    "schema": 1,
    "target": "mine",
    "contract": "cometapi",
    "night": 3,
    "asked": {"openai:m": {"chat.n.count": 1}},
    "against": {},
    "again": [],
    "untold": {"webhook": []},
    "worse": 0,
    "better": 0,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files each input writes anew."""
    return tmp_path_factory.mktemp("outside")


def toml(value: Any) -> str:
    """Return a value in TOML, or what is none where TOML has no such value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(part)}" for key, part in value.items()) + "}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def read(reader: Callable[[], Any], path: Path, content: str) -> None:
    """Write a file and read it; what is wrong with it is a sentence with its name."""
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    said: ConformanceError | None = None
    try:
        reader()
    except ConformanceError as error:
        said = error
    assert said is None or (said.exit_code in (2, 3) and len(str(said).splitlines()) == 1), said


READERS: dict[str, tuple[dict[str, Any], Callable[[Path], Any]]] = {
    "target": (TARGET, lambda path: targets.load(str(path))),
    "expectations": (EXPECTATIONS, lambda path: expectations.load(path, "cometapi")),
    "contract": (CONTRACT, lambda path: contracts.load(str(path))),
}


@pytest.mark.parametrize("kind", READERS)
@tried(80)
@given(st.data())
def test_any_toml_is_read_or_a_sentence(kind: str, folder: Path, data: st.DataObject) -> None:
    """Values of any type at any place, and lines that are no TOML."""
    document, reader = READERS[kind]
    changed = data.draw(outside.mutated(document))
    lines = (
        [f"{json.dumps(key)} = {toml(value)}" for key, value in changed.items()] if isinstance(changed, dict) else []
    )
    lines += [data.draw(TEXT)] if data.draw(st.integers(0, 5)) == 0 else []
    path = folder / f"{kind}.toml"
    read(lambda: reader(path), path, "\n".join(lines))


@tried(80)
@given(st.data())
def test_any_matrix_is_read_or_a_sentence(folder: Path, data: st.DataObject) -> None:
    """The one file of a run that every command reads."""
    path = folder / reading.MATRIX
    read(lambda: reading.read(path), path, data.draw(outside.mutated_text(json.dumps(MATRIX))))


@tried(80)
@given(st.data())
def test_any_state_of_a_watch_is_read_or_a_sentence(folder: Path, data: st.DataObject) -> None:
    """With no matrix beside it."""
    (beside := folder / "watch").mkdir(exist_ok=True)
    text = data.draw(outside.mutated_text(json.dumps(WATCH)))
    read(lambda: state.load(beside, "mine", "cometapi"), beside / state.FILE, text)


@tried(100)
@given(st.data())
def test_any_evidence_is_read_or_a_sentence(folder: Path, data: st.DataObject) -> None:
    """Its facts, and each of its lines."""
    (beside := folder / "run").mkdir(exist_ok=True)
    first = json.dumps({"schema": recording.VERSION, **recorded_facts()})
    rows = [json.dumps(each.document()) for each in outside.seeds("chat")[:2]]
    lines = [first, *rows]
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = data.draw(outside.mutated_text(lines[place]))

    def everything() -> None:
        found = earlier_run(beside, resumed=False)
        assert found.facts
        for exchange in recording.read(beside):
            assert exchange.id

    read(everything, beside / recording.EVIDENCE_FILE, "\n".join(lines) + "\n")


CELL = st.sampled_from(
    [
        "| Parameter | OpenAI | Claude | Gemini |",
        "|---|---|---|---|",
        "n",
        "OpenAI",
        "`temperature`",
        "|",
        "✅",
        "0 to 2",
    ]
)
NUMBER = st.sampled_from(
    ["up to 4", "-1e9", "9" * 5000, "1-128", "2 to 0", "≥ 1", "most.", "０〜２", "maximum", "o-series", "\t", "-"]
)
LINES = st.lists(CELL | NUMBER | TEXT, max_size=12).flatmap(
    lambda parts: st.lists(st.sampled_from(["\n", " ", " | ", "\n\n"]), min_size=len(parts), max_size=len(parts)).map(
        lambda ends: "".join(part + end for part, end in zip(parts, ends, strict=True))
    )
)


@tried(80)
@given(LINES)
def test_any_page_of_documentation_is_read_and_compared(text: str) -> None:
    """Tables that are none, ranges that are upside down, numbers of any length."""
    known = making.contract()
    assert str(compare(pages.read("page", text, {**known.columns, "untitled": " "}), known))
