"""The proxy that requests to a URL go through, as the environment names it: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

The HTTP client would read these variables itself, with each connection anew, and end with an exception for a value that it cannot
use.  Here they are read once and checked, so that such a value is one sentence before anything is sent.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from conformance.base.errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")  # those of the HTTP client
_SOCKS = "socksio"  # the package that the HTTP client speaks SOCKS with, and that it does not install by itself
_READINGS = 10  # of the environment; that another thread changes it at each of them does not happen


def proxy_of(url: str) -> str | None:
    """Return the address of the proxy for a URL, None if it needs none; raises ConfigurationError for an unusable one.

    An address of this machine needs none, whatever the variables say: a proxy elsewhere could not reach it.

    pytest sets and removes a variable of its own in another thread, and reading all variables at this moment raises KeyError, so
    that they are read again.
    """
    for _ in range(_READINGS - 1):
        with suppress(KeyError):
            return _read(url)
    return _read(url)


def _read(url: str) -> str | None:
    parts, proxies = urlsplit(url), getproxies()
    scheme = parts.scheme if proxies.get(parts.scheme) else "all"
    address, host = proxies.get(scheme), parts.hostname or ""
    if not address or _is_local(host) or proxy_bypass(host):
        return None
    address = address if "://" in address else f"http://{address}"
    _check(address, _variable(scheme))
    return address


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _variable(scheme: str) -> str:
    """Return the name of the variable that names the proxy for a scheme; some systems have a setting in its place."""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the proxy of this system")


def _check(address: str, variable: str) -> None:
    """Raise ConfigurationError for an address that the client cannot use.  It may hold a password, so it is not shown."""
    remedy = f"correct or unset {variable}, or name the host of the base URL in NO_PROXY"
    if not _usable(address):
        raise ConfigurationError(
            f"{variable} must be an address such as http://proxy.example:3128, and is none", remedy
        )
    if address.startswith("socks") and find_spec(_SOCKS) is None:
        raise ConfigurationError(
            f"{variable} names a SOCKS proxy, for which the package {_SOCKS} is not installed",
            f"pip install {_SOCKS}, or {remedy}",
        )


def _usable(address: str) -> bool:
    try:
        parts = urlsplit(address)
        whole = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        return whole and address.isascii() and address.isprintable() and " " not in address
    except ValueError:  # a port that is none, or half a pair of brackets
        return False
