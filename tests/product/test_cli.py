"""The commands beside `run`: plan, target, contract, mock."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import cli
from conformance.mock.defects.degraded import DEGRADED
from conformance.mock.server import registry
from conformance.target import targets
from tests.support import canned, driving
from tests.support.driving import Done


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, int]:
    """The plan for two models, and how many requests the endpoint saw meanwhile."""
    with canned.serving(lambda *_: (500, "never", {})) as endpoint:
        address = [f"--base-url={endpoint.base_url}", "--api-key-env=NOT_SET_AND_NOT_NEEDED", "--contract=cometapi"]
        done = driving.command("plan", *address, *driving.TWO, cwd=tmp_path_factory.mktemp("plan"))
        return done, len(endpoint.bodies)


def test_a_plan_sends_nothing(planned: tuple[Done, int]) -> None:
    """`conformance plan` needs neither key nor endpoint, and asks the endpoint nothing."""
    done, seen = planned
    assert done.code == 0, done.said
    assert seen == 0
    assert "nothing was sent to the target" in done.said


def test_a_plan_counts_what_a_run_sends(planned: tuple[Done, int], alone: tuple[Done, int]) -> None:
    """The requests per model, and in sum, are those of a run on an endpoint that conforms."""
    requests = [row["request"] for row in alone[0].rows[1:]]
    rows = [each["model"] for request in requests for each in (request, *filter(None, [request.get("first")]))]
    for model in {f"{each['column']}:{each['id']}" for each in alone[0].run["models"]}:
        line = next(line for line in planned[0].lines if line.startswith(model[:20]) and _names(line, model))
        assert driving.numbers(line.split(" ", 1)[1])[2] == rows.count(model), line
    whole = next(line for line in planned[0].lines if line.startswith("all"))
    assert driving.numbers(whole)[0] == alone[0].run["planned"]
    assert driving.numbers(whole)[2] == alone[0].run["requests"] == alone[1]


def _names(line: str, model: str) -> bool:
    """Whether a row of the table is about a model; a long name is cut."""
    shown = line.split()[0]
    return shown == model or (shown.endswith("…") and model.startswith(shown[:-1]))


def test_a_target_of_ones_own(truthful: str, tmp_path: Path) -> None:
    """`conformance target --init` writes a file that loads and, its address filled in, runs."""
    first = driving.command("target", "--init", "mine.toml", cwd=tmp_path)
    assert first.code == 0, first.said
    path = tmp_path / "mine.toml"
    assert targets.load(str(path)).models
    filled = re.sub(r'(?m)^base_url = ".*"$', f'base_url = "{truthful}"', path.read_text(encoding="utf-8"))
    filled = re.sub(r'(?m)^api_key_env = ".*"$', f'api_key_env = "{driving.VARIABLE}"', filled)
    path.write_text(filled, encoding="utf-8")
    chosen = ["--target=mine.toml", "--model=openai=mock-openai", "--out=runs/this", "-k", "chat.n.one"]
    done = driving.command("run", *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.named("conforms") == {"chat.n.one@openai:mock-openai"}


def test_a_target_file_is_never_written_over(tmp_path: Path) -> None:
    """`conformance target --init` on a file that exists is exit code 2 and leaves it as it is."""
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    done = driving.command("target", "--init", "mine.toml", cwd=tmp_path)
    assert done.code == 2, done.said
    assert "--init must name a new file, and mine.toml exists" in done.said
    assert path.read_text(encoding="utf-8") == "mine"


def test_the_built_in_targets(tmp_path: Path) -> None:
    """`conformance target` lists them, and each of them loads."""
    done = driving.command("target", cwd=tmp_path)
    assert done.code == 0, done.said
    names = [line.split(":")[0] for line in done.lines]
    assert {"mock", "cometapi", "openai", "openrouter", "litellm", "vllm", "ollama", "llamacpp"} <= set(names)
    assert all(targets.load(name).name for name in names)


def test_checking_a_contract(tmp_path: Path) -> None:
    """`conformance contract --check` accepts the built-in one, and names file and line of a mistake in another."""
    good = driving.command("contract", "--check", cwd=tmp_path)
    assert good.code == 0, good.said
    assert re.search(r"\d{3} claims on chat, [a-z, ]+ in \d columns, no faults", good.said)
    (tmp_path / "mine.toml").write_text('schema = 2\ncontract = "mine"\nsurfce = "chat"\n', encoding="utf-8")
    bad = driving.command("contract", "--contract", "mine.toml", "--check", cwd=tmp_path)
    assert bad.code == 2, bad.said
    assert "mine.toml, line 3: unknown key 'surfce'" in bad.said
    assert "did you mean surface" in bad.said


def test_showing_a_contract(tmp_path: Path) -> None:
    """`conformance contract` lists every claim with its level."""
    done = driving.command("contract", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "chat.n.count (must, supported): A request for n choices gets n choices" in done.said


def test_the_defects_of_the_mock(tmp_path: Path) -> None:
    """`conformance mock --list-defects` names every defect with its symptom."""
    done = driving.command("mock", "--list-defects", cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.out.splitlines() == [
        f"{defect.name}: {defect.symptom}" for defect in (*registry.defects().values(), *DEGRADED.values())
    ]


def test_an_unknown_defect(tmp_path: Path) -> None:
    """A defect that nobody knows is exit code 2, with the nearest name."""
    done = driving.command("mock", "--port=0", "--defect=drop_n", cwd=tmp_path)
    assert done.code == 2, done.said
    assert "drops_n" in done.said
    assert len(done.lines) == 1


def test_a_name_like_that_of_no_defect(tmp_path: Path) -> None:
    """Three of the names are told, the nearest, and how to see the others; not more than a thousand."""
    done = driving.command("mock", "--port=0", "--defect=nope", cwd=tmp_path)
    assert done.code == 2, done.said
    assert len(done.said) < 200
    [told] = re.findall(r"The nearest of \d+ are (\w+), (\w+), (\w+)\.", done.said)
    assert set(told) <= registry.defects().keys() | DEGRADED.keys()
    assert "--list-defects" in done.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_the_mock_serves_until_it_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    """`conformance mock` says where it listens, answers, and ends at once and cleanly on Ctrl-C."""
    process = driving.start("mock", "--port=0", "--defect=drops_n", cwd=tmp_path)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    assert driving.counted(url) == 0
    done = driving.run(url, tmp_path, "-k", "chat.n.count")
    process.send_signal(number)
    ended = driving.finish(process, tmp_path)
    assert done.code == 1, done.said
    assert ended.code == 0, ended.said
    assert "Traceback" not in ended.said


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--version"], 0), (["--help"], 0), (["nothing"], 2), (["mock", "--no"], 2)]
)
def test_usage(tmp_path: Path, arguments: list[str], code: int) -> None:
    """Help and version are exit code 0; a command or option that is none is 2."""
    done = driving.command(*arguments, cwd=tmp_path)
    assert done.code == code, done.said
    assert "Traceback" not in done.said


def test_output_into_a_closed_pipe(tmp_path: Path) -> None:
    """`conformance contract | head -1` ends without a complaint."""
    shown = subprocess.run(
        ["/bin/sh", "-c", f"{shlex.quote(sys.executable)} -m conformance contract | head -1"],
        cwd=tmp_path,
        env=driving.environment(),
        capture_output=True,
        text=True,
        timeout=driving.TIMEOUT,
        check=True,
    )
    assert len(shown.stdout.splitlines()) == 1
    assert shown.stderr == ""


def test_a_client_that_goes_away_is_no_error_of_the_mock(tmp_path: Path) -> None:
    """A request whose client is gone before the answer leaves no traceback in the terminal of `conformance mock`."""
    process = driving.start("mock", "--port=0", "--latency=0.1", cwd=tmp_path)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with socket.create_connection(
        ("127.0.0.1", int(url.split(":")[2].split("/")[0])), timeout=driving.TIMEOUT
    ) as client:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {driving.KEY}\r\n"
        client.sendall(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
        driving.wait_until(lambda: driving.counted(url) == 1)
    driving.wait_until(lambda: driving.stats(url)["in_flight"] == 0)
    process.send_signal(signal.SIGINT)
    ended = driving.finish(process, tmp_path)
    assert ended.code == 0, ended.said
    assert "Traceback" not in ended.said


def test_a_misspelt_option_of_a_run_is_told_the_nearest(tmp_path: Path) -> None:
    """In one line, without pytest's; nothing is run."""
    done = driving.command("run", "--taget", "mock", cwd=tmp_path)
    assert done.code == 2, done.said
    assert done.said.strip() == "conformance: unknown option --taget; did you mean --target?"
    assert not (tmp_path / "reports").exists()


