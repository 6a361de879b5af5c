"""One JSON document sent to a service that is no endpoint under test: a webhook, or the API that makes issues.

The address may be a secret and is in no message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.base.errors import ConformanceError, UsageError
from conformance.sending.client import httpx
from conformance.sending.proxies import proxy_of

_TIMEOUT = 30.0  # seconds; whoever is told waits for nothing, and the next night tells again


class NotDelivered(ConformanceError):
    """A message that did not arrive; what it says is told again later."""

    exit_code = 2


def post(url: str, document: Mapping[str, Any], headers: Mapping[str, str], where: str) -> None:
    """Send a document; `where` names the address in errors.

    Raises UsageError for an address that is none, ConfigurationError for an unusable proxy, and NotDelivered if it does not
    answer with 2xx.  Redirects are not followed: a token in the headers is meant for one host.
    """
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{where} must be an http or https address", "check the value; it is not shown")
    hint = "it is told again with the next night"
    try:
        reply = httpx.post(
            url,
            json=dict(document),
            headers=dict(headers),
            timeout=_TIMEOUT,
            verify=httpx.create_ssl_context(),
            proxy=proxy_of(url),
            trust_env=False,  # the proxy is all that would be read from the environment
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotDelivered(f"{where} was not reached: {type(error).__name__}", hint) from None
    if not reply.is_success:
        raise NotDelivered(f"{where} must answer with 2xx, got {reply.status_code}", hint)
