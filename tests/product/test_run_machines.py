"""Workers on other machines: pytest-xdist over execnet's socket servers, which see nothing of the controller's folders."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support import driving
from tests.support.driving import Done
from tests.support.recipes import target

Machine = Callable[..., str]
HIDDEN = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'  # in a mount namespace of its own


def can_hide() -> bool:
    """Whether a process may be given a view of the disk of its own."""
    unshare = shutil.which("unshare")
    return (
        bool(unshare)
        and subprocess.run([unshare or "", "-m", "true"], capture_output=True, check=False).returncode == 0
    )


@contextmanager
def serving(folder: Path, hidden: Path | None, **variables: str) -> Iterator[str]:
    """A socket server in a folder of its own, with another home, which finds another folder where `hidden` is."""
    home = folder / "home"
    home.mkdir(parents=True)
    command = [sys.executable, "-u", "-m", "execnet.script.socketserver", "127.0.0.1:0"]
    if hidden:
        command = ["unshare", "-m", "sh", "-c", HIDDEN, "sh", str(home), str(hidden), *command]
    ours = {name: value for name, value in driving.environment().items() if name != driving.VARIABLE}
    log = (folder / "log").open("w+")
    process = subprocess.Popen(
        command, cwd=folder, env={**ours, "HOME": str(home), **variables}, stdout=log, stderr=log
    )
    try:
        driving.wait_until(
            lambda: "Accept loop" in (folder / "log").read_text().rpartition("\n")[0] or process.poll() is not None
        )
        if process.poll() is not None:
            pytest.skip(f"no socket server can be started here: {(folder / 'log').read_text()[-200:]}")
        port = re.search(r"Accept loop \('127.0.0.1', (\d+)\)", (folder / "log").read_text())
        assert port
        yield f"--tx=socket=127.0.0.1:{port[1]}"
    finally:
        process.terminate()
        process.wait(timeout=driving.TIMEOUT)
        log.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Starts a machine by name for one test: the option that names it to pytest-xdist."""
    with ExitStack() as stack:

        def start(name: str, hidden: Path | None = None, **variables: str) -> str:
            return stack.enter_context(serving(tmp_path / name, hidden, **variables))

        yield start


def run(cwd: Path, *arguments: str) -> Done:
    """`conformance run` of a few cases, from a target file that only the controller sees."""
    return driving.command(
        "run", "--target=gateway.toml", "--out=runs/this", "-k", "chat.n.", "-d", *arguments, cwd=cwd
    )


@pytest.mark.skipif(
    not can_hide(), reason="this machine allows no mount namespace, so no folder can be hidden from a worker"
)
def test_workers_that_see_nothing_hand_over_their_evidence(machine: Machine, truthful: str, tmp_path: Path) -> None:
    """Two workers, each without a view of the controller's folder: target file, evidence, facts and verdicts are whole."""
    controller = tmp_path / "controller"
    controller.mkdir()
    target(controller, truthful)
    key = {driving.VARIABLE: driving.KEY}
    where = [machine(name, controller, **key) for name in ("one", "two")]
    before = driving.counted(truthful)
    done = run(controller, *where, *driving.NAMED[::2])
    assert done.code == 0, done.said
    kept = {row["id"] for row in done.rows[1:]}
    assert len(kept) == len(done.rows) - 1 == done.run["requests"] == driving.counted(truthful) - before
    assert all(set(cell["evidence"]) <= kept for cell in done.cells.values())
    assert all(model["echoed"] for model in done.run["models"])
    assert not list(done.folder.glob("evidence.*.ndjson"))
    assert not list(done.folder.glob(".workers"))


def test_a_worker_in_another_folder_gets_the_target_file(machine: Machine, truthful: str, tmp_path: Path) -> None:
    """On a disk that is shared it writes where all write, though it was started elsewhere."""
    target(tmp_path, truthful)
    done = run(tmp_path, machine("one", **{driving.VARIABLE: driving.KEY}), "--requests-per-minute=60000")
    assert done.code == 0, done.said
    assert "workers on other machines: 1; each keeps to 60000 of 60000 requests a minute" in done.said
    assert len(done.rows) - 1 == done.run["requests"]


def test_a_machine_without_the_key_is_named(machine: Machine, truthful: str, tmp_path: Path) -> None:
    """The key is never handed over: one sentence says which worker on which machine lacks it; exit 3, nothing sent."""
    target(tmp_path, truthful)
    before = driving.counted(truthful)
    done = run(tmp_path, machine("one"))
    assert done.code == 3, done.said
    named = f"worker gw0 on {socket.gethostname()}: variable {driving.VARIABLE}"
    assert named in done.err
    assert "Traceback" not in done.said
    assert driving.counted(truthful) == before


def test_the_embedded_gateway_is_for_this_machine(tmp_path: Path) -> None:
    """Workers elsewhere could not reach it: exit 3 before anything is started."""
    done = driving.command("run", "-d", "--tx=socket=127.0.0.1:9", cwd=tmp_path)
    assert done.code == 3, done.said
    assert "--tx with another machine must come with --base-url" in done.err
    assert not (tmp_path / "reports").exists()
