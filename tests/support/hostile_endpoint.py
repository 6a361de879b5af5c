"""An endpoint on real sockets that answers plain requests correctly, and all others as the test chooses."""

import json
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

GOOD = json.dumps(
    {
        "id": "c1", "object": "chat.completion", "created": 1_800_000_000, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
    }
).encode()  # fmt: skip
JSON, EVENTS = "content-type: application/json", "content-type: text/event-stream"


class Wire:
    """One connection.  Writing fails once the client has closed it, which ends an endless answer."""

    def __init__(self, connection: socket.socket, stopped: threading.Event, heads: list[str]) -> None:
        self.connection = connection
        self.stopped = stopped
        self.heads = heads

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def head(self, *headers: str, status: int = 200) -> None:
        """Send status line and headers."""
        self.send("\r\n".join([f"HTTP/1.1 {status} told", *headers, "", ""]).encode("latin-1"))

    def answer(self, body: bytes, *headers: str, status: int = 200, kind: str = JSON) -> None:
        """Send a complete answer."""
        self.head(kind, f"content-length: {len(body)}", *headers, status=status)
        self.send(body)

    def forever(self, data: bytes, every: float = 0.0) -> None:
        """Send the same data repeatedly, every `every` seconds, until the client closes the connection or the test ends."""
        while not self.stopped.wait(every) if every else not self.stopped.is_set():
            self.send(data)

    def silent(self) -> None:
        """Send nothing until the client closes the connection."""
        self.connection.recv(1)

    def reset(self) -> None:
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        os.close(self.connection.detach())


Answer = Callable[[Wire], None]


class Hostile:
    """An endpoint on a port; the first part of the path selects the answer to a request that is not plain."""

    def __init__(self, answers: dict[str, Answer], context: ssl.SSLContext | None = None, host: str = "127.0.0.1"):
        self._answers, self._context = answers, context
        self.polite = True  # whether plain requests are answered correctly
        self._listener = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256
        )
        self.port = self._listener.getsockname()[1]
        self.stopped = threading.Event()
        self.heads: list[str] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name: str, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}/{quote(name, safe='')}/v1"

    def close(self) -> None:
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with suppress(OSError, ValueError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            file = connection.makefile("rb")
            while head := self._head(file):
                self.heads.append(head)
                length = next(
                    (line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")),
                    "0",
                )
                body = file.read(int(length))
                wire = Wire(connection, self.stopped, self.heads)
                name = unquote(head.split("/")[1])
                if name in self._answers and (not self.polite or _is_hostile(body)):
                    self._answers[name](wire)
                else:
                    wire.answer(GOOD)

    @staticmethod
    def _head(file: Any) -> str:
        lines = iter(lambda: file.readline(), b"\r\n")
        return b"".join(line for line in lines if line or _gone()).decode("latin-1")


def _gone() -> bool:
    raise ConnectionError


def _is_hostile(body: bytes) -> bool:
    """Whether a request says anything beside its model, its messages and a cap."""
    try:
        sent = json.loads(body)
    except ValueError:
        return True
    return not isinstance(sent, dict) or bool(
        sent.keys() - {"model", "messages", "max_tokens", "max_completion_tokens"}
    )


@contextmanager
def serving(
    answers: dict[str, Answer], context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Hostile]:
    """A running endpoint with these answers by name."""
    endpoint = Hostile(answers, context, host)
    try:
        yield endpoint
    finally:
        endpoint.close()


def certificate(folder: Path, *names: str) -> Path:
    """A self-signed certificate with its key, in one file, for these names."""
    file, alternatives = folder / "self.pem", ",".join(names)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hostile"]
    command += ["-addext", f"subjectAltName={alternatives}", "-keyout", str(folder / "key.pem"), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    file.write_bytes(file.read_bytes() + (folder / "key.pem").read_bytes())
    return file
