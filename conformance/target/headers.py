"""Which headers a target may add to its requests."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.base.errors import ConfigurationError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # the name of a header: RFC 9110, 5.6.2

# Headers that describe the message or the connection, which differ with each request, or the host, which base_url names.  Another
# value makes the endpoint wait for a body that never comes, or read the suite's requests as something else: a fault of ours.
_OWN = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def check(headers: Iterable[tuple[str, str]], target: str) -> None:
    """Raise ConfigurationError for a header that cannot be sent, or that would make every request another one.

    No value is shown, since it may be a secret, nor a name that is none, since it may have the value in it.
    """
    for number, (name, value) in enumerate(headers, 1):
        if not _TOKEN.fullmatch(name):
            raise ConfigurationError(
                f"the name of header {number} of target {target} must be letters, digits and hyphens",
                'correct it in [headers], where a header is NAME = "VALUE"',
            )
        if name.lower() in _OWN:
            remedy = "name the host in base_url" if name.lower() == "host" else "remove it from [headers]"
            raise ConfigurationError(f"header {name} of target {target} is set by the suite for each request", remedy)
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise ConfigurationError(
                f"header {name} of target {target} must be printable ASCII on one line, without spaces around it",
                "write its value again",
            )
