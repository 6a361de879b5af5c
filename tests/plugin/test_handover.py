"""Files that the controller sends to a worker on another machine."""

from pathlib import Path
from typing import Any

from conformance.plugin.handover import WorkerFiles, read_option_files, write_token


def test_files_and_folders_that_options_name_are_sent(tmp_path: Path) -> None:
    """A target is a file, a contract may be a folder of files; built-in names are not sent."""
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "my-contract").mkdir(parents=True)
    there.mkdir()
    (here / "target.toml").write_text("name = 'x'", encoding="utf-8")
    (here / "my-contract" / "contract.toml").write_text("a = 1", encoding="utf-8")
    (here / "my-contract" / "chat.toml").write_text("b = 2", encoding="utf-8")
    texts = read_option_files({"target": "target.toml", "contract": "my-contract", "expectations": None}, here)
    assert read_option_files({"target": "mock", "contract": "cometapi", "expectations": None}, here) == {}
    sent: dict[str, Any] = {"out": str(there), "token": write_token(here), "where": str(here), "texts": texts}
    worker = WorkerFiles(sent)
    try:
        assert worker.files["target"].read_text(encoding="utf-8") == "name = 'x'"
        files = {path.name: path.read_text(encoding="utf-8") for path in worker.files["contract"].iterdir()}
        assert files == {"contract.toml": "a = 1", "chat.toml": "b = 2"}
    finally:
        worker.close()
