"""Two matrices compared: the kind of each pair of cells, what fails, and what is left open."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.base.money import Usage
from conformance.base.observation import Reason, Seen
from conformance.base.validation import own_problem
from conformance.cli import cli
from conformance.render.gate import text
from conformance.render.gate_document import document
from conformance.render.gate_markdown import markdown
from conformance.results import expectations
from conformance.results.expectations import Entry, Expectations
from conformance.results.facts import RunFacts
from conformance.results.gate import Kind, compare, kind_of
from conformance.results.gating import mapping
from conformance.results.matrix import Cell, Matrix
from tests.support import matrices

TODAY = date(2026, 11, 21)
MODELS = ("gpt-4.1", "gemini-2.5-flash")
OPENAI, GEMINI = (
    {**row, "fingerprint": "fp_1"} for row in matrices.facts(("openai", MODELS[0]), ("gemini", MODELS[1]))["models"]
)


def cell(verdict: str = "conforms", observed: str | None = "honoured", **more: Any) -> Cell:
    """A cell about n on the first model."""
    values = {"model": MODELS[0], "detail": "as the script says", **more}
    return matrices.cell("chat.n.count", verdict, observed=observed, **values)


def matrix(*cells: Cell, **run: Any) -> Matrix:
    """A finished run with these cells."""
    values = {"target": "here", "target_version": "1", "models": [OPENAI, GEMINI], **run}
    return Matrix(RunFacts.from_document(matrices.facts(**values)), cells)


IGNORED = cell("deviates", "ignored")
UNKNOWN = cell("inconclusive", "unanswered")
KINDS = [
    (cell(), cell(), Kind.SAME),
    (cell(), IGNORED, Kind.REGRESSED),
    (cell(), cell("differs", "ignored", level="should"), Kind.REGRESSED),
    (UNKNOWN, IGNORED, Kind.REGRESSED),
    (IGNORED, cell(), Kind.FIXED),
    (IGNORED, IGNORED, Kind.STANDING),
    (IGNORED, cell("deviates", "clamped"), Kind.STANDING),
    (cell(), cell(observed="accepted"), Kind.CHANGED),
    (cell(measured="1-128"), cell(measured="1-8"), Kind.CHANGED),
    (cell(tokens=Usage(1, 15, 4)), cell(tokens=Usage(1, 55, 4)), Kind.DEARER),
    (cell(tokens=Usage(2, 30, 8)), cell(tokens=Usage(2, 30, 80)), Kind.DEARER),
    (cell(tokens=Usage(1, 15, 4)), cell(tokens=Usage(3, 45, 12)), Kind.SAME),
    (cell(tokens=Usage(1, 15, 4)), cell(tokens=Usage(1, 35, 24)), Kind.SAME),
    (cell(tokens=Usage(1, 500, 400)), cell(tokens=Usage(1, 990, 799)), Kind.SAME),
    (cell(tokens=Usage(1, 55, 90)), cell(tokens=Usage(1, 15, 4)), Kind.SAME),
    (cell(), cell(tokens=Usage(1, 5000, 5000)), Kind.SAME),
    (cell(tokens=Usage(1, 15, 4)), cell(observed="accepted", tokens=Usage(1, 99, 4)), Kind.CHANGED),
    (cell(seen={"2": "honoured", "9": "honoured"}), cell(seen={"2": "honoured", "9": "refused"}), Kind.CHANGED),
    (UNKNOWN, cell(), Kind.CHANGED),
    (cell(), UNKNOWN, Kind.LOST),
    (cell(), cell("blocked", None), Kind.LOST),
    (cell(), cell("not applicable", None), Kind.LOST),
    (IGNORED, UNKNOWN, Kind.LOST),
    (cell(), None, Kind.LOST),
    (UNKNOWN, None, Kind.SAME),
    (cell(), replace(UNKNOWN, reason=Reason.UNSTABLE), Kind.UNSTABLE),
    (cell(), replace(UNKNOWN, reason=Reason.MIXED), Kind.UNSTABLE),
    (cell(), replace(UNKNOWN, reason=Reason.TOO_FEW), Kind.LOST),
    (cell(), replace(UNKNOWN, detail="status 503: the upstream is unstable: try later"), Kind.LOST),
    (None, IGNORED, Kind.NEW),
    (cell("blocked", "ignored", reason=Reason.PRESUPPOSED), IGNORED, Kind.NEW),
    (None, cell(), Kind.NEW),
    (cell("noted", "ignored", says="unstated"), IGNORED, Kind.REVISED),
    (cell("conforms", "ignored", says="without effect"), IGNORED, Kind.REVISED),
    (cell("noted", "honoured", says="unstated"), IGNORED, Kind.REGRESSED),
]


@pytest.mark.parametrize(("before", "after", "kind"), KINDS)
def test_a_pair_of_cells_comes_to_one_kind_of_change(before: Cell | None, after: Cell | None, kind: Kind) -> None:
    """What got worse, what got better, what is no longer known."""
    assert kind_of(before, after) is kind


CODES = [
    ((cell(),), (cell(),), 0),
    ((cell(),), (IGNORED,), 1),
    ((IGNORED,), (IGNORED,), 0),
    ((IGNORED,), (cell(),), 0),
    ((cell(),), (UNKNOWN,), 5),
    ((cell(),), (), 5),
    ((), (IGNORED,), 5),
    ((replace(cell(), claim="chat.n.one"),), (IGNORED,), 5),
    ((cell(),), (cell(), replace(IGNORED, claim="chat.n.one")), 0),
    ((cell(), replace(cell(), claim="chat.n.one")), (IGNORED, replace(UNKNOWN, claim="chat.n.one")), 1),
]


@pytest.mark.parametrize(("before", "after", "code"), CODES)
def test_the_exit_code_says_whether_it_may_go_ahead(
    before: tuple[Cell, ...], after: tuple[Cell, ...], code: int
) -> None:
    """A regression is 1, lost coverage alone 5, and so is a baseline that judged no cell of the candidate.

    A new claim and a standing deviation are neither.
    """
    assert compare(matrix(*before), matrix(*after)).exit_code == code


@pytest.mark.parametrize("which", ["baseline", "candidate"])
def test_an_interrupted_run_leaves_the_gate_open(which: str) -> None:
    """Whichever of the two it is, it is named."""
    stopped = {name: {"stopped": name == which} for name in ("baseline", "candidate")}
    found = compare(matrix(cell(), **stopped["baseline"]), matrix(cell(), **stopped["candidate"]))
    assert found.exit_code == 5
    assert f"the {which} was stopped" in text(found)


def test_a_candidate_that_judged_nothing_does_not_pass() -> None:
    """Though it is the same as a baseline that judged nothing either."""
    blocked = cell("blocked", None)
    found = compare(matrix(blocked), matrix(blocked))
    assert (found.exit_code, found.counts()) == (5, {"same": 1})
    assert "nothing was judged of openai:gpt-4.1" in text(found)


def test_a_blocked_model_leaves_the_gate_open() -> None:
    """Whatever the other one shows."""
    models = [OPENAI, {**GEMINI, "blocked": "the key was not accepted"}]
    found = compare(matrix(cell()), matrix(cell(), models=models))
    assert (found.exit_code, found.unjudged) == (5, ["gemini:gemini-2.5-flash"])


def test_runs_of_different_contracts_are_not_compared() -> None:
    """One sentence names both."""
    other = matrix(cell(), contract={"name": "elsewhere", "surfaces": ["chat"], "digest": "0"})
    with pytest.raises(UsageError, match="must have the same contract, got cometapi and elsewhere"):
        compare(matrix(cell()), other)


def test_runs_of_different_contracts_are_compared_on_request_in_the_claims_that_both_have() -> None:
    """A claim of one contract only is no lost coverage, and a difference in the others counts as ever."""
    contract = {"name": "elsewhere", "surfaces": ["chat"], "digest": "0"}
    before = matrix(cell(), replace(cell(), claim="chat.own.claim"))
    found = compare(before, matrix(cell(), contract=contract), across_contracts=True)
    assert (found.exit_code, found.counts()) == (0, {"same": 1})
    assert "only the claims that both have are compared" in text(found)
    worse = compare(before, matrix(IGNORED, contract=contract), across_contracts=True)
    assert worse.exit_code == 1


def test_runs_of_different_models_are_compared_where_one_took_the_others_place() -> None:
    """Which one has to be said."""
    before = matrix(replace(cell(), model="gpt-4"), models=[{**OPENAI, "id": "gpt-4"}])
    after = matrix(IGNORED, models=[OPENAI])
    with pytest.raises(UsageError, match=r"only the baseline has openai:gpt-4, only the candidate openai:gpt-4\.1"):
        compare(before, after)
    with pytest.raises(UsageError, match="OLD must be a model of the baseline, got gpt-5"):
        compare(before, after, renamed={"gpt-5": "gpt-4.1"})
    found = compare(before, after, renamed={"gpt-4": "gpt-4.1"})
    assert [change.cell for change in found.of(Kind.REGRESSED)] == ["chat.n.count@openai:gpt-4.1"]


@pytest.mark.parametrize("old", ["gpt-4", "openai:gpt-4"])
@pytest.mark.parametrize("new", ["gpt-4.1", "openai:gpt-4.1"])
def test_a_model_is_mapped_with_its_column_or_without(old: str, new: str) -> None:
    """On either side, as reports name it or as the target does."""
    before = matrix(replace(cell(), model="gpt-4"), models=[{**OPENAI, "id": "gpt-4"}])
    found = compare(before, matrix(IGNORED, models=[OPENAI]), renamed={old: new})
    assert [change.cell for change in found.of(Kind.REGRESSED)] == ["chat.n.count@openai:gpt-4.1"]


def test_a_model_id_with_a_colon_is_mapped() -> None:
    """The text before its colon is part of the id."""
    before = matrix(replace(cell(), model="llama:8b"), models=[{**OPENAI, "id": "llama:8b"}])
    for old in ("llama:8b", "openai:llama:8b"):
        assert compare(before, matrix(IGNORED, models=[OPENAI]), renamed={old: "gpt-4.1"}).of(Kind.REGRESSED)


def test_a_model_of_two_columns_is_mapped_in_the_one_that_is_named() -> None:
    """Without a column in both."""
    old = [{**OPENAI, "id": "both"}, {**GEMINI, "id": "both"}]
    cells = (replace(cell(), model="both"), replace(cell(), column="gemini", model="both"))
    new = [{**OPENAI, "id": "new"}, {**GEMINI, "id": "new"}]
    now = (replace(cell(), model="new"), replace(cell(), column="gemini", model="new"))
    assert compare(matrix(*cells, models=old), matrix(*now, models=new), renamed={"both": "new"}).counts() == {
        "same": 2
    }
    half = (now[0], replace(now[1], model="both"))
    found = compare(matrix(*cells, models=old), matrix(*half, models=[new[0], old[1]]), renamed={"openai:both": "new"})
    assert found.counts() == {"same": 2}


MAPPINGS = [
    ({"gpt-5": "gpt-4.1"}, "OLD must be a model of the baseline, got gpt-5; it has gemini:g, openai:gpt-4"),
    ({"openai:gpt-5": "gpt-4.1"}, "--map-model openai:gpt-5=gpt-4.1: OLD must be a model of the baseline, got openai:gpt-5"),
    ({"gpt-4": "gpt-6"}, "--map-model gpt-4=gpt-6: NEW must be a model of the candidate in column openai, got gpt-6"),
    ({"openai:gpt-4": "gemini:g"}, "NEW must be a model of the candidate in column openai, got gemini:g"),
    ({"gpt-4": "gpt-4.1", "gpt-3": "gpt-4.1"}, "openai:gpt-4.1 would replace two"),
    ({"gpt-4": "gpt-3"}, "openai:gpt-3 would replace two"),
]  # fmt: skip


@pytest.mark.parametrize(("renamed", "says"), MAPPINGS)
def test_a_mapping_that_cannot_be_is_one_clear_error(renamed: dict[str, str], says: str) -> None:
    """It repeats the option, and names the run that lacks the model."""
    old = [{**OPENAI, "id": "gpt-4"}, {**GEMINI, "id": "g"}]
    new = [OPENAI, {**GEMINI, "id": "g"}]
    if "would replace two" in says:
        old.append({**OPENAI, "id": "gpt-3"})
        new.append({**OPENAI, "id": "gpt-3"})
    with pytest.raises(UsageError) as error:
        compare(matrix(models=old), matrix(models=new), renamed=renamed)
    assert says in str(error.value)


def test_a_model_that_is_mapped_twice_is_refused() -> None:
    """The second mapping would take the first one's place in silence."""
    assert mapping(["a=b", "c=d"]) == {"a": "b", "c": "d"}
    with pytest.raises(UsageError, match="--map-model must name a once, got b and c"):
        mapping(["a=b", "a=c"])


