"""Keys: read from a variable or a file, and never shown."""

import os
import subprocess
from pathlib import Path

import pytest

from conformance.base.errors import ConfigurationError, UsageError
from conformance.target.keys import exposed, from_file, in_shell, without_home
from conformance.target.targets import Target, adjust, load

MINE = Target("mine", "Mine", "https://gateway.example/v1", "MINE_KEY")


def test_a_key_is_read_from_its_file(tmp_path: Path) -> None:
    """White space around it is removed; the target contains the path and not the key."""
    file = tmp_path / "my key"
    file.write_text(" sk-123456\n", encoding="utf-8")
    target = adjust(MINE, api_key_file=str(file))
    assert (target.key(), target.api_key_env, target.keyed) == ("sk-123456", None, True)
    assert "sk-123456" not in repr(target)
    assert target.secrets() == ["sk-123456"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"", "and is empty; write the key into it"),
        (b" \r\n", "is empty"),
        (b"sk-12\n34", "must hold printable ASCII on one line; copy the key again"),
        (b"sk-\xc3\xa9", "must hold printable ASCII on one line"),
        (b"sk-\x00", "must hold printable ASCII on one line"),
    ],
)
def test_a_file_without_a_key_is_a_configuration_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The error names the file and the next step, and does not show the content."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message) as raised:
        from_file(str(file), "mine")
    assert raised.value.exit_code == 3
    assert str(file) in str(raised.value)
    assert "sk-" not in str(raised.value)


def test_a_folder_is_not_a_key_file(tmp_path: Path) -> None:
    """The error gives the reason of the operating system."""
    with pytest.raises(ConfigurationError, match="cannot be read: it must be a regular file, and is a folder"):
        from_file(str(tmp_path), "mine")


def test_variable_and_file_cannot_be_combined(tmp_path: Path) -> None:
    """This holds for options and for a target file; an option replaces either in the file."""
    with pytest.raises(UsageError, match="--api-key-env and --api-key-file cannot be combined"):
        adjust(MINE, api_key_env="A", api_key_file="b")
    path = tmp_path / "mine.toml"
    path.write_text(
        'schema = 1\nname = "m"\ntitle = "M"\nbase_url = "https://a/v1"\napi_key_env = "A"\napi_key_file = "b"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=r"mine\.toml"):
        load(str(path))
    by_file = adjust(MINE, api_key_file="b")
    assert (by_file.api_key_env, by_file.api_key_file) == (None, "b")
    assert adjust(by_file, api_key_env="A").api_key_file is None
    assert adjust(by_file, base_url="https://other.example/v1").api_key_file is None


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_key_file_that_others_may_read_causes_a_warning(tmp_path: Path, mode: int, warned: bool) -> None:
    """The key is used nevertheless."""
    file = tmp_path / "key"
    file.write_text("sk-123456")
    file.chmod(mode)
    assert bool(exposed(str(file))) is warned
    assert from_file(str(file), "mine") == "sk-123456"


def test_a_path_in_a_report_does_not_contain_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The home directory is written as ~, and such a path can be read again."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text("sk-123456")
    assert without_home(str(tmp_path / "key")) == "~/key"
    assert from_file("~/key", "mine") == "sk-123456"
    assert without_home("/run/secrets/key") == "/run/secrets/key"


@pytest.mark.parametrize("name", ["key", "a key's", "~/key", "~/my $key"])
def test_a_shell_inserts_the_key(tmp_path: Path, name: str) -> None:
    """Names with spaces, quotes, dollar signs and ~ work."""
    (tmp_path / name.removeprefix("~/")).write_text("sk-'1\n")
    done = subprocess.run(
        ["sh", "-c", f'printf "%s" "Bearer {in_shell(None, name)}"'],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"Bearer sk-'1"
    assert (in_shell("KEY", None), in_shell(None, None)) == ("$KEY", None)


def test_a_shell_gets_no_variable_that_is_none() -> None:
    """The name comes from a matrix that anybody may have written."""
    for name in ("KEY; touch x", "$(id)", "`id`", 'K"', "K\n", "1K", "K\u0661"):
        assert in_shell(name, None) == "<key>"


@pytest.mark.parametrize(
    ("header", "secrets"),
    [
        (("X-Api-Key", "abc-123456"), {"abc-123456"}),
        (("Authorization", "Bearer abc-123456"), {"Bearer abc-123456", "abc-123456"}),
        (("Cookie", "a=abc-123456; b=def-123456"), {"abc-123456", "def-123456"}),
        (("X-Gateway-Token", "abc-123456"), {"abc-123456"}),
        (("X-Team", "quality-assurance"), set()),
    ],
)
def test_authorizing_headers_are_secrets(header: tuple[str, str], secrets: set[str]) -> None:
    """Their names tell; the header of a team is not secret, and the repr of the target shows no value."""
    target = Target("mine", "Mine", "https://a/v1", headers=(header,))
    assert secrets <= set(target.secrets())
    assert bool(target.secrets()) is bool(secrets)
    assert header[1] not in repr(target)
