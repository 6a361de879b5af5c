"""What passes between the controller and a worker elsewhere."""

from pathlib import Path
from typing import Any

from conformance.plugin.handing import Desk, mark, texts


def test_files_and_folders_that_options_name_are_handed_over(tmp_path: Path) -> None:
    """A target is a file, a contract may be a folder of files; what is built in is known everywhere."""
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "mine").mkdir(parents=True)
    there.mkdir()
    (here / "target.toml").write_text("name = 'x'", encoding="utf-8")
    (here / "mine" / "contract.toml").write_text("a = 1", encoding="utf-8")
    (here / "mine" / "chat.toml").write_text("b = 2", encoding="utf-8")
    found = texts({"target": "target.toml", "contract": "mine", "expectations": None}, here)
    assert texts({"target": "mock", "contract": "cometapi", "expectations": None}, here) == {}
    given: dict[str, Any] = {"out": str(there), "token": mark(here), "where": str(here), "texts": found}
    desk = Desk(given)
    try:
        assert desk.files["target"].read_text(encoding="utf-8") == "name = 'x'"
        files = {path.name: path.read_text(encoding="utf-8") for path in desk.files["contract"].iterdir()}
        assert files == {"contract.toml": "a = 1", "chat.toml": "b = 2"}
    finally:
        desk.close()