def test_a_renamed_claim_is_followed() -> None:
    """Otherwise it would be lost and new."""
    old = replace(cell(), claim="chat.n.many")
    assert compare(matrix(old), matrix(IGNORED)).counts() == {"lost coverage": 1, "new": 1}
    assert compare(matrix(old), matrix(IGNORED), aliases={"chat.n.many": "chat.n.count"}).counts() == {"regressed": 1}


def test_a_provider_that_moved_is_named_before_anything_else() -> None:
    """Another echoed model or fingerprint means that what changed may not be the gateway's."""
    models = [{**OPENAI, "fingerprint": "fp_2"}, GEMINI]
    found = compare(matrix(cell()), matrix(IGNORED, models=models))
    assert [(model.model, model.what, model.after) for model in found.moved] == [
        ("openai:gpt-4.1", "fingerprint", "fp_2")
    ]
    assert text(found).startswith("the provider moved: openai:gpt-4.1 had the fingerprint 'fp_1' before")
    unknown = [{**model, "fingerprint": None} for model in (OPENAI, GEMINI)]
    assert compare(matrix(cell()), matrix(cell(), models=unknown)).moved == ()


def entry(
    cells: str = "chat.n.*@openai:*", observed: Seen = Seen.IGNORED, expires: date = date(2027, 1, 1), line: int = 4
) -> Entry:
    """A known deviation."""
    return Entry(f"known.toml, line {line}", cells, observed, "the upstream gives one", "platform", expires)


