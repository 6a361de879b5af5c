"""Shards: every case is in exactly one part, on every machine, and cases that share requests stay together."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.base.errors import UsageError
from conformance.contract.claims import Case
from conformance.run.shards import Shard, parse, part_of
from conformance.target.targets import Target
from tests.support.making import MODELS, contract

PLACED = tuple(contract().classify("openai" if kind == "reasoning" else kind, name) for kind, name in MODELS.items())
PARTS = st.integers(1, 60)


def test_a_shard_says_how_the_limits_are_divided() -> None:
    """Before it starts: its part of the rates, and the requests in flight in all."""
    target = Target("mine", "Mine", "http://mine/v1", concurrency=8, requests_per_minute=60.0, tokens_per_minute=9000.0)
    at_once = "up to 8 requests in flight in each, 24 in all if all run at once"
    known = "shards: 3; each keeps to 20 of 60 requests a minute and 3000 of 9000 tokens a minute"
    assert Shard(2, 3).note(target) == f"{known}; {at_once}"
    none = "shards: 3; no rate is configured, so each finds the endpoint's by itself"
    assert Shard(2, 3).note(Target("mine", "Mine", "http://mine/v1")) == f"{none}; {at_once}"


@cache
def cases(names: tuple[str, ...]) -> tuple[Case, ...]:
    """Return all cases of the contract for models with these ids, which are distributed over the columns."""
    models = [replace(PLACED[number % len(PLACED)], id=name) for number, name in enumerate(names)]
    return tuple(contract().cases(contract().claims, models))


def split(cases: tuple[Case, ...], parts: int) -> list[list[str]]:
    """Return the ids of the cases of each part."""
    return [[case.id for case in cases if Shard(part, parts).holds(case)] for part in range(1, parts + 1)]


@settings(max_examples=25)  # each splits some thousand cases up to sixty times
@given(st.lists(st.sampled_from(["a", "b", "c/d", "e:f", "ü"]), min_size=1, max_size=3, unique=True), PARTS)
def test_every_case_is_in_exactly_one_part(names: list[str], parts: int) -> None:
    """This holds for any models and any number of parts."""
    whole = cases(tuple(names))
    counts = Counter(case for part in split(whole, parts) for case in part)
    assert counts == dict.fromkeys((case.id for case in whole), 1)


@given(st.text(), st.text(), st.text(), PARTS)
def test_every_name_has_a_part(model: str, surface: str, parameter: str, parts: int) -> None:
    """Names with any characters belong to a part from 1 to N."""
    assert 1 <= part_of(model, surface, parameter, parts) <= parts


@given(st.integers(2, 16))
def test_a_new_model_or_claim_moves_no_other_case(parts: int) -> None:
    """Cases that existed before stay in their part."""
    before = {case: part for part, held in enumerate(split(cases(("a", "b")), parts)) for case in held}
    after = {case: part for part, held in enumerate(split(cases(("a", "b", "new")), parts)) for case in held}
    fewer = [case for case in cases(("a", "b")) if case.claim.parameter != "temperature"]
    assert {case: after[case] for case in before} == before
    assert all(Shard(before[case.id] + 1, parts).holds(case) for case in fewer)


@given(st.integers(2, 16))
def test_cases_that_share_controls_stay_together(parts: int) -> None:
    """All cases of one model about one parameter are in one part."""
    homes: dict[tuple[str, str], set[int]] = {}
    for case in cases(("a", "b")):
        home = next(part for part in range(1, parts + 1) if Shard(part, parts).holds(case))
        homes.setdefault((str(case.model), f"{case.claim.surface}.{case.claim.parameter}"), set()).add(home)
    assert {len(parts_of_pair) for parts_of_pair in homes.values()} == {1}


def test_the_split_never_changes() -> None:
    """Known names have known parts, whatever the hash seed, so that old and new runs are split in the same way."""
    names = [("openai:gpt-4.1", "chat", "n"), ("claude:x", "chat", "stop"), ("endpoint:any", "models", "list")]
    line = f"from conformance.run.shards import part_of; print([part_of(*name, 8) for name in {names}])"
    printed = [
        subprocess.run(
            [sys.executable, "-c", line], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True, timeout=600,
        ).stdout.strip()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert printed == [str([part_of(*name, 8) for name in names])] * 2 == ["[8, 6, 5]"] * 2


def test_no_part_is_much_larger_than_another() -> None:
    """With 45 models the largest of 8 parts has less than 1.2 times its share of the cases."""
    whole = cases(tuple(f"model-{number}" for number in range(45)))
    assert max(map(len, split(whole, 8))) < 1.2 * len(whole) / 8


@pytest.mark.parametrize("text", ["1/1", "2/8", "8/8", "10000/10000"])
def test_a_shard_is_printed_as_it_was_written(text: str) -> None:
    """The form is I/N in both directions."""
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1.0/2", " 1/2", "one/two", "٣/٤", "1/10001"]
)
def test_an_invalid_shard_is_refused(text: str) -> None:
    """The error is one sentence with the form."""
    with pytest.raises(UsageError, match="--shard must be I/N with 1 <= I <= N <= 10000, got "):
        parse(text)
