"""Endpoints with canned answers, for behaviour that no gateway should show."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, str, dict[str, str]]
Behave = Callable[[dict[str, str], Any], Answer]


@dataclass
class Canned:
    """A running endpoint: its base URL and the bodies of the requests that it got."""

    base_url: str
    bodies: list[Any] = field(default_factory=list)


@contextmanager
def serving(behave: Behave) -> Iterator[Canned]:
    """Serve an endpoint; `behave` returns status, body and headers for the headers and the JSON of a request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = json.loads(text) if text.startswith(b"{") and text.endswith(b"}") else None
            canned.bodies.append(sent)
            status, body, headers = behave({name.lower(): value for name, value in self.headers.items()}, sent)
            content = body.encode()
            fields = {"content-type": "application/json", **headers, "content-length": str(len(content))}
            head = f"HTTP/1.1 {status} Canned\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            self.wfile.write(
                head.encode() + b"\r\n" + content
            )  # in one piece: two pieces would wait 40 ms for a delayed acknowledgement

        do_GET = do_POST  # noqa: N815  the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Ignore a client that closed the connection."""

    with Server(("127.0.0.1", 0), Handler) as server:
        canned = Canned(f"http://127.0.0.1:{server.server_port}/v1")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield canned
        finally:
            server.shutdown()


def completion(text: str, **more: Any) -> str:
    """Return an answer with one choice."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    whole = {"id": "c1", "object": "chat.completion", "created": 1_800_000_000, "model": "m", "choices": [choice]}
    return json.dumps({**whole, "usage": usage, **more})


def error(message: str, **more: Any) -> str:
    """Return an error in the documented envelope."""
    return json.dumps(
        {"error": {"message": message, "type": "invalid_request_error", "code": None, "param": None, **more}}
    )