def known(*entries: Entry) -> Expectations:
    """These, today."""
    return Expectations(entries, TODAY)


def test_an_expected_deviation_does_not_fail() -> None:
    """It is named with its line."""
    found = compare(matrix(cell()), matrix(IGNORED), known(entry()))
    assert (found.exit_code, found.counts()) == (0, {"expected": 1})
    assert "known.toml, line 4" in text(found, whole=True)


STALE = [
    ((cell(),), (entry(),), "now conforms; remove it"),
    ((IGNORED,), (entry("chat.stop.*"),), "matches no cell; remove it"),
    ((cell("deviates", "clamped"),), (entry(),), "is clamped now, not ignored"),
    ((IGNORED,), (entry(expires=date(2026, 11, 20)),), "expired on 2026-11-20"),
    ((IGNORED,), (entry(), entry("*", line=9)), "overlaps an entry above it"),
    (
        (IGNORED, replace(cell(), claim="chat.n.one")),
        (entry(),),
        "chat.n.one@openai:gpt-4.1 now conforms; remove it or narrow it",
    ),
]


@pytest.mark.parametrize(("cells", "entries", "problem"), STALE)
def test_an_expectation_that_no_longer_holds_fails(
    cells: tuple[Cell, ...], entries: tuple[Entry, ...], problem: str
) -> None:
    """With the line that has to go."""
    found = compare(matrix(*cells), matrix(*cells), known(*entries))
    assert found.exit_code == 1
    (stale,) = found.stale
    assert problem in stale.problem
    assert f"{entries[-1].where}: {entries[-1].cells}: " in text(found)


