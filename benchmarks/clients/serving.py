"""A server that answers every request below /NUMBER with the body of that number, as one event stream or one JSON body."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Body = tuple[str, str]
"""A content type and a text."""


@contextmanager
def serving(bodies: Sequence[Body]) -> Iterator[str]:
    """Serve bodies on a free port, and yield the address without a number."""

    class Handler(BaseHTTPRequestHandler):
        """Answers one request; the connection closes behind it, as the end of a stream does."""

        def do_POST(self) -> None:
            """Send the body of the number in the path."""
            self.rfile.read(int(self.headers.get("content-length", 0)))
            kind, text = bodies[int(self.path.split("/")[1])]
            sent = text.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
