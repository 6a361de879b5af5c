"""Serving a gateway on a real socket: in the foreground until a signal or the end of stdin, or in a thread for tests."""

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

# Connections that may wait to be accepted: uvicorn's default.  Runs with hundreds of workers connect all at once.
BACKLOG = 2048
# Seconds that an idle connection stays open.  Longer than any pause of a run, because a client that reuses a pooled connection at
# the moment in which the server closes it gets an error that looks like a defect.
KEEP_ALIVE = 600
CANNOT_START = 2  # exit code when the options cannot be served


class Server(uvicorn.Server):
    """Uvicorn for one gateway: announces when it listens, and ends at once, dropping unfinished answers."""

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
        logging.getLogger("uvicorn.error").addFilter(is_not_cut_off)
        self.announcement = announcement
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announcement:
            print(self.announcement, flush=True)
        self.listening.set()

    def end(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the server to end; the parameters are those of a signal handler."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # uvicorn logs dropped answers as errors
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


def is_not_cut_off(record: logging.LogRecord) -> bool:
    """Return whether a log record should be kept: it is not about an answer that a defect cuts off on purpose."""
    return not (record.exc_info and isinstance(record.exc_info[1], CutOff))


def serve(options: Options) -> int:
    """Serve until a signal or, if the options say so, until stdin closes; return the exit code."""
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
    """Serve a gateway in a thread of this process, and yield its base URL, which ends in /v1; raise StartError."""
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
    """Return a listening socket for the host and port of the options; raise StartError if there is none."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; without it, small pieces wait 40 ms for an acknowledgement.
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
            raise StartError(f"{where} is in use; choose another --port, or --port 0 for a free one.") from None
        raise StartError(f"cannot listen on {where}: {error}") from None
    return listener


def base_url(options: Options, listener: socket.socket) -> str:
    """Return the base URL for clients of a listening socket."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{listener.getsockname()[1]}/v1"


def end_with_stdin(server: Server) -> None:
    """End the server when stdin closes.

    Reads the file descriptor: sys.stdin has a lock, and the interpreter waits for it on exit if a daemon thread holds it.
    """
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.end()
