"""Running ahead: trials on one background event loop, bounded, in the order in which they will be reported.

The thread, the queue, waiting and stopping live here.  What a trial is comes from `trial`, who waits for it is the plugin's
business.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from conformance.trial.trial import Interrupted, Outcome

Key = TypeVar("Key")
Job = Callable[[], Coroutine[Any, Any, Outcome]]
AHEAD = 4
_HANGS = 60.0  # seconds; ending takes milliseconds, and on a busy machine longer
_SWITCH_SECONDS = 0.0001


class Pending:
    """What will become of a job.  A run has one for each case, so it is kept small: a bell is hung up only by who waits."""

    __slots__ = ("_bell", "_error", "_lock", "_over", "_then", "_value")

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._over = False
        self._value: Outcome | None = None
        self._error: BaseException | None = None
        self._bell: threading.Event | None = None
        self._then: Callable[[Pending], None] | None = None

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is over, after at most so many seconds."""
        with self._lock:
            bell = self._bell = None if self._over else self._bell or threading.Event()
        return bell is None or bell.wait(timeout)

    def result(self, timeout: float | None = None) -> Outcome:
        """The outcome; raises what the job raised, CancelledError, or TimeoutError after so many seconds."""
        if not self.wait(timeout):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        assert self._value is not None
        return self._value

    def add_done_callback(self, then: Callable[[Pending], None]) -> None:
        """Call `then` when it is over, on the thread that ends it."""
        with self._lock:
            self._then = then
            over = self._over
        if over:
            then(self)

    def cancel(self) -> None:
        self.finish(None, CancelledError())

    def finish(self, value: Outcome | None, error: BaseException | None = None) -> None:
        """What became of it; who waits is told."""
        with self._lock:
            self._over, self._value, self._error = True, value, error
            bell, then = self._bell, self._then
            self._bell = None
        if bell:
            bell.set()
        if then:
            then(self)


class Runner:
    """Runs jobs ahead of whoever waits for them: at most `workers` at once, first come first served."""

    def __init__(self, workers: int, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._workers = workers
        self._close = close
        self._loop = asyncio.new_event_loop()
        self._queue: asyncio.Queue[tuple[Job, Pending]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="conformance-loop", daemon=True)
        sys.setswitchinterval(_SWITCH_SECONDS)  # else a busy main thread delays an answer by 5 ms and more
        self._thread.start()

    def start(self, jobs: Iterable[Job]) -> list[Pending]:
        """Queue jobs; they finish in about this order."""
        pairs = [(job, Pending(self._lock)) for job in jobs]
        self._loop.call_soon_threadsafe(self._feed, pairs)
        return [pending for _, pending in pairs]

    def stop(self) -> None:
        """Cancel what is queued and in flight, close connections, end the thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._wind_down(), self._loop).result(timeout=_HANGS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_HANGS)
        self._loop.close()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _feed(self, pairs: list[tuple[Job, Pending]]) -> None:
        for pair in pairs:
            self._queue.put_nowait(pair)
        while len(self._tasks) < self._workers:
            self._tasks.append(self._loop.create_task(self._work()))

    async def _work(self) -> None:
        while True:
            job, pending = await self._queue.get()
            try:
                pending.finish(await job())
            except Interrupted as cut:
                pending.finish(cut.outcome)
                raise
            except asyncio.CancelledError:
                pending.finish(None, Stopped())
                raise
            except Exception as error:  # noqa: BLE001  our own fault: it belongs to whoever waits, not to this thread
                pending.finish(None, error)

    async def _wind_down(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()[1].cancel()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._close()


class Stopped(Exception):
    """The run ended before this trial did."""
