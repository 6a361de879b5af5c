"""Who may import whom: data flows one way, and every library has one home."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import conformance

ROOT = Path(conformance.__file__).parent

# A module imports only from modules above it; those of one line know nothing of each other.
ORDER = """
mock cost
errors observation boundaries body redaction exchange sse options cost.tokens flying
sharing validation refusal documents keys cost.pricing
contract recording support
targets judge chat comparing ledger sharding rates cost.table
pacing
client asking chance keeping
transport replaying cost.catalogue
cost.spending
trial
running matrix
expectations
gate
session
cost.billing
rerunning suite
suite.measuring
suite.chat suite.models
embedded
planning
render.signs render.escaping render.cost
render.markdown render.terminal render.plan render.ledger render.summary render.table render.badge render.support
render.gate
render
report
history gating merging
explaining render.history render.feed
render.explanation
site
plugin
cli
__main__
"""
FOLDED = ("suite.chat", "suite.models", "plugin", "mock", "site", "cli")  # whole packages that stand as one layer

HOMES = {
    "httpx": {"client"},
    "tenacity": {"transport"},
    "jsonschema": {"validation", "mock"},
    "rich": {"render.terminal", "render.plan"},
    "click": {"cli", "mock"},
    "starlette": {"mock"},
    "uvicorn": {"mock"},
    "httptools": set(),
    "allure": set(),
    "allure_commons": {"plugin"},
    "jinja2": {"site"},
    "markupsafe": {"site"},
    "xdist": {"plugin"},
    "pytest": {"plugin", "cli", "suite", "suite.chat", "suite.models"},
}


def name_of(path: Path) -> str:
    """The dotted name of a file below the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") or "__init__"


def layer_of(name: str) -> str:
    """The line's entry that a module belongs to."""
    return next((each for each in FOLDED if name == each or name.startswith(f"{each}.")), name)


FILES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
RANK = {name: rank for rank, line in enumerate(ORDER.split("\n")) for name in line.split()}


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, anywhere in it."""
    return {each for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for each in imported(node)}


def imported(node: ast.AST) -> set[str]:
    """The dotted names that a statement imports."""
    if isinstance(node, ast.Import):
        return {each.name for each in node.names}
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return {f"{node.module}.{each.name}" for each in node.names}
    return set()


def known(dotted: str) -> str | None:
    """The module of the project that an imported name leads to; None for other libraries and the package itself."""
    parts = dotted.split(".")
    if parts[0] != "conformance":
        return None
    for end in range(len(parts), 1, -1):
        if (name := ".".join(parts[1:end])) in FILES:
            return name
    return None


def used(name: str) -> set[str]:
    """The layers that a module imports from, without its own."""
    return {layer_of(found) for each in imports(FILES[name]) if (found := known(each))} - {layer_of(name)}


def test_every_module_has_its_place() -> None:
    """The order above lists what exists, and nothing else."""
    assert {layer_of(name) for name in FILES} - {"__init__"} == set(RANK)


@pytest.mark.parametrize("name", [name for name in FILES if name != "__init__"])
def test_a_module_imports_only_from_above(name: str) -> None:
    """Not from its own line, and not from below."""
    below = {each for each in used(name) if RANK[each] >= RANK[layer_of(name)]}
    assert below == set(), f"{name} imports from {below}"


def test_the_package_itself_imports_nothing() -> None:
    """It names the pipeline and the version."""
    assert imports(FILES["__init__"]) == set()


def test_nothing_is_imported_in_a_circle() -> None:
    """Within the packages that stand as one layer as well."""
    graph = {
        name: {found for each in imports(path) if (found := known(each)) and found != name}
        for name, path in FILES.items()
    }
    assert list(TopologicalSorter(graph).static_order())


def test_the_mock_and_the_rest_share_no_code() -> None:
    """The mock imports nothing of the project but itself, and nobody but the command line imports it."""
    of_mock = {name for name in FILES if layer_of(name) == "mock"}
    assert {each for name in of_mock for each in used(name)} == set()
    assert {name for name in FILES if "mock" in used(name)} == {"cli.serving"}


def test_the_command_line_imports_the_mock_only_when_it_serves_it() -> None:
    """A run never loads it, so that it shares no state with the suite either."""
    files = [path for name, path in FILES.items() if layer_of(name) == "cli"]
    top = [node for path in files for node in ast.parse(path.read_text()).body]
    named = {each for node in top for each in imported(node)} - {"conformance.cli.serving.mock"}
    assert named
    assert not any("mock" in each or "pytest" in each for each in named)


def test_every_library_has_its_home() -> None:
    """What is imported from outside the standard library, and by whom."""
    homes: dict[str, set[str]] = {}
    for name, path in FILES.items():
        for each in imports(path):
            library = each.split(".")[0]
            if library not in sys.stdlib_module_names and library != "conformance":
                homes.setdefault(library.removeprefix("_"), set()).add(layer_of(name))
    strangers = {library: users - HOMES.get(library, set()) for library, users in homes.items()}
    assert {library: users for library, users in strangers.items() if users} == {}


@pytest.mark.parametrize(
    "name", ["observation", "judge", "matrix", "refusal", "sse", "boundaries", "exchange", "redaction", "chat", "trial"]
)
def test_between_an_exchange_and_a_cell_nothing_is_read_or_written(name: str) -> None:
    """No file, no socket, no clock, no environment."""
    modules = {each.split(".")[0] for each in imports(FILES[name])}
    assert (
        modules & {"os", "pathlib", "socket", "time", "datetime", "subprocess", "random", "io", "sys", "httpx"} == set()
    )
    calls = {node.func.id for node in ast.walk(ast.parse(FILES[name].read_text())) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name)}  # fmt: skip
    assert calls & {"open", "print", "input"} == set()


def test_the_plugin_loads_little_where_no_suite_is_asked_for() -> None:
    """It is registered for every pytest of the environment, so nothing but what it is made of is imported at its top."""
    for name in FILES:
        if layer_of(name) == "plugin":
            top = {each for node in ast.parse(FILES[name].read_text()).body for each in imported(node)}
            strangers = {each for each in top if known(each) and layer_of(known(each) or "") != "plugin"}
            assert strangers == set(), name