@pytest.mark.parametrize("now", [UNKNOWN, cell("blocked", None)])
def test_where_nothing_is_known_no_expectation_is_stale(now: Cell) -> None:
    """An outage takes no entry out of the file."""
    found = compare(matrix(IGNORED), matrix(now), known(entry()))
    assert (found.stale, found.exit_code) == ((), 5)


def test_on_its_last_day_an_expectation_holds() -> None:
    """And not on the next."""
    last = entry(expires=TODAY)
    assert compare(matrix(IGNORED), matrix(IGNORED), known(last)).exit_code == 0


def test_a_cell_that_is_not_of_a_selection_is_no_stale_expectation() -> None:
    """A run of a part says nothing of the rest."""
    assert known(entry("chat.stop.*")).stale([IGNORED], whole=False) == ()


FILE = """\
schema = 1
contract = "cometapi"

[[expected]]
cells = "chat.n.*@openai:*"
observed = "ignored"
reason = "the upstream gives one"
owner = "platform"
expires = 2027-01-01
"""
BROKEN = [
    ('observed = "ignored"', 'observed = "dropped"', r"line 6: expected\[0\].observed"),
    ('reason = "the upstream gives one"', 'reason = " "', "line 4: reason must not be empty"),
    ('owner = "platform"', "", "line 4: .*'owner' is a required"),
    ("expires = 2027-01-01", 'expires = "2027-01-01"', "line 4: expires must be a date"),
    ("cells", "cell", "line 5: unknown key 'cell'.*did you mean cells"),
    ("cometapi", "elsewhere", "must be about contract cometapi, got contract elsewhere"),
    ("[[expected]]", "[[expected", "must be TOML"),
]


