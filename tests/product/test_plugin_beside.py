"""The plugin in a pytest session that is not about the suite, and in one that brings tests of its own for claims."""

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import driving
from tests.support.driving import Done

UNRELATED = """\
import pytest

@pytest.mark.parametrize("case", [1, 2])
def test_case(case):
    assert case

@pytest.fixture
def ask():
    return "mine"

def test_ask(ask):
    assert ask == "mine"

def test_wrong():
    assert 1 == 2
"""

ASKING = '''\
import pytest
from conformance.base.observation import honoured

@pytest.mark.claim("chat.n.one")
async def test_mine(case, ask{more}):
    """Asks once."""
    reply = await ask(case.request(n=1))
    return honoured("one") if reply.ok else reply.refusal()
'''


@pytest.mark.parametrize("more", driving.ALONE_OR_SPREAD)
def test_other_tests_are_left_alone(tmp_path: Path, more: tuple[str, ...]) -> None:
    """Unrelated tests run as ever: no header, no key needed, no files, fixtures of the same names untouched."""
    (tmp_path / "test_unrelated.py").write_text(UNRELATED, encoding="utf-8")
    done = driving.python("-m", "pytest", *more, cwd=tmp_path)
    assert done.code == 1, done.said
    assert "1 failed, 3 passed" in done.said
    assert "conformance:" not in done.said
    assert not (tmp_path / "reports").exists()


def test_other_tests_import_nothing_of_ours(tmp_path: Path) -> None:
    """For unrelated tests no more is imported than the plugin itself; httpx, jsonschema and rich are not."""
    program = (
        "def test_imports():\n    import sys\n    heavy = {'httpx', 'jsonschema', 'rich', 'conformance.run.session'}\n"
    )
    (tmp_path / "test_light.py").write_text(f"{program}    assert not heavy & set(sys.modules)\n", encoding="utf-8")
    done = driving.python("-m", "pytest", "-q", "-p", "no:hypothesispytest", cwd=tmp_path)
    assert done.code == 0, done.said


def test_a_bad_setting_is_told_by_plain_pytest(tmp_path: Path) -> None:
    """Under plain pytest a mistake in the options is pytest's usage error, with the same sentence."""
    chosen = ["--pyargs", "conformance.suite", "--conformance-target=moc"]
    done = driving.python("-m", "pytest", *chosen, cwd=tmp_path)
    assert done.code == 4, done.said
    assert "did you mean mock?" in done.said
    assert "Traceback" not in done.said


def test_pytest_shows_the_options_of_a_run(tmp_path: Path) -> None:
    """`pytest --help` lists them with their texts, whatever signs those contain."""
    done = driving.python("-m", "pytest", "--help", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "--conformance-target=" in done.said
    assert "0.01 to 1, with 95 %;" in done.said


def test_a_test_of_ones_own_for_a_claim(truthful: str, tmp_path: Path) -> None:
    """A test file with the marker joins the run, and its case is judged like any other."""
    (tmp_path / "test_mine.py").write_text(ASKING.format(more=""), encoding="utf-8")
    chosen = [f"--conformance-base-url={truthful}", f"--conformance-api-key-env={driving.VARIABLE}"]
    chosen += ["--conformance-model=openai=mock-openai", "--conformance-out=runs/this"]
    done = driving.python("-m", "pytest", "test_mine.py", *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.judged == {"chat.n.one@openai:mock-openai": ("conforms", "honoured")}


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        pytest.param("auto", (), id="auto-alone"),
        pytest.param("strict", (), id="strict-alone", marks=pytest.mark.thorough),
        pytest.param("auto", ("-n", "2"), id="auto-spread", marks=pytest.mark.thorough),
    ],
)
def test_a_plugin_that_runs_coroutines_runs_none_of_the_suite(tmp_path: Path, mode: str, more: tuple[str, ...]) -> None:
    """pytest-asyncio wraps what it runs; the suite runs its own coroutines, on its own loop."""
    if not find_spec("pytest_asyncio"):
        pytest.skip("pytest-asyncio is not installed: pip install pytest-asyncio")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nasyncio_mode = {mode}\n", encoding="utf-8")
    chosen = ["--pyargs", "conformance.suite", "--conformance-claim=chat.n.*", "--conformance-out=runs/this", *more]
    done = driving.python("-m", "pytest", *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.verdicts == {"conforms", "noted", "not applicable"}


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (ASKING.format(more=", tmp_path"), "got the parameters tmp_path"),
        (ASKING.format(more="").replace("async ", "").replace("await ", ""), "got an ordinary function"),
    ],
)
def test_a_suite_test_takes_case_and_ask_only(tmp_path: Path, text: str, got: str) -> None:
    """Another fixture, or a plain function, is a collection error that says so."""
    (tmp_path / "test_mine.py").write_text(text, encoding="utf-8")
    done = driving.python("-m", "pytest", "test_mine.py", cwd=tmp_path)
    assert done.code == 2, done.said
    assert f"test_mine must be a coroutine that takes only `case` and `ask`, {got}" in done.said


