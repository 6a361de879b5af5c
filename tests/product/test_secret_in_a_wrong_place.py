"""A secret that is given in a wrong place is refused, and is not repeated by the message that refuses it."""

import sys
from pathlib import Path

import pytest

from conformance.cli import main

SECRET = "sk-live-Qw3rTy9uIoPzXcVb77"
NAME = SECRET.replace("-", "_")  # which could be the name of a variable
BARE = "f4c2a09be8d1735f60aa"  # by which nothing says that it is a key
HEAD = 'schema = 1\nname = "m"\ntitle = "M"\n'
URL = 'base_url = "https://a.example/v1"\n'
MODEL = "--model=openai=m"

FILES = {
    "user and password": HEAD + f'base_url = "https://user:{SECRET}@a.example/v1"\n',
    "a query": HEAD + f'base_url = "https://a.example/v1?key={BARE}"\n',
    "a key as name of a variable": HEAD + URL + f'api_key_env = "{SECRET}"\n',
    "a key that could be one": HEAD + URL + f'api_key_env = "{NAME}"\n',
    "a bare key that could be one": HEAD + URL + f'api_key_env = "{BARE}"\n',
    "a list of variables": HEAD + URL + f'api_key_env = ["{BARE}"]\n',
    "a key as path": HEAD + URL + f'api_key_file = "{BARE}"\n',
    "an object as path": HEAD + URL + f'api_key_file = {{ key = "{BARE}" }}\n',
    "a list as header": HEAD + URL + f'[headers]\nX-Api-Key = ["{BARE}"]\n',
    "headers in a list": HEAD + URL + f'headers = ["X-Api-Key: {BARE}"]\n',
    "headers in a string": HEAD + URL + f'headers = "X-Api-Key: {BARE}"\n',
    "a line end in a header": HEAD + URL + f'[headers]\nX-Api-Key = "{BARE}\\n"\n',
    "two headers in one": HEAD + URL + f'[headers]\nX-Api-Key = "a\\r\\nX-Other: {BARE}"\n',
    "a header beyond ASCII": HEAD + URL + f'[headers]\nX-Api-Key = "{BARE}\\u00e9"\n',
    "a header as name": HEAD + URL + f'[headers]\n"X-Api-Key: {BARE}" = ""\n',
    "a line end in the name of a header": HEAD + URL + f'[headers]\n"X-Api-Key: {BARE}\\n" = ""\n',
    "an unknown key": HEAD + URL + f'api_key = "{BARE}"\n',
    "a key as key": HEAD + URL + f"{SECRET} = 1\n",
    "a key as name": f'schema = 1\nname = "{SECRET}"\ntitle = "M"\n' + URL,
    "variable and file": HEAD + URL + f'api_key_env = "{BARE}"\napi_key_file = "{BARE}"\n',
    "too little": f'schema = 1\n[headers]\nX-Api-Key = "{BARE}"\n',
    "no TOML": HEAD + URL + f"api_key_env = {BARE}\n",
    "a string without end": HEAD + URL + f'[headers]\nX-Api-Key = "{BARE}\n',
    "models in a string": HEAD + URL + f'models = "{SECRET}"\n',
    "a contract": HEAD + URL + f'contract = "{SECRET}"\n',
}
ASKED = ["watch", "--target=mock"]
OPTIONS = {
    "a variable": ["run", "--base-url=https://a.example/v1", MODEL, f"--api-key-env={SECRET}"],
    "a variable that could be one": ["run", "--base-url=https://a.example/v1", MODEL, f"--api-key-env={NAME}"],
    "a bare variable": ["run", "--base-url=https://a.example/v1", MODEL, f"--api-key-env={BARE}"],
    "a file": ["run", "--base-url=https://a.example/v1", MODEL, f"--api-key-file={BARE}"],
    "a file in a folder": ["run", "--base-url=https://a.example/v1", MODEL, f"--api-key-file=sk/{BARE}"],
    "an address with a password": ["plan", f"--base-url=https://user:{BARE}@a.example/v1"],
    "an address without scheme": ["plan", f"--base-url=user:{BARE}@a.example/v1"],
    "an address of another scheme": ["plan", f"--base-url=ftp://a.example/{SECRET}/v1"],
    "an address with a query": ["plan", f"--base-url=https://a.example/v1?key={BARE}"],
    "no address": ["plan", f"--base-url={SECRET}"],
    "an address as target": ["plan", f"--target=https://user:{BARE}@a.example"],
    **{f"--{name}": ["plan", f"--{name}={SECRET}"] for name in (
        "target", "model", "contract", "surface", "claim", "shard", "concurrency", "profile", "samples", "api-key")},
    "--target-name": ["run", f"--target-name={SECRET}", "--target=mock"],
    "--replay": ["run", f"--replay={SECRET}"],
    "an argument": ["plan", SECRET],
    "a command": [SECRET],
    "a web hook as variable": [*ASKED, f"--webhook-env=https://chat.example/{BARE}"],
    "a secret as variable of a web hook": [*ASKED, f"--webhook-env={BARE}"],
    "a web hook as file": [*ASKED, f"--webhook-file=https://chat.example/{BARE}"],
    "a token as variable": [*ASKED, "--github-issue=a/b", f"--github-token-env={BARE}"],
    "a token as repository": [*ASKED, f"--github-issue={SECRET}"],
    "a run to gate": ["gate", SECRET, SECRET],
    "a run to show": ["show", SECRET],
    "a cell to explain": ["explain", SECRET],
    "a format": ["report", "--format", SECRET, "."],
}  # fmt: skip


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """Return exit code and output of a command."""
    monkeypatch.setattr(sys, "argv", ["conformance", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, "".join(capsys.readouterr())


def assert_refused(code: object, shown: str) -> None:
    """Assert that a command was refused in a few lines, without the secret."""
    assert code in {2, 3}, shown
    assert "Traceback" not in shown
    assert 0 < len(shown.splitlines()) <= 4
    for secret in (SECRET, NAME, BARE):
        assert secret not in shown


@pytest.mark.parametrize("name", FILES)
def test_a_secret_in_a_target_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is refused, with the line and what should be there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(FILES[name], encoding="utf-8")
    assert_refused(*said(monkeypatch, capsys, "run", "--target=mine.toml", MODEL))


@pytest.mark.parametrize("name", OPTIONS)
def test_a_secret_as_option(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option is named, and its value is not."""
    monkeypatch.chdir(tmp_path)
    assert_refused(*said(monkeypatch, capsys, *OPTIONS[name]))
