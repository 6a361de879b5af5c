"""The proxy of a target: which the environment names for it, and that an unusable one is a sentence."""

import pytest

from conformance.base.errors import ConfigurationError
from conformance.sending import proxies
from conformance.sending.proxies import proxy_of

REMOTE = "http://gateway.example/v1"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, REMOTE, None),
        ({"HTTP_PROXY": PROXY}, REMOTE, PROXY),
        ({"http_proxy": "proxy.example:3128"}, REMOTE, PROXY),
        ({"HTTPS_PROXY": PROXY}, REMOTE, None),
        ({"HTTPS_PROXY": PROXY}, "https://gateway.example/v1", PROXY),
        ({"ALL_PROXY": PROXY}, REMOTE, PROXY),
        ({"ALL_PROXY": "socks5://x", "HTTP_PROXY": PROXY}, REMOTE, PROXY),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "other.example, gateway.example"}, REMOTE, None),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "*"}, REMOTE, None),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "[::1]:5,,é, http://x:99999,\x01"}, REMOTE, PROXY),
        ({"HTTP_PROXY": "::nothing::"}, "http://127.0.0.1:8123/v1", None),
        ({"ALL_PROXY": "socks5://x"}, "http://[::1]:8123/v1", None),
        ({"ALL_PROXY": "socks5://x"}, "http://localhost:8123/v1", None),
    ],
)
def test_the_proxy_of_a_url(
    variables: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of its scheme, else that of all; none for hosts of NO_PROXY and for this machine."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(url) == expected


@pytest.mark.parametrize(
    "value",
    [
        "::nothing::",
        "http://user:s3cr3t@proxy.example:99999",
        "http://",
        "http://[::1",
        "ftp://user:s3cr3t@proxy.example",
        "socks4://proxy.example",
        "http://a\nb",
        "http://a b",
        "http://proxy.example:0",
    ],
)
def test_an_unusable_proxy_is_a_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable and what to do; the value may hold a password, and is not shown."""
    monkeypatch.setenv("HTTP_PROXY", value)
    with pytest.raises(
        ConfigurationError, match=r"HTTP_PROXY must be an address such as .*; correct or unset"
    ) as raised:
        proxy_of(REMOTE)
    assert "s3cr3t" not in str(raised.value)


def test_a_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the error says how to install it; with it the proxy is used."""
    monkeypatch.setenv("ALL_PROXY", "socks5://user:s3cr3t@127.0.0.1:1080")
    monkeypatch.setattr(proxies, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="pip install socksio") as raised:
        proxy_of(REMOTE)
    assert "s3cr3t" not in str(raised.value)
    monkeypatch.setattr(proxies, "find_spec", lambda name: object())
    assert proxy_of(REMOTE) == "socks5://user:s3cr3t@127.0.0.1:1080"


def test_a_variable_that_goes_while_the_environment_is_read_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest removes one of its own in another thread; the environment is read again."""
    left = ["PYTEST_CURRENT_TEST", "PYTEST_CURRENT_TEST"]

    def busy() -> dict[str, str]:
        if left:
            raise KeyError(left.pop())
        return {"http": PROXY}

    monkeypatch.setattr(proxies, "getproxies", busy)
    assert proxy_of(REMOTE) == PROXY
    assert not left
