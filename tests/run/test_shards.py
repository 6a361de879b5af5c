"""Sharding: the parts of a split are the whole, the same everywhere, and keep together what shares requests."""

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
from tests.support.making import MODELS, contract

PLACED = tuple(contract().classify("openai" if kind == "reasoning" else kind, name) for kind, name in MODELS.items())
PARTS = st.integers(1, 60)


@cache
def cases(names: tuple[str, ...]) -> tuple[Case, ...]:
    """All cases of the contract for models with these ids, which share the columns among them."""
    models = [replace(PLACED[number % len(PLACED)], id=name) for number, name in enumerate(names)]
    return tuple(contract().cases(contract().claims, models))


def split(whole: tuple[Case, ...], parts: int) -> list[list[str]]:
    """The ids of each part's cases."""
    return [[case.id for case in whole if Shard(part, parts).holds(case)] for part in range(1, parts + 1)]


@settings(max_examples=25)  # each splits some thousand cases up to sixty times
@given(st.lists(st.sampled_from(["a", "b", "c/d", "e:f", "ü"]), min_size=1, max_size=3, unique=True), PARTS)
def test_the_parts_are_the_whole_and_disjoint(names: list[str], parts: int) -> None:
    """Every case is in exactly one part, whatever the models and however many parts there are."""
    whole = cases(tuple(names))
    found = Counter(case for part in split(whole, parts) for case in part)
    assert found == dict.fromkeys((case.id for case in whole), 1)


@given(st.text(), st.text(), st.text(), PARTS)
def test_every_name_has_a_part(model: str, surface: str, parameter: str, parts: int) -> None:
    """Names of any letters belong to a part from 1 to N."""
    assert 1 <= part_of(model, surface, parameter, parts) <= parts


@given(st.integers(2, 16))
def test_a_model_and_a_claim_more_move_nothing_else(parts: int) -> None:
    """Cases that were there before keep their part."""
    before = {case: part for part, held in enumerate(split(cases(("a", "b")), parts)) for case in held}
    after = {case: part for part, held in enumerate(split(cases(("a", "b", "new")), parts)) for case in held}
    fewer = [case for case in cases(("a", "b")) if case.claim.parameter != "temperature"]
    assert {case: after[case] for case in before} == before
    assert all(Shard(before[case.id] + 1, parts).holds(case) for case in fewer)


@given(st.integers(2, 16))
def test_what_shares_controls_stays_together(parts: int) -> None:
    """All cases of one model about one parameter, and so of one cell, are in one part."""
    homes: dict[tuple[str, str], set[int]] = {}
    for case in cases(("a", "b")):
        home = next(part for part in range(1, parts + 1) if Shard(part, parts).holds(case))
        homes.setdefault((str(case.model), f"{case.claim.surface}.{case.claim.parameter}"), set()).add(home)
    assert {len(each) for each in homes.values()} == {1}


def test_the_split_is_written_in_stone() -> None:
    """Parts of known names, so that an old run and a new one split alike; another hash seed changes nothing."""
    names = [("openai:gpt-4.1", "chat", "n"), ("claude:x", "chat", "stop"), ("endpoint:any", "models", "list")]
    line = f"from conformance.run.shards import part_of; print([part_of(*each, 8) for each in {names}])"
    told = [
        subprocess.run(
            [sys.executable, "-c", line], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True, timeout=600,
        ).stdout.strip()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told == [str([part_of(*each, 8) for each in names])] * 2 == ["[8, 6, 5]"] * 2


def test_no_part_is_much_larger_than_another() -> None:
    """Of 45 models' cases the largest of 8 parts holds less than a fifth more than its share."""
    whole = cases(tuple(f"model-{number}" for number in range(45)))
    assert max(map(len, split(whole, 8))) < 1.2 * len(whole) / 8


@pytest.mark.parametrize("text", ["1/1", "2/8", "8/8", "10000/10000"])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    """I/N both ways."""
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1.0/2", " 1/2", "one/two", "٣/٤", "1/10001"]
)
def test_what_names_no_part_is_refused(text: str) -> None:
    """One sentence that says how it is written."""
    with pytest.raises(UsageError, match="names no part; write I/N with 1 <= I <= N"):
        parse(text)