def test_a_misspelt_option_is_told_where_something_is_missing_for_it(tmp_path: Path) -> None:
    """Without its model the run cannot start, before pytest has seen the option."""
    done = driving.command("run", "--base-url=http://127.0.0.1:9/v1", "--modle", "openai=x", cwd=tmp_path)
    assert done.code == 3, done.said
    assert "unknown option --modle; did you mean --model?" in done.said


def test_an_option_that_nothing_resembles_is_one_error(tmp_path: Path) -> None:
    """It says where the options are listed."""
    done = driving.command("run", "--zzz=1", cwd=tmp_path)
    assert done.code == 2, done.said
    listed = "conformance run --help and pytest --help list the options"
    assert done.said.strip() == f"conformance: unknown option --zzz; {listed}"


@pytest.mark.parametrize(
    ("value", "option"),
    [("mine.toml", "--target"), ("cometapi", "--target"), ("http://127.0.0.1:9/v1", "--base-url"), ("mine.py", None)],
)
def test_a_target_without_its_option_is_told_the_option(tmp_path: Path, value: str, option: str | None) -> None:
    """Pytest takes it for a path of tests; a path of tests that is missing gets no such hint."""
    done = driving.command("run", value, cwd=tmp_path)
    assert done.code == 2, done.said
    assert ("did you mean" in done.said) is bool(option)
    told = f"conformance: {value!r} is no test of the suite; did you mean {option} {value}?"
    assert option is None or done.said.strip() == told


