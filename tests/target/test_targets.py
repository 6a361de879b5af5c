"""Targets: built in or from a file, changed by options, and without any secret."""

from pathlib import Path

import pytest

from conformance.base.errors import ConfigurationError, UsageError
from conformance.contract import loading as contracts
from conformance.target import keys, targets
from conformance.target.targets import Target, TargetModel, adjust, load, parse_model
from tests.support.making import contract

MINE = Target("mine", "Mine", "https://gateway.example/v1", "MINE_KEY", models=(TargetModel("openai", "a"),))


@pytest.mark.parametrize("name", targets.built_in())
def test_every_built_in_target_loads(name: str) -> None:
    """Its name is that of its file, its base URL ends in /v1, and its models fit its contract."""
    target = load(name)
    assert target.name == name
    assert target.title
    assert target.embedded == (name == "mock")
    assert target.embedded or target.base_url.endswith("/v1")
    assert target.contract in contracts.built_in()
    assert (target.contract == "cometapi") is (name in {"cometapi", "mock"})
    assert not target.models or target.place_models(contracts.load(target.contract))


def test_the_template_is_a_valid_target() -> None:
    """What `--init` writes can be loaded, but there is no target named template."""
    assert load(str(targets.TEMPLATE)).base_url.endswith("/v1")
    assert "template" not in targets.built_in()
    with pytest.raises(UsageError, match="--target must be a built-in target or a file"):
        load("template")


def test_an_unknown_target_is_a_usage_error() -> None:
    """The error names the most similar target and the command that writes a file."""
    with pytest.raises(UsageError, match=r"did you mean cometapi\?.*--init"):
        load("cometapy")


