"""What several processes do of one task, each beginning with all that was known before they were started."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_task: list[
    Callable[[Any], Any]
] = []  # set before the processes are forked: functions and defects cannot be sent to them


def over_processes(task: Callable[[Item], Result], items: Iterable[Item], processes: int) -> Iterator[Result]:
    """Yield the result of each item in the order of the items, each as soon as it and those before it are there.

    Items and results are sent between processes; the task is not, and what it changes is lost.
    """
    _task[:] = [task]
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork"))
    try:
        yield from pool.map(_do, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _do(item: Any) -> Any:
    return _task[0](item)
