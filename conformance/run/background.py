"""Run trials ahead of the reporter, on one event loop in a background thread, a limited number at once.

The thread, the queue, waiting and stopping live here.  What a trial does is known to `trial`; who waits for it, to the plugin.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from conformance.trial.trial import Interrupted, Outcome


@dataclass(frozen=True)
class Later:
    """The rest of a job that has nothing more to send and waits for another one, which may still be queued.

    `interrupted` is its outcome if the run ends before the rest begins.
    """

    rest: Callable[[], Coroutine[Any, Any, Outcome]]
    interrupted: Outcome


Job = Callable[[], Coroutine[Any, Any, "Outcome | Later"]]

# Cases in progress for each request that may be in flight.  Most of the time a case waits: for a shared control, for a repeat,
# or for the pace.  With fewer cases connections would be idle meanwhile; with more, cases finish later and more memory is in
# use.
CASES_PER_SLOT = 4

# Seconds to wait for the thread to end.  It takes milliseconds, and longer only on a busy machine.
_END_TIMEOUT = 60.0

# Seconds after which Python switches between threads.  With its default of 5 ms a busy main thread delays each reply by 5 ms and
# more, which adds up to seconds in a run; much shorter intervals make the switching itself noticeable.
_SWITCH_INTERVAL = 0.0001


class Pending:
    """The future result of a job, like `concurrent.futures.Future`.

    A run has one for each case, up to tens of thousands, so it is small: all share one lock, and an event is created only if
    somebody waits.
    """

    __slots__ = ("_callback", "_done", "_error", "_event", "_lock", "_value")

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._done = False
        self._value: Outcome | None = None
        self._error: BaseException | None = None
        self._event: threading.Event | None = None
        self._callback: Callable[[Pending], None] | None = None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the job, at most `timeout` seconds, and return whether it is done."""
        with self._lock:
            event = self._event = None if self._done else self._event or threading.Event()
        return event is None or event.wait(timeout)

    def result(self, timeout: float | None = None) -> Outcome:
        """Return the outcome; raises what the job raised, CancelledError, or TimeoutError after `timeout` seconds."""
        if not self.wait(timeout):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        assert self._value is not None
        return self._value

    def add_done_callback(self, callback: Callable[[Pending], None]) -> None:
        """Call `callback` when the job is done, on the thread that finishes it, or now if it is done already."""
        with self._lock:
            self._callback = callback
            done = self._done
        if done:
            callback(self)

    def cancel(self) -> None:
        self.finish(None, CancelledError())

    def settle(self, value: Outcome) -> None:
        """Set the result if there is none yet: a task that is cancelled before it begins sets none."""
        if not self._done:
            self.finish(value)

    def finish(self, value: Outcome | None, error: BaseException | None = None) -> None:
        """Set the result or the error, and wake whoever waits."""
        with self._lock:
            self._done, self._value, self._error = True, value, error
            event, callback = self._event, self._callback
            self._event = None
        if event:
            event.set()
        if callback:
            callback(self)


class Runner:
    """Runs jobs on a background thread: at most `workers` at once, in the order in which they were queued."""

    def __init__(self, workers: int, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._workers = workers
        self._close = close
        self._loop = asyncio.new_event_loop()
        self._queue: asyncio.Queue[tuple[Job, Pending]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._patient: set[asyncio.Task[None]] = set()  # the loop itself holds tasks weakly
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="conformance-loop", daemon=True)
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._thread.start()

    def start(self, jobs: Iterable[Job], *, patient: bool = False) -> list[Pending]:
        """Queue jobs and return their results to come, in the same order.

        Those that are `patient` mostly wait for others, so each begins at once and takes no worker's place.
        """
        pairs = [(job, Pending(self._lock)) for job in jobs]
        self._loop.call_soon_threadsafe(self._begin if patient else self._enqueue, pairs)
        return [pending for _, pending in pairs]

    def stop(self) -> None:
        """Cancel all jobs that are not done, close connections, and end the thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(timeout=_END_TIMEOUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_END_TIMEOUT)
        self._loop.close()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _enqueue(self, pairs: list[tuple[Job, Pending]]) -> None:
        for pair in pairs:
            self._queue.put_nowait(pair)
        while len(self._tasks) < self._workers:
            self._tasks.append(self._loop.create_task(self._work()))

    def _begin(self, pairs: list[tuple[Job, Pending]]) -> None:
        self._patient |= {self._loop.create_task(self._finish(job, pending)) for job, pending in pairs}

    async def _work(self) -> None:
        while True:
            await self._finish(*await self._queue.get())

    async def _finish(self, job: Job, pending: Pending) -> None:
        try:
            result = await job()
            if isinstance(result, Later):
                rest = self._loop.create_task(self._finish(result.rest, pending))
                self._patient.add(rest)
                rest.add_done_callback(lambda _: pending.settle(result.interrupted))
            else:
                pending.finish(result)
        except Interrupted as interrupted:
            pending.finish(interrupted.outcome)
            raise
        except asyncio.CancelledError:
            pending.finish(None, Stopped())
            raise
        except Exception as error:  # noqa: BLE001  a fault of the suite, raised where the result is awaited
            pending.finish(None, error)

    async def _cancel_all(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()[1].cancel()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._close()


class Stopped(Exception):
    """The run was stopped before this trial was done."""
