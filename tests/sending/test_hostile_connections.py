"""Connections that do not come about, or come about another way: TLS, names, IPv6, HTTP/2, and those closed meanwhile."""

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
    """So many exchanges in a row over one connection, if it stays."""

    async def run() -> list[Exchange]:
        sending = Transport(Target("hostile", "Hostile", base_url, timeout=timeout, concurrency=1))
        try:
            return [await sending.send(request(top_p=0.5, seed=number)) for number in range(count)]
        finally:
            await sending.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed, for another host."""
    return certificate(tmp_path_factory.mktemp("tls"), "DNS:other.example")


@pytest.fixture
def secure(own: Path) -> Iterator[Hostile]:
    """An endpoint with TLS that offers HTTP/2 and HTTP/1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with serving({"x": lambda wire: wire.answer(GOOD)}, context) as endpoint:
        yield endpoint


def test_a_self_signed_certificate_is_not_accepted(secure: Hostile) -> None:
    """The key is not sent to whoever happens to answer."""
    [found] = exchanges(secure.url("x", "https"))
    assert (found.status, found.failure) == (None, "connection")
    assert "certificate" in found.failure_detail.lower()
    assert secure.heads == []


def test_a_certificate_must_be_for_the_host(own: Path, secure: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is trusted and for another host is refused."""
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    [found] = exchanges(secure.url("x", "https", "localhost"))
    assert (found.status, found.failure) == (None, "connection")


def test_where_http_2_is_offered_as_well_http_1_is_spoken(
    secure: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a trusted certificate for this host."""
    fitting = certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(fitting))
    secure._context.load_cert_chain(fitting)
    [found] = exchanges(secure.url("x", "https"))
    assert (found.status, found.failure) == (200, None), found.failure_detail


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_http_and_https_mixed_up_are_failures(secure: Hostile) -> None:
    """Either way round; a server that waits for the end of a line in what is none runs into the time limit."""
    with serving({"x": lambda wire: wire.answer(GOOD)}) as plain:
        for url in (secure.url("x"), plain.url("x", "https")):
            [found] = exchanges(url, timeout=1)
            assert found.status is None
            assert found.failure in {"connection", "timeout"}
    gc.collect()  # the client library leaves the socket of a handshake that was given up to the garbage collector


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 70}.invalid"])
def test_a_name_that_leads_nowhere_is_a_failure(host: str) -> None:
    """However it cannot be looked up."""
    [found] = exchanges(f"http://{host}:9/v1")
    assert (found.status, found.failure) == (None, "connection")


def test_an_ipv6_address_works() -> None:
    """In brackets, as in every address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving({"x": lambda wire: wire.answer(GOOD)}, host="::1") as endpoint:
        [found] = exchanges(endpoint.url("x", host="[::1]"))
    assert (found.status, found.failure) == (200, None)


def test_a_connection_closed_after_each_answer_does_no_harm() -> None:
    """The next request finds another one."""
    with serving({"x": late_and_gone}) as endpoint:
        found = exchanges(endpoint.url("x"), 4)
    assert [(each.status, each.failure) for each in found] == [(200, None)] * 4
    assert endpoint.connections >= 4


def test_cookies_are_not_sent_back() -> None:
    """One request says nothing to the next."""
    with serving({"x": lambda wire: wire.answer(GOOD, "set-cookie: a=b; path=/")}) as endpoint:
        exchanges(endpoint.url("x"), 2)
    assert len(endpoint.heads) == 2
    assert not any("cookie" in each.lower() for each in endpoint.heads)
