"""What a shell completes, asked as a shell asks for it."""

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from conformance.cli import cli
from tests.support.matrices import cell, matrix


def completed(*words: str, incomplete: str = "") -> list[str]:
    """What the last word of a command line can be."""
    shell = ShellComplete(cli, {}, "conformance", "_CONFORMANCE_COMPLETE")
    return [item.value for item in shell.get_completions(list(words), incomplete)]


@pytest.mark.parametrize(
    ("words", "incomplete", "wanted"),
    [
        (("run", "--target"), "lite", ["litellm"]),
        (("run", "--claim"), "chat.n.co", ["chat.n.count"]),
        (("run", "--contract", "openai", "--claim"), "models.list.w", ["models.list.wrapper"]),
        (("plan", "--surface"), "mess", ["messages"]),
        (("run", "--profile"), "st", ["standard"]),
        (("contract", "--contract"), "come", ["cometapi"]),
        (("mock", "--defect"), "drops_token_c", ["drops_token_caps"]),
        (("run", "--contract", "no-such-contract", "--claim"), "chat", []),
        (("run", "--target"), "./mine", ["./mine"]),
    ],
)
def test_names_are_completed(words: tuple[str, ...], incomplete: str, wanted: list[str]) -> None:
    """Of what is installed; what cannot be loaded completes nothing, and a path is left to the shell."""
    found = completed(*words, incomplete=incomplete)
    assert found[: len(wanted)] == wanted
    assert bool(found) is bool(wanted)


def test_cells_are_those_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a run they are the claims of the contract."""
    monkeypatch.chdir(tmp_path)
    assert "chat.n.count" in completed("explain", incomplete="chat.n.")
    run = tmp_path / "reports" / "runs" / "latest"
    run.mkdir(parents=True)
    (run / "matrix.json").write_text(json.dumps(matrix(cell("chat.n.count", "deviates")).document()), encoding="utf-8")
    assert completed("explain", incomplete="chat") == ["chat.n.count", "chat.n.count@openai:gpt-4.1-mini"]
    assert completed("show", "--claim", incomplete="n") == ["n"]
