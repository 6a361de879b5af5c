"""The background runner: jobs on an event loop in a thread, limited, in order, and stopped without loss."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest

from conformance.run.background import Runner, Stopped
from conformance.trial.judge import Verdict
from conformance.trial.trial import Interrupted, Outcome

WAIT = 600  # seconds; only a job that hangs takes that long


def done(detail: str) -> Outcome:
    """Return an outcome with this detail."""
    return Outcome(Verdict.CONFORMS, detail)


def job(
    detail: str, before: Callable[[], Coroutine[Any, Any, Any]] | None = None
) -> Callable[[], Coroutine[Any, Any, Outcome]]:
    """Return a job that awaits `before` and returns an outcome."""

    async def run() -> Outcome:
        if before:
            await before()
        return done(detail)

    return run


async def forever() -> None:
    """Never return."""
    await asyncio.Event().wait()


class Closing:
    """Counts how often the connections were closed."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def closing() -> Closing:
    """What the runner calls to close connections at its end."""
    return Closing()


@pytest.fixture
def runner(closing: Closing) -> Iterator[Runner]:
    """A runner with two workers."""
    interval = sys.getswitchinterval()
    started = Runner(2, closing)
    yield started
    started.stop()
    sys.setswitchinterval(interval)


def test_every_job_has_its_outcome(runner: Runner) -> None:
    """The results come in the order of the jobs."""
    futures = runner.start(job(str(number)) for number in range(20))
    assert [future.result(WAIT).detail for future in futures] == [str(number) for number in range(20)]
    assert runner.start([]) == []
    assert runner.start([job("later")])[0].result(WAIT) == done("later")


def test_jobs_run_on_another_thread(runner: Runner) -> None:
    """It is a daemon thread, which ends with the process."""
    threads: list[threading.Thread] = []

    async def where() -> None:
        threads.append(threading.current_thread())

    runner.start([job("x", where)])[0].result(WAIT)
    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon


def test_no_more_jobs_run_at_once_than_workers(runner: Runner) -> None:
    """The limit is reached and never exceeded, and jobs start in order."""
    running: list[int] = []
    order: list[int] = []
    most = 0
    full = asyncio.Event()

    def held(number: int) -> Callable[[], Coroutine[Any, Any, None]]:
        async def hold() -> None:
            nonlocal most
            running.append(number)
            order.append(number)
            most = max(most, len(running))
            if len(running) == 2:
                full.set()
            await full.wait()
            await asyncio.sleep(0)
            running.remove(number)

        return hold

    for future in runner.start(job("x", held(number)) for number in range(8)):
        future.result(WAIT)
    assert most == 2
    assert order == list(range(8))


def test_a_job_that_raises_does_not_affect_others(runner: Runner) -> None:
    """Its exception is raised where its result is awaited; the other jobs go on."""

    async def broken() -> None:
        raise ZeroDivisionError("our own fault")

    first, second, third = runner.start([job("a", broken), job("b", broken), job("c")])
    for future in (first, second):
        with pytest.raises(ZeroDivisionError, match="our own fault"):
            future.result(WAIT)
    assert third.result(WAIT) == done("c")


def test_stopping_keeps_finished_jobs(runner: Runner, closing: Closing) -> None:
    """Finished jobs keep their outcome, running ones are stopped, queued ones cancelled, and connections are closed once."""
    finished, *hanging = runner.start([job("a"), job("b", forever), job("c", forever), job("d"), job("e")])
    finished.result(WAIT)
    runner.stop()
    assert finished.result(0) == done("a")
    for future in hanging:
        with pytest.raises((Stopped, CancelledError)):
            future.result(0)
    assert closing.times == 1
    runner.stop()
    assert closing.times == 1


def test_stopping_keeps_the_outcome_of_an_interrupted_trial(runner: Runner) -> None:
    """An interrupted trial carries an outcome with its evidence, and that becomes the result."""

    async def interrupted() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            raise Interrupted(done("half")) from None

    first, second = runner.start([job("a", interrupted), job("b")])
    second.result(WAIT)
    runner.stop()
    assert first.result(0) == done("half")


def test_a_coroutine_can_be_called_on_the_loop(runner: Runner) -> None:
    """Its result is returned, and its exception raised."""

    async def half(number: int) -> float:
        return 1 / number

    assert runner.call(half(2)) == 0.5
    with pytest.raises(ZeroDivisionError):
        runner.call(half(0))


def test_a_runner_without_jobs_can_be_stopped(runner: Runner, closing: Closing) -> None:
    """It closes the connections and does not hang."""
    runner.stop()
    assert closing.times == 1