@pytest.mark.parametrize("name", cli.commands)
def test_the_help_of_each_command_ends_with_examples(name: str) -> None:
    """Each is a line that this command can parse."""
    command = cli.commands[name]
    _, title, lines = CliRunner().invoke(cli, (name, "--help")).output.rpartition("\n  Examples:\n")
    assert title
    for line in lines.splitlines():
        program, called, *arguments = shlex.split(line)
        assert (program, called) == ("conformance", name)
        parsed = command.make_context(name, arguments)
        unknown = parsed.params.get("pytest_arguments", ())
        assert not set(unknown) - {"-n", "4", "--junitxml=junit.xml"}, unknown


def test_no_summary_in_the_list_of_commands_is_cut() -> None:
    """On a narrow terminal they take several lines."""
    shown = CliRunner().invoke(cli, ("--help",), terminal_width=40).output.partition("Commands:")[2]
    assert "..." not in shown
    assert all(" ".join(shown.split()).count(str(command.short_help)) == 1 for command in cli.commands.values())


@pytest.mark.parametrize("arguments", [("contract",), ("nothing",), ("mock", "--port=none")])
def test_a_forked_command_ends_as_a_started_one(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Most tests fork their commands from a process that has imported the package: exit code and output are the same."""
    forked, started = (
        driving.command(*arguments, cwd=tmp_path),
        driving.python("-m", "conformance", *arguments, cwd=tmp_path),
    )
    assert forked == started


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("run", "--concurrency", "x"), "'--concurrency': must be a whole number, got 'x'"),
        (("run", "--tokens-per-minute", "x"), "'--tokens-per-minute': must be a number, got 'x'"),
        (("mock", "--port", "70000"), "'--port': must be a whole number from 0 to 65535, got '70000'"),
        (("mock", "--limit-window", "0"), "'--limit-window': must be a number of seconds, at least 0.001, got '0'"),
    ],
)
def test_an_option_says_which_numbers_it_takes(option: tuple[str, ...], expected: str) -> None:
    """The error says what the number must be, and nothing is started."""
    done = CliRunner().invoke(cli, option)
    assert (done.exit_code, expected in done.output) == (2, True), done.output
