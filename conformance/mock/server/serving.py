"""A gateway on a real socket: in the foreground until a signal or the end of stdin, or in a thread for tests."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn

from conformance.mock.server.app import Gateway
from conformance.mock.server.nearest import StartError
from conformance.mock.server.options import Options
from conformance.mock.server.wire import CutOff

BACKLOG = 2048
KEEP_ALIVE = 600  # seconds; clients that pool connections must not meet one that just closed
CANNOT_START = 2  # exit code


class Server(uvicorn.Server):
    """Uvicorn for one gateway; it says when it listens, and ends at once, dropping answers that are under way."""

    def __init__(self, gateway: Gateway, announcement: str = "") -> None:
        super().__init__(
            uvicorn.Config(
                gateway.app,
                loop="asyncio",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=0,
            )
        )
        logging.getLogger("uvicorn.error").addFilter(not_cut_off)
        self.announcement = announcement
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announcement:
            print(self.announcement, flush=True)
        self.listening.set()

    def end(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End the server soon; take what a signal handler is given."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # dropped answers are no errors here
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def not_cut_off(record: logging.LogRecord) -> bool:
    """Return whether a record is about anything but an answer that is meant to be cut off; uvicorn closes its connection."""
    return not (record.exc_info and isinstance(record.exc_info[1], CutOff))


def serve(options: Options) -> int:
    """Serve until a signal, or until stdin closes where the options say so, and return the exit code."""
    try:
        gateway = Gateway(options)
        listener = listen(options)
    except StartError as error:
        print(f"conformance mock: {error}", file=sys.stderr)
        return CANNOT_START
    server = Server(gateway, f"mock gateway on {base_url(options, listener)}")
    if options.until_stdin_closes:
        threading.Thread(target=end_with_stdin, args=(server,), daemon=True).start()
    server.run([listener])
    print(f"mock gateway answered {gateway.app.requests} requests", file=sys.stderr)
    return 0


@contextlib.contextmanager
def running(options: Options) -> Iterator[str]:
    """Yield a gateway in a thread of this process: the base URL, which ends in /v1."""
    gateway = Gateway(options)
    listener = listen(options)
    server = Server(gateway)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    server.listening.wait()
    try:
        yield base_url(options, listener)
    finally:
        server.end()
        thread.join()


def listen(options: Options) -> socket.socket:
    """Return the socket to serve on."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # asyncio sends small pieces at once only where the protocol is named; an unnamed one costs 40 ms per answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        where = f"port {options.port} of {options.host}"
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise StartError(f"{where} is in use; give another --port, or --port 0 for a free one.") from None
        raise StartError(f"cannot listen on {where}: {error}") from None
    return listener


def base_url(options: Options, listener: socket.socket) -> str:
    """Return what clients are given as base URL."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{listener.getsockname()[1]}/v1"


def end_with_stdin(server: Server) -> None:
    """End the server when stdin reaches its end; read past Python's buffers, whose locks outlive a daemon thread."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.end()