BELOW = {  # which cases of `chat.n.*` an expression of -m selects, by their node ids
    'level(name="must") and provider(name="claude")': lambda case: (
        case["level"] == "must" and case["column"] == "claude"
    ),
    'surface(name="chat") and parameter(name="n")': lambda case: True,
    'parameter(name="stop")': lambda case: False,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run of one parameter."""
    chosen = ["--claim=chat.n.*", "--out=runs/this"]
    return driving.command("run", *chosen, cwd=tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("expression", BELOW)
def test_markers_select(tmp_path: Path, whole: Done, expression: str) -> None:
    """By the level of a claim for its model, its surface, its parameter, and the column of its model; they are registered."""
    done = driving.command("run", "--claim=chat.n.*", "--out=runs/this", "-m", expression, cwd=tmp_path)
    expected = {name for name, cell in whole.cells.items() if BELOW[expression](cell)}
    if expected:
        assert done.cells.keys() == expected
        again = driving.command("run", "--replay=runs/this", "--out=runs/again", cwd=tmp_path)
        assert replace(again, folder=tmp_path / "runs" / "again").cells.keys() == expected, again.said
    else:
        assert done.code == 5, done.said


NODE = re.compile(r"^\S*::test_\S+\[chat\.n\.count@openai:mock-openai=2\]", re.MULTILINE)
# A checkout has a conftest.py, which pytest refuses where it meets it only after its start; an installed package has none.
PLAIN = ("-m", "pytest", "--noconftest", "-p", "no:asyncio", "--conformance-out=runs/this")


@pytest.mark.parametrize(
    ("named", "more"),
    [
        pytest.param("conformance.suite", ("-n", "2"), id="spread", marks=pytest.mark.thorough),
        pytest.param("conformance.suite.chat.test_n", (), id="alone"),
    ],
)
def test_a_node_id_can_be_given_back(tmp_path: Path, named: str, more: tuple[str, ...]) -> None:
    """Whatever part of the suite was named when it was printed, pytest and `conformance run` take it, for this case alone."""
    shown = driving.python(*PLAIN, "--pyargs", named, "--conformance-claim=chat.n.count", "--co", "-q", cwd=tmp_path)
    [node] = NODE.findall(shown.out)
    assert node.startswith("chat/test_n.py::")
    plain = driving.python(*PLAIN, node, *more, cwd=tmp_path)
    assert plain.judged == {"chat.n.count@openai:mock-openai": ("conforms", "honoured")}, plain.said
    assert plain.run["reported"] == 1
    ours = driving.command("run", "--out=runs/ours", node, *more, cwd=tmp_path)
    assert "1 cells" in ours.said
    without = driving.command(
        "run", "--claim=chat.n.count", "--out=runs/rest", "--deselect", node, "--co", "-q", "-q", cwd=tmp_path
    )
    assert without.said.startswith("chat/test_n.py: 8"), without.said


LISTENER = """\
from pathlib import Path

def pytest_runtest_logreport(report):
    with Path("phases.txt").open("a") as file:
        file.write(report.when + "\\n")
"""


@pytest.mark.parametrize("more", driving.ALONE_OR_SPREAD)
@pytest.mark.parametrize(
    ("sets_up", "phases"),
    [
        pytest.param("", ["call", "teardown"], id="listens", marks=pytest.mark.thorough),
        pytest.param("def pytest_runtest_setup(item):\n    pass\n", ["setup", "call", "teardown"], id="sets up"),
    ],
)
def test_a_case_runs_in_one_phase_unless_a_plugin_sets_it_up(
    tmp_path: Path, sets_up: str, phases: list[str], more: tuple[str, ...]
) -> None:
    """Other plugins get a report of a case and of its end; where one has something to do before, all phases of pytest run."""
    (tmp_path / "listener.py").write_text(LISTENER + sets_up, encoding="utf-8")
    chosen = ["--claim=chat.n.one@gemini:*", "-p", "listener", *more]
    done = driving.python("-m", "conformance", "run", *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    seen = (tmp_path / "phases.txt").read_text(encoding="utf-8").split()
    assert list(dict.fromkeys(seen)) == phases