def test_a_file_is_read_with_the_lines_of_its_entries(tmp_path: Path) -> None:
    """They are what a message points at."""
    (tmp_path / "known.toml").write_text(FILE, encoding="utf-8")
    (found,) = expectations.load(tmp_path / "known.toml", "cometapi", TODAY).entries
    assert (found.where, found.cells) == (f"{tmp_path / 'known.toml'}, line 4", "chat.n.*@openai:*")


@pytest.mark.parametrize(("right", "wrong", "said"), BROKEN)
def test_a_file_that_is_not_in_order_gets_one_sentence(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """With the line, what is wrong there and what to do."""
    (tmp_path / "known.toml").write_text(FILE.replace(right, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        expectations.load(tmp_path / "known.toml", "cometapi", TODAY)


def test_a_proposed_file_is_sorted_and_waits_for_reasons(tmp_path: Path) -> None:
    """Once they are filled in, all that deviates is expected; a model's name is never a pattern."""
    odd = replace(IGNORED, claim="chat.n.above", model='a*b"c')
    text = expectations.propose([IGNORED, odd, cell()], "cometapi", known(), date(2027, 1, 1))
    path = tmp_path / "known.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="reason must not be empty"):
        expectations.load(path, "cometapi", TODAY)
    path.write_text(text.replace('reason = ""', 'reason = "r"').replace('owner = ""', 'owner = "o"'), encoding="utf-8")
    loaded = expectations.load(path, "cometapi", TODAY)
    assert all(loaded.meets(cell) for cell in (IGNORED, odd))
    assert not loaded.meets(replace(odd, model='axb"c'))
    assert loaded.entries[0].cells.startswith("chat.n.above")
    assert expectations.propose([IGNORED, odd], "cometapi", loaded, date(2027, 1, 1)).count("[[expected]]") == 0


def test_a_proposal_marks_what_is_new_and_needs_one_run_only(tmp_path: Path) -> None:
    """One run says what deviates, two which of it is new; the exit code of two runs is that of the gate."""
    old = replace(IGNORED, claim="chat.n.above")
    before, after, one, two = (str(tmp_path / name) for name in ("before.json", "after.json", "one.toml", "two.toml"))
    for path, cells in ((before, (cell(), old)), (after, (IGNORED, old))):
        Path(path).write_text(json.dumps(matrix(*cells).document()), encoding="utf-8")
    assert (
        CliRunner().invoke(cli, ["gate", after, f"--write-expectations={one}"], standalone_mode=False).return_value == 0
    )
    both = CliRunner().invoke(cli, ["gate", before, after, f"--write-expectations={two}"], standalone_mode=False)
    assert both.return_value == 1
    plain, marked = (Path(path).read_text(encoding="utf-8").split("\n\n") for path in (one, two))
    assert plain == [marked[0], marked[1], marked[2].removeprefix(f"{expectations.NEW}\n")]
    assert (len(plain), "chat.n.above" in plain[1], plain[2] == marked[2]) == (3, True, False)
    alone = CliRunner().invoke(cli, ["gate", after])
    assert "gate must get two runs, BASELINE and CANDIDATE, got one" in str(alone.exception)


def test_the_json_of_a_gate_fits_its_schema() -> None:
    """Cells that are the same are left out."""
    found = compare(
        matrix(cell(), replace(cell(), claim="chat.n.one")), matrix(IGNORED, replace(cell(), claim="chat.n.one"))
    )
    written = document(found)
    assert own_problem(written, "data/gate") is None
    assert [(change["cell"], change["kind"]) for change in written["changes"]] == [
        ("chat.n.count@openai:gpt-4.1", "regressed")
    ]


def test_a_stale_expectation_is_counted_and_its_cell_named_once() -> None:
    """A gate that fails for nothing else says so in its last line, and in Markdown."""
    found = compare(matrix(cell()), matrix(cell()), known(entry(cell().id)))
    assert found.stale[0].problem == "now conforms; remove it"
    assert text(found).endswith("\ngate: FAILED (1 stale expectation, 1 same)\n")
    assert "\n1 stale expectation, 1 same.\n" in markdown(found)


def test_markdown_lets_nothing_from_outside_be_markup() -> None:
    """A model's answer may hold anything."""
    hostile = replace(IGNORED, detail="| <script>alert(1)</script> `x` \n# y")
    written = markdown(compare(matrix(cell()), matrix(hostile)))
    assert "<script>" not in written
    (row,) = [line for line in written.splitlines() if line.startswith("| chat.n.count")]
    assert row.replace("\\|", "").count("|") == 4


def test_a_cell_that_is_dearer_is_told_and_fails_nothing() -> None:
    """With the tokens of one reply before and now; the document has all of them."""
    before, after = matrix(cell(tokens=Usage(2, 30, 8))), matrix(cell(tokens=Usage(3, 165, 12)))
    found = compare(before, after)
    assert (found.exit_code, found.counts()) == (0, {"dearer": 1})
    assert "dearer (1), cells that show what they showed before, and take more tokens for it:" in text(found)
    assert "prompt tokens of a reply: 15 before, 55 now" in text(found)
    assert "| 30 prompt and 8 answer tokens in 2 replies | 165 prompt and 12 answer tokens in 3 replies |" in markdown(
        found
    )
    written = document(found)
    assert own_problem(written, "data/gate") is None
    assert written["changes"][0]["after"]["tokens"] == {"requests": 3, "prompt_tokens": 165, "completion_tokens": 12}
