"""`python -m tests.support.dying MARK`: a mock gateway whose process ends at the first request whose body contains MARK."""

import os
import sys
from typing import Any

from conformance.mock.server import serving
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options
from tests.support.driving import KEY


def main() -> None:
    """Serve until the fatal request, or until stdin closes."""
    mark = sys.argv[1].encode()
    options = Options(host="127.0.0.1", port=0, api_key=KEY, until_stdin_closes=True)
    gateway, listener = Gateway(options), serving.listen(options)
    answer: Any = gateway.app

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def read() -> Any:
            message = await receive()
            if mark in message.get("body", b""):
                os._exit(9)
            return message

        await answer(scope, read, send)

    gateway.app = app  # type: ignore[assignment]
    serving.Server(gateway, serving.base_url(options, listener)).run([listener])


if __name__ == "__main__":
    main()
