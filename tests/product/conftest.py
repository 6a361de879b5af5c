"""Gateways to run against, and runs that many tests look at."""

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from tests.support import driving
from tests.support.driving import Done

Made = TypeVar("Made")


@pytest.fixture(scope="session")
def truthful() -> Iterator[str]:
    """The base URL of a mock gateway that behaves as documented, shared by all tests."""
    with running(Options(port=0)) as url:
        yield url


@pytest.fixture
def gateway() -> Iterator[Callable[..., str]]:
    """Starts a mock gateway with options, for one test; gives its base URL."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(Options(port=0, **options)))


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A whole run of `conformance run` as it comes, with the embedded mock gateway."""
    return _once(tmp_path_factory, "embedded", lambda folder: driving.command("run", "--out=runs/this", cwd=folder))


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, int]:
    """A whole run of two models in one process, and the requests that the gateway counted."""
    return _once(tmp_path_factory, "alone", _counted)


@pytest.fixture(scope="session")
def spread(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, int]:
    """The same with -n 2."""
    return _once(tmp_path_factory, "spread", lambda folder: _counted(folder, "-n", "2"))


def _counted(folder: Path, *arguments: str) -> tuple[Done, int]:
    with running(Options(port=0)) as url:
        done = driving.run(url, folder, *arguments, models=driving.TWO)
        return done, driving.counted(url)


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Return what `make` makes in a folder of that name, made by whichever process of the tests comes first.

    Nobody may change the folder.
    """
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root  # a worker's folder lies in that of the session
    made, folder = root / f"{name}.made", root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            made.write_bytes(pickle.dumps(make(folder)))
    found: Made = pickle.loads(made.read_bytes())
    return found


@pytest.fixture(scope="session")
def problem() -> Callable[[Any, str], str | None]:
    """What is wrong with a document, by the name of the schema that describes it; None if nothing is."""
    from conformance.base.validation import own_problem

    return own_problem
