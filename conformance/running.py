"""Running ahead: trials on one background event loop, bounded, in the order in which they will be reported.

The thread, the queue and stopping live here.  What a trial is comes from `trial`, who waits for it is the plugin's business.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from conformance.trial import Outcome

Key = TypeVar("Key")
Job = Callable[[], Coroutine[Any, Any, Outcome]]
AHEAD = 4
_SWITCH_SECONDS = 0.0005


class Runner:
    """Runs jobs ahead of whoever waits for them: at most `workers` at once, first come first served."""

    def __init__(self, workers: int, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._workers = workers
        self._close = close
        self._loop = asyncio.new_event_loop()
        self._queue: asyncio.Queue[tuple[Job, Future[Outcome]]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._thread = threading.Thread(target=self._run, name="conformance-loop", daemon=True)
        sys.setswitchinterval(_SWITCH_SECONDS)  # otherwise a busy main thread delays every answer by 5 ms and more
        self._thread.start()

    def start(self, jobs: Iterable[Job]) -> list[Future[Outcome]]:
        """Queue jobs; their futures finish in about this order."""
        pairs: list[tuple[Job, Future[Outcome]]] = [(job, Future()) for job in jobs]
        self._loop.call_soon_threadsafe(self._feed, pairs)
        return [future for _, future in pairs]

    def stop(self) -> None:
        """Cancel what is queued and in flight, close connections, end the thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._wind_down(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _feed(self, pairs: list[tuple[Job, Future[Outcome]]]) -> None:
        for pair in pairs:
            self._queue.put_nowait(pair)
        while len(self._tasks) < self._workers:
            self._tasks.append(self._loop.create_task(self._work()))

    async def _work(self) -> None:
        while True:
            job, future = await self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(await job())
            except asyncio.CancelledError:
                future.set_exception(Stopped())
                raise
            except Exception as error:  # noqa: BLE001  our own fault: it belongs to whoever waits, not to this thread
                future.set_exception(error)

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
