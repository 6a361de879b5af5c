"""A contract of somebody else: the guide of docs/contract.md, followed with what `conformance contract --new` writes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract import loading
from tests.support import documented, driving
from tests.support.documented import ROOT

GUIDE = ROOT / "docs" / "contract.md"
SELECTED = [f"--claim=chat.{name}.*" for name in ("temperature", "n", "stop")]  # of the whole run, which takes longer


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """The contract that the guide writes, with the limits that it has the reader uncomment."""
    written = driving.command("contract", "--new", "acme", cwd=tmp_path)
    assert written.code == 0, written.said
    path, text = tmp_path / "acme.toml", GUIDE.read_text(encoding="utf-8")
    [limits] = re.findall(r"```toml\n(\[parameters\.temperature\].*?)```", text.partition("## The files")[0], re.DOTALL)
    contract = path.read_text(encoding="utf-8")
    for line in filter(None, limits.splitlines()):
        assert contract.count(f"\n# {line}\n") == 1, line
        contract = contract.replace(f"\n# {line}\n", f"\n{line}\n")
    path.write_text(contract, encoding="utf-8")
    return path


def test_the_guide_leads_to_a_green_run(followed: Path) -> None:
    """The commands print what it promises, on a selection of the claims."""
    [_, commands, mock] = documented.steps(GUIDE)
    check, run = (line.split()[1:] for line in commands.commands.splitlines())
    checked = driving.command(*check, cwd=followed.parent)
    ran = driving.command(*run, *SELECTED, "--out=runs/this", cwd=followed.parent)
    assert (checked.code, ran.code) == (0, 0), checked.said + ran.said
    assert documented.missing(commands.says, checked.out + ran.out) is None, ran.said
    assert mock.left_out


def test_a_limit_where_none_is_documented_is_not_in_order(followed: Path, gateway: Callable[..., str]) -> None:
    """The gateway that the guide names drops stop sequences, which the run says with the limit that it measured."""
    url = gateway(defects=("cuts_stops_to_four",), contract=str(followed))
    assert "cuts_stops_to_four" in GUIDE.read_text(encoding="utf-8")
    ran = driving.run(url, followed.parent, f"--contract={followed}", SELECTED[-1], models=("--model=acme=mock-acme",))
    assert (ran.code, ran.named("deviates")) == (1, {f"chat.stop.{each}@acme:mock-acme" for each in ("count", "limit")})
    assert "✗ unlimited [1-4]" in ran.said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("acme", "must name a new contract, and acme.toml exists"),
        ("Acme", "must be a name of small"),
        ("openai", "must be a name"),
    ],
)
def test_a_new_contract_needs_a_new_name(name: str, message: str, followed: Path) -> None:
    """Nothing is overwritten, and no name of a built-in contract is hidden."""
    done = driving.command("contract", "--new", name, cwd=followed.parent)
    assert (done.code, message in done.said) == (2, True), done.said


def test_editors_find_the_schema_of_every_contract_and_target() -> None:
    """The first line of a file names it, by a path that exists; so does that of the file that --new writes."""
    folders = (loading.TEMPLATE.parent, ROOT / "conformance" / "targets")
    for path in (path for folder in folders for path in folder.rglob("*.toml")):
        kind = (
            "target" if folders[1] in path.parents else "ledger" if path.name.endswith(loading.LEDGER) else "contract"
        )
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("#:schema "), path
        assert (
            path.parent / first.removeprefix("#:schema ")
        ).resolve() == ROOT / "schemas" / "data" / f"{kind}.schema.json"
