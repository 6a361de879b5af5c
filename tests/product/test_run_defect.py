"""A run meets a defect of a shared mock gateway by a header of its target."""

from pathlib import Path

from tests.support import driving

TARGET = """\
schema = 1
name = "lying"
title = "a gateway that lies in one way"
base_url = "{url}"
api_key_env = "{variable}"

[headers]
"x-mock-defect" = "drops_n"

[[models]]
column = "openai"
id = "mock-openai"
"""


def test_a_target_switches_it_on(truthful: str, tmp_path: Path) -> None:
    """A target file with the header of a defect is how a run meets one on a shared gateway."""
    text = TARGET.format(url=truthful, variable=driving.VARIABLE)
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")
    done = driving.command("run", "--target=target.toml", "--out=runs/this", "-k", "chat.n.", cwd=tmp_path)
    assert done.code == 1, done.said
    assert done.named("deviates") == {"chat.n.count@openai:mock-openai"}
