"""Options of the command line: any text is a value, or a sentence of one error."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import ConformanceError
from conformance.cli import cli
from conformance.cli.surroundings import long_path
from conformance.contract import selection
from conformance.http.exchange import parse_json
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.shards import parse
from conformance.surfaces.models.prices import published
from conformance.target.targets import adjust, parse_model
from tests.support import outside
from tests.support.outside import KEY, TEXT, run_settings, tried

NUMBERS = (
    st.sampled_from(
        ["0", "-1", "1", "1.5", "1e400", "nan", "inf", "-inf", "1_0", "１", "0x1", "9" * 5000, "", " 1 ", "1/2"]
    )
    | TEXT
)
# What a system can pass to a process.
WORDS = NUMBERS.map(lambda text: text.replace("\0", "").replace("\ud800", "\udc80"))
CELLS = [case.cell for case in run_settings().cases.values()][::200]
COMMANDS = [
    "run",
    "plan",
    "watch",
    "show",
    "mock",
    "gate",
    "report",
    "history",
    "explain",
    "site",
    "target",
    "contract",
]


def sentence(error: ConformanceError | None) -> str:
    """Return the text of an error that the user caused, which names no fault of this program."""
    assert error is not None
    assert error.exit_code in (2, 3)
    assert error.message
    return str(error)


@tried(400)
@given(st.sampled_from(["", "chat.", "chat.n.*@", "*@openai:", "[", "[!"]), TEXT)
def test_any_pattern_selects_or_is_a_sentence(beginning: str, pattern: str) -> None:
    """What selects nothing is answered with one that selects something."""
    try:
        selection.check([beginning + pattern], CELLS)
    except ConformanceError as error:
        sentence(error)
        assert any(selection.covers(selection.similar(beginning + pattern, CELLS), cell) for cell in CELLS)


@tried(400)
@given(st.sampled_from([parse_model, parse]), st.sampled_from(["", "openai=", "1/", "openai=a,class="]), TEXT | NUMBERS)
def test_any_model_and_shard_is_read_or_a_sentence(reader: Callable[[str], Any], beginning: str, text: str) -> None:
    """Its form is told."""
    try:
        reader(beginning + text)
    except ConformanceError as error:
        sentence(error)


@tried(400)
@given(st.sampled_from(["", "http://", f"https://user:{KEY}@", "http://a:", f"http://a/?{KEY}"]), TEXT)
def test_any_base_url_is_read_or_a_sentence(beginning: str, text: str) -> None:
    """A password in it, or what looks like a parameter, is in no sentence, and an address that is taken has a host and a port."""
    said = ""
    try:
        target = adjust(run_settings().target, base_url=beginning + text)
    except ConformanceError as error:
        said = sentence(error)
    else:
        assert target.host
        assert urlsplit(target.base_url).port != 0
    assert KEY not in said or KEY in text


OPTIONS: dict[str, Any] = {
    "budget": NUMBERS,
    "concurrency": st.integers() | st.just(10**400),
    "samples": st.integers(),
    "too_long": st.integers(),
    "share": st.floats(),
    "requests_per_minute": st.floats(),
    "tokens_per_minute": st.floats(),
    "shard": NUMBERS,
    "profile": TEXT,
    "target_name": TEXT,
    "api_key_env": TEXT,
    "api_key_file": TEXT,
    "contract": TEXT,
    "target": TEXT,
    "surfaces": st.tuples(TEXT),
    "claims": st.tuples(TEXT),
}


@tried(150)
@given(st.fixed_dictionaries({}, optional=OPTIONS))
def test_any_options_are_settings_or_a_sentence(chosen: dict[str, Any]) -> None:
    """Whatever they are and however they are combined; of a path that is too long the command line makes the sentence."""
    try:
        load_settings(Options(**chosen))
    except ConformanceError as error:
        sentence(error)
    except OSError as error:
        sentence(long_path(error))


@pytest.mark.parametrize("name", COMMANDS)
@tried(60)
@given(st.data())
def test_any_words_are_parsed_or_refused(name: str, data: st.DataObject) -> None:
    """Each option of each command takes any word, or says what it must be."""
    command = cli.commands[name]
    options = [each for parameter in command.params for each in parameter.opts]
    words = data.draw(st.lists(st.sampled_from(options) | WORDS, max_size=4))
    try:
        command.make_context(name, list(words), resilient_parsing=False)
    except (click.ClickException, click.exceptions.Exit):
        pass
    except ConformanceError as error:
        sentence(error)


PRICED = ["currency", "input", "output", "per_request", "prompt", "completion", "request"]
PRICES = st.dictionaries(
    st.sampled_from(PRICED), NUMBERS | st.sampled_from(["USD/M tokens", 1, 1.5, True, None, [], 10**400])
)
ROWS = st.lists(st.fixed_dictionaries({"id": TEXT | st.none(), "pricing": PRICES | TEXT}), max_size=3)


@tried(150)
@given(ROWS.map(lambda rows: {"data": rows}) | st.sampled_from(outside.ODD))
def test_any_price_is_finite(listed: Any) -> None:
    """What a list of models says of prices is a usable price, or unknown."""
    for price in published(listed).values():
        assert all(math.isfinite(amount) and amount >= 0 for amount in (price.prompt, price.completion))


@tried(300)
@given(
    NUMBERS
    | st.sampled_from(["[", '{"a":', "-", "1e"]).flatmap(
        lambda part: st.integers(1, 3000).map(lambda count: part * count)
    )
)
def test_any_number_and_any_depth_is_read_in_bounds(text: str) -> None:
    """JSON from outside is a value of limited depth, or none."""
    value = parse_json(text)
    assert value is None or len(str(value)) < 10_000