def test_a_target_is_loaded_from_a_file(tmp_path: Path) -> None:
    """Every setting of the file is in the target."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "https://gateway.example/v1"\n'
        'api_key_env = "MINE_KEY"\nconcurrency = 3\ntimeout = 1.5\nheaders = { X-Team = "qa" }\n'
        '[[models]]\ncolumn = "openai"\nid = "a"\nclass = "reasoning"\n',
        encoding="utf-8",
    )
    target = load(str(path))
    assert (target.concurrency, target.timeout, target.headers) == (3, 1.5, (("X-Team", "qa"),))
    assert target.models == (TargetModel("openai", "a", "reasoning"),)
    assert target.place_models(contract())[0].kind.name == "reasoning"


def test_an_unknown_key_is_a_usage_error(tmp_path: Path) -> None:
    """The error names the line and the most similar key."""
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\nname = "m"\ntitle = "M"\nbase_ulr = "https://a/v1"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 4: unknown key 'base_ulr' in the whole; did you mean base_url\?"):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("openai=gpt-4.1-mini", TargetModel("openai", "gpt-4.1-mini")),
        ("openai=vendor/m:free", TargetModel("openai", "vendor/m:free")),
        ("openai=a=b", TargetModel("openai", "a=b")),
        ("openai=a,class=reasoning", TargetModel("openai", "a", "reasoning")),
        ("openai=a,b", TargetModel("openai", "a,b")),
        ("openai=a,class=", TargetModel("openai", "a")),
        ("claude=a,version=2026-10-21", TargetModel("claude", "a", version="2026-10-21")),
        ("claude=a,class=claude,version=2026-10-21", TargetModel("claude", "a", "claude", version="2026-10-21")),
    ],
)
def test_a_model_is_read_from_an_option(text: str, model: TargetModel) -> None:
    """The form is COLUMN=ID[,class=NAME], and an id may contain nearly any character."""
    assert parse_model(text) == model


@pytest.mark.parametrize("text", ["", "gpt-4.1", "=a", "openai=", "openai=,class=chat"])
def test_an_invalid_model_is_a_usage_error(text: str) -> None:
    """The error gives the form and an example."""
    with pytest.raises(UsageError, match=r"COLUMN=ID.*--model openai=gpt-4.1-mini"):
        parse_model(text)


def test_a_target_can_be_given_a_name() -> None:
    """It replaces the one of the file or of the base URL; a name that no directory can have is refused."""
    assert adjust(MINE, base_url="https://10.0.0.1:8000/v1", name="my-gateway").name == "my-gateway"
    assert adjust(MINE, base_url="https://10.0.0.1:8000/v1").name == MINE.name
    for name in ("", "My Gateway", "../up", "-x"):
        with pytest.raises(UsageError, match="--target-name must be lower-case letters"):
            adjust(MINE, name=name)


def test_a_key_is_never_sent_to_another_base_url() -> None:
    """Another base URL drops the variable of the file, unless a variable is given with it."""
    assert adjust(MINE, base_url="https://elsewhere.example/v1").api_key_env is None
    assert adjust(MINE, base_url="https://elsewhere.example/v1", api_key_env="OTHER").api_key_env == "OTHER"
    assert adjust(MINE, models=["claude=b"]).api_key_env == "MINE_KEY"


@pytest.mark.parametrize(
    ("variable", "headers", "keyed"),
    [
        ("KEY", {}, True),
        ("KEY", {"HTTP-Referer": "https://example.com"}, True),
        ("KEY", {"X-Api-Key": "other"}, False),
        (None, {}, False),
    ],
)
def test_a_target_is_keyed_if_only_the_key_authorizes(
    variable: str | None, headers: dict[str, str], keyed: bool
) -> None:
    """It is not without a key, or with a header that could authorize a request too."""
    target = targets.Target("a", "A", "https://gateway.example:444/v1", variable, headers=tuple(headers.items()))
    assert target.keyed is keyed
    assert target.host == "gateway.example"


def test_options_replace_settings_of_the_file() -> None:
    """Settings without an option stay."""
    changed = adjust(MINE, models=["claude=b", "gemini=c"], contract="other", concurrency=2, api_key_env="K")
    assert [model.id for model in changed.models] == ["b", "c"]
    assert (changed.contract, changed.concurrency, changed.api_key_env) == ("other", 2, "K")
    assert adjust(MINE) == MINE


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://gateway.example/v1", "gateway.example"),
        ("http://127.0.0.1:8123/v1/", "127.0.0.1-8123"),
        ("http://Host.example:80/v1", "host.example-80"),
        ("http://[::1]:8123/v1", "1-8123"),
    ],
)
def test_a_nameless_target_is_named_after_its_address(base_url: str, name: str) -> None:
    """The name can be that of a folder; a target with a name keeps it."""
    named = adjust(Target("", "", ""), base_url=base_url)
    assert named.name == name
    assert named.base_url == base_url.rstrip("/")
    assert adjust(MINE, base_url=base_url).name == "mine"


@pytest.mark.parametrize("rest", ["?api_key=s3cr3t", "#s3cr3t", "?s3cr3t#s3cr3t", "?", "#", "/?x=s3cr3t"])
def test_a_base_url_must_end_with_its_path(rest: str, tmp_path: Path) -> None:
    """A query or fragment may be a secret: it is refused in the option and in a file, and not repeated in the error."""
    with pytest.raises(UsageError, match=r"--base-url must end with its path, without \?\.\.\. or #\.\.\.") as raised:
        adjust(MINE, base_url=f"https://gateway.example/v1{rest}")
    assert "--api-key-env" in str(raised.value)
    assert "s3cr3t" not in str(raised.value)
    path = tmp_path / "mine.toml"
    path.write_text(f'schema = 1\nname = "m"\ntitle = "M"\nbase_url = "https://a/v1{rest}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="line 4: base_url: must match") as raised:
        load(str(path))
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize(
    "base_url", ["gateway.example/v1?key=s3cr3t", "ftp://s3cr3t@a/v1", "http://a:s3cr3t@b:x/v1#s3cr3t"]
)
def test_an_invalid_base_url_is_repeated_without_secrets(base_url: str) -> None:
    """User, password, query and fragment are not shown."""
    with pytest.raises(UsageError) as raised:
        adjust(MINE, base_url=base_url)
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize(
    "base_url", ["", "gateway.example/v1", "ftp://a/v1", "https://", "http://[::1", "http://a:x/v1", "file:///etc"]
)
def test_an_invalid_base_url_is_a_usage_error(base_url: str) -> None:
    """The error gives an example."""
    with pytest.raises(UsageError, match=r"must be an http or https address, got .*; for instance https://"):
        adjust(MINE, base_url=base_url)


@pytest.mark.parametrize(
    "base_url", ["http://[::1", "http://a:99999/v1", "http://a:x/v1", "http://a b/v1", "http://a\\nb"]
)
def test_an_invalid_base_url_of_a_file_is_a_usage_error(base_url: str, tmp_path: Path) -> None:
    """It is held to the same rule as the option, and the error names the target."""
    path = tmp_path / "mine.toml"
    path.write_text(f'schema = 1\nname = "mine"\ntitle = "M"\nbase_url = "{base_url}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="base_url of target mine must be an http or https address, got "):
        load(str(path))


def test_a_password_in_a_base_url_is_a_usage_error(tmp_path: Path) -> None:
    """Every report contains the base URL, so it is refused in the option and in a file."""
    with pytest.raises(UsageError, match="must not contain a user or password; put the key into a variable") as raised:
        adjust(MINE, base_url="https://user:secret@gateway.example/v1")
    assert "secret" not in str(raised.value)
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\nname = "m"\ntitle = "M"\nbase_url = "https://u:p@a/v1"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="line 4: base_url"):
        load(str(path))


def test_a_key_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """White space around it is removed, and no field of the target contains it."""
    monkeypatch.setenv("MINE_KEY", " sk-123\n")
    assert MINE.key() == "sk-123"
    assert "sk-123" not in repr(MINE)
    assert adjust(MINE, base_url="http://a/v1").key() is None


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_variable_that_is_not_set_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """The error names the variable and the command that sets it."""
    monkeypatch.delenv("MINE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MINE_KEY", value)
    with pytest.raises(ConfigurationError, match=r"MINE_KEY.*is not set; export MINE_KEY=") as raised:
        MINE.key()
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("value", ["sk-1\n2", "sk-é", "sk-\u2026", "sk\x00"])
def test_a_key_that_cannot_be_sent_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """It is reported before anything is sent, and is not shown."""
    monkeypatch.setattr(keys.os, "environ", {"MINE_KEY": value})
    with pytest.raises(ConfigurationError, match="MINE_KEY") as raised:
        MINE.key()
    assert "sk" not in str(raised.value)


def test_a_target_without_models_is_a_configuration_error() -> None:
    """The error names the option to add."""
    with pytest.raises(ConfigurationError, match=r"must name at least one model; add --model openai="):
        Target("mine", "Mine", "https://a/v1").place_models(contract())


def test_a_duplicate_model_is_a_configuration_error() -> None:
    """Its cases would have the same ids."""
    with pytest.raises(ConfigurationError, match="duplicate model openai:a"):
        adjust(MINE, models=["openai=a", "openai=a,class=reasoning"]).place_models(contract())


@pytest.mark.parametrize("value", ["sk-secret", "MY KEY", "", "1KEY"])
def test_the_name_of_a_variable_is_checked_and_not_shown(value: str) -> None:
    """Somebody who gives the key itself in place of the name must not find it in the output."""
    with pytest.raises(UsageError, match="--api-key-env must be the name of a variable") as raised:
        adjust(MINE, api_key_env=value)
    assert not value or value not in str(raised.value)


def test_a_misspelt_key_of_a_model_is_refused() -> None:
    """It does not become part of the model's id."""
    with pytest.raises(
        UsageError, match=r"--model must be COLUMN=ID\[,class=NAME\]\[,version=DATE\], got 'one=a,clas=b'"
    ):
        adjust(MINE, models=["one=a,clas=b"])


