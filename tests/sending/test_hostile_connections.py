"""Unusual connections: TLS, unknown hosts, IPv6, HTTP/2, and connections that the server closes."""

import asyncio
import gc
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.http.exchange import Exchange
from conformance.sending.transport import Transport
from conformance.target.targets import Target
from tests.support.hostile_answers import late_and_gone
from tests.support.hostile_endpoint import GOOD, Hostile, certificate, serving
from tests.support.making import request


def exchanges(base_url: str, count: int = 1, timeout: float = 600) -> list[Exchange]:
    """Return exchanges sent one after the other, over one connection as long as it stays open."""

    async def run() -> list[Exchange]:
        sending = Transport(Target("hostile", "Hostile", base_url, timeout=timeout, concurrency=1))
        try:
            return [await sending.send(request(top_p=0.5, seed=number)) for number in range(count)]
        finally:
            await sending.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def other_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for another host."""
    return certificate(tmp_path_factory.mktemp("tls"), "DNS:other.example")


@pytest.fixture
def secure(other_certificate: Path) -> Iterator[Hostile]:
    """An endpoint with TLS that offers HTTP/2 and HTTP/1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(other_certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with serving({"x": lambda wire: wire.answer(GOOD)}, context) as endpoint:
        yield endpoint


def test_a_self_signed_certificate_is_not_accepted(secure: Hostile) -> None:
    """The key is not sent to a server that cannot prove who it is."""
    [exchange] = exchanges(secure.url("x", "https"))
    assert (exchange.status, exchange.failure) == (None, "connection")
    assert "certificate" in exchange.failure_detail.lower()
    assert secure.heads == []


def test_a_certificate_must_be_for_the_host(
    other_certificate: Path, secure: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted certificate for another host is refused."""
    monkeypatch.setenv("SSL_CERT_FILE", str(other_certificate))
    [exchange] = exchanges(secure.url("x", "https", "localhost"))
    assert (exchange.status, exchange.failure) == (None, "connection")


def test_http_1_is_used_if_http_2_is_offered_too(
    secure: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has a trusted certificate for this host and offers both."""
    fitting = certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(fitting))
    secure._context.load_cert_chain(fitting)
    [exchange] = exchanges(secure.url("x", "https"))
    assert (exchange.status, exchange.failure) == (200, None), exchange.failure_detail


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_http_and_https_mixed_up_are_failures(secure: Hostile) -> None:
    """HTTP to a TLS server and TLS to an HTTP server fail; the latter may wait for the end of a line until the timeout."""
    with serving({"x": lambda wire: wire.answer(GOOD)}) as plain:
        for url in (secure.url("x"), plain.url("x", "https")):
            [exchange] = exchanges(url, timeout=1)
            assert exchange.status is None
            assert exchange.failure in {"connection", "timeout"}
    gc.collect()  # the client library leaves the socket of an abandoned handshake to the garbage collector


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 70}.invalid"])
def test_an_unknown_host_is_a_failure(host: str) -> None:
    """This holds for a name that does not exist and for one that is invalid."""
    [exchange] = exchanges(f"http://{host}:9/v1")
    assert (exchange.status, exchange.failure) == (None, "connection")


def test_an_ipv6_address_works() -> None:
    """It is written in brackets, as in any URL."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving({"x": lambda wire: wire.answer(GOOD)}, host="::1") as endpoint:
        [exchange] = exchanges(endpoint.url("x", host="[::1]"))
    assert (exchange.status, exchange.failure) == (200, None)


def test_a_server_may_close_the_connection_after_each_answer() -> None:
    """The next request opens a new one."""
    with serving({"x": late_and_gone}) as endpoint:
        answered = exchanges(endpoint.url("x"), 4)
    assert [(exchange.status, exchange.failure) for exchange in answered] == [(200, None)] * 4
    assert endpoint.connections >= 4


def test_cookies_are_not_sent_back() -> None:
    """A cookie would make one case depend on another."""
    with serving({"x": lambda wire: wire.answer(GOOD, "set-cookie: a=b; path=/")}) as endpoint:
        exchanges(endpoint.url("x"), 2)
    assert len(endpoint.heads) == 2
    assert not any("cookie" in head.lower() for head in endpoint.heads)
