"""Who may import whom: data flows one way through the folders of the package, and every library has one home."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import conformance

ROOT = Path(conformance.__file__).parent

# A folder, or a module beside the folders, imports only from those before it.
FOLDERS = (
    *(
        "mock",
        "base",
        "support",
        "http",
        "contract",
        "surfaces",
        "target",
        "sending",
        "trial",
        "suite",
        "evidence",
        "run",
    ),
    *("results", "render", "site", "watch", "plugin", "cli", "__main__"),
)

HOMES = {
    "httpx": {"sending"},
    "tenacity": {"sending"},
    "jsonschema": {"base", "mock"},
    "rich": {"render"},
    "click": {"cli", "mock"},
    "starlette": {"mock"},
    "uvicorn": {"mock"},
    "allure_commons": {"plugin"},
    "jinja2": {"site"},
    "markupsafe": {"site"},
    "xdist": {"plugin"},
    "pytest": {"plugin", "cli", "suite"},
}
# No file, no socket, no clock, no environment: what these modules say follows from what they are given.
PURE = (
    *("base.observation", "http.exchange", "http.sse", "http.redaction", "contract.boundaries", "surfaces.errors"),
    *(
        "surfaces.chat.request",
        "surfaces.chat.reply",
        "surfaces.surface",
        "trial.judge",
        "trial.samples",
        "trial.trial",
        "results.matrix",
    ),
)


def name_of(path: Path) -> str:
    """The dotted name of a file below the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") or "__init__"


FILES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def folder_of(name: str) -> str:
    """The folder that a module lives in; a module beside the folders stands for itself."""
    return name.partition(".")[0]


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names that a file imports, anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(found for node in ast.walk(tree) for found in imported(node))


def imported(node: ast.AST) -> set[str]:
    """The dotted names that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return {f"{node.module}.{alias.name}" for alias in node.names}
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
    """The folders that a module imports from, without its own."""
    return {folder_of(found) for dotted in imports(FILES[name]) if (found := known(dotted))} - {folder_of(name)}


def test_every_folder_has_its_place() -> None:
    """The order above lists what exists, and nothing else."""
    assert {folder_of(name) for name in FILES} - {"__init__"} == set(FOLDERS)


def test_a_folder_imports_only_from_those_before_it() -> None:
    """Each import that runs up is named with its file."""
    rank = {folder: place for place, folder in enumerate(FOLDERS)}
    up = {
        f"{name} imports from {folder}"
        for name in FILES
        if name != "__init__"
        for folder in used(name)
        if rank[folder] >= rank[folder_of(name)]
    }
    assert up == set()


def test_the_package_itself_imports_nothing() -> None:
    """It names the pipeline and the version."""
    assert imports(FILES["__init__"]) == set()


def test_nothing_is_imported_in_a_circle() -> None:
    """Within a folder as well."""
    graph = {
        name: {found for dotted in imports(path) if (found := known(dotted)) and found != name}
        for name, path in FILES.items()
    }
    assert list(TopologicalSorter(graph).static_order())


def test_only_what_belongs_to_a_surface_imports_from_it() -> None:
    """The engine knows surfaces by the protocol and the registry; the front of the mock has its own surfaces."""
    names = {name.split(".")[1] for name in FILES if name.startswith("surfaces.") and name.count(".") > 1}
    names |= {path.parent.name for path in (ROOT / "surfaces").glob("*/__init__.py")}
    assert names >= {"chat", "models"}
    apart = {
        f"{folder}.{surface}" for folder in ("surfaces", "suite", "mock.surfaces", "mock.defects") for surface in names
    }
    strangers = {
        f"{name} imports {found}"
        for name, path in FILES.items()
        for dotted in imports(path)
        if (found := known(dotted)) and (place := inside(found, apart)) and place.split(".")[-1] not in name.split(".")
    }
    assert strangers == set()


def inside(name: str, places: set[str]) -> str | None:
    """The place that a module lies in; None if in none of them."""
    return next((place for place in places if name == place or name.startswith(f"{place}.")), None)


def test_the_mock_and_the_rest_share_no_code() -> None:
    """The mock imports nothing of the project but itself, and nobody but the command line imports it."""
    of_mock = {name for name in FILES if folder_of(name) == "mock"}
    assert {folder for name in of_mock for folder in used(name)} == set()
    assert {name for name in FILES if "mock" in used(name)} == {"cli.serving"}


def test_the_command_line_imports_the_mock_only_when_it_serves_it() -> None:
    """A run never loads it, so that it shares no state with the suite either."""
    files = [path for name, path in FILES.items() if folder_of(name) == "cli"]
    top = [node for path in files for node in ast.parse(path.read_text()).body]
    named = {dotted for node in top for dotted in imported(node)} - {"conformance.cli.serving.mock"}
    assert named
    assert not any("mock" in dotted or "pytest" in dotted for dotted in named)


def test_every_library_has_its_home() -> None:
    """What is imported from outside the standard library, and by whom."""
    homes: dict[str, set[str]] = {}
    for name, path in FILES.items():
        for dotted in imports(path):
            library = dotted.split(".")[0]
            if library not in sys.stdlib_module_names and library != "conformance":
                homes.setdefault(library.removeprefix("_"), set()).add(folder_of(name))
    strangers = {library: users - HOMES.get(library, set()) for library, users in homes.items()}
    assert {library: users for library, users in strangers.items() if users} == {}


@pytest.mark.parametrize("name", PURE)
def test_between_an_exchange_and_a_cell_nothing_is_read_or_written(name: str) -> None:
    """No module that could do so is imported, and no function that does is called."""
    modules = {dotted.split(".")[0] for dotted in imports(FILES[name])}
    assert (
        modules & {"os", "pathlib", "socket", "time", "datetime", "subprocess", "random", "io", "sys", "httpx"} == set()
    )
    calls = {node.func.id for node in ast.walk(ast.parse(FILES[name].read_text())) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name)}  # fmt: skip
    assert calls & {"open", "print", "input"} == set()


LIGHT = {"plugin", "plugin.detection", "run", "run.option_table"}


def test_the_entry_of_the_plugin_loads_little() -> None:
    """It is registered for every pytest of the environment, so the parts are imported only where the suite is asked for."""
    program = (
        "import sys, conformance.plugin; print(*(name for name in sys.modules if name.startswith('conformance.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {name.removeprefix("conformance.") for name in done.stdout.split()} == LIGHT