def test_an_unknown_column_is_a_configuration_error() -> None:
    """The error names the most similar one."""
    with pytest.raises(ConfigurationError, match=r"must be in .*, got 'opena'; did you mean openai"):
        adjust(MINE, models=["opena=a"]).place_models(contract())


def test_another_base_url_drops_the_headers() -> None:
    """A header may be a key, and a key is never sent to another endpoint."""
    mine = Target("mine", "Mine", "https://a.example/v1", headers=(("x-token", "t"),))
    assert adjust(mine, base_url="https://b.example/v1").headers == ()
    assert adjust(mine, concurrency=2).headers == mine.headers


@pytest.mark.parametrize("model", ["a\x1b[2J", "a\nb", "a\u202eb", "a\u200bb", " a", "a\u00a0", "\udce9", "a\x7f"])
def test_an_id_that_no_report_could_name_is_refused(tmp_path: Path, model: str) -> None:
    """One error says where it is, in a file and as an option; other signs are part of ids."""
    with pytest.raises(UsageError, match="the id of --model must be printable, without blanks at its ends") as raised:
        parse_model(f"openai={model}")
    assert str(raised.value).isprintable()
    if model.isascii():
        path = tmp_path / "mine.toml"
        head = 'schema = 1\nname = "m"\ntitle = "M"\nbase_url = "https://a/v1"\n'
        text = f'{head}[[models]]\ncolumn = "openai"\nid = "{escaped(model)}"\n'
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="the id of a model of target m must be printable"):
            load(str(path))
    assert parse_model("openai=ft:a=b@c:d::e|f`g'h\"i é 日").id == "ft:a=b@c:d::e|f`g'h\"i é 日"


def escaped(text: str) -> str:
    """Return text for a TOML string."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
