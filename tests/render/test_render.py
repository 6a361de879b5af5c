"""What people read: the matrix in Markdown, a plan, an explanation; whatever an endpoint sent."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conformance.base.money import Price
from conformance.render import FORMATS, explanation, plan, terminal
from conformance.render import cost as in_words
from conformance.render.markdown import render as as_markdown
from conformance.render.signs import SIGNS, counts_in_words, seen
from conformance.results.cost import CostFacts, ModelCost, PlannedCost, SpentCost
from conformance.results.explanation import Explanation
from conformance.results.matrix import Matrix
from conformance.run.planning import ModelPlan, Plan
from conformance.trial.judge import Verdict
from tests.support.making import contract, exchange, request
from tests.support.matrices import FOUR, HOSTILE, cell, matrix, of_all_verdicts, said


def test_every_verdict_has_signs_of_its_own() -> None:
    """No two look alike, neither in Unicode nor in ASCII, so that no colour is the only sign."""
    assert set(SIGNS) == {str(verdict) for verdict in Verdict}
    assert len({sign.mark for sign in SIGNS.values()}) == len({sign.plain for sign in SIGNS.values()}) == len(SIGNS)
    assert all(sign.plain.isascii() and len(sign.plain) == len(sign.mark) == 1 for sign in SIGNS.values())


def test_few_words_stand_for_a_cell() -> None:
    """The measured limit, else what was observed, else the verdict; nothing where nothing applies."""
    assert seen(cell("chat.n.limit", "conforms", measured="1-8")) == "[1-8]"
    assert seen(cell("chat.n.count", "deviates")) == "ignored"
    assert seen(cell("chat.n.count", "blocked")) == "blocked"
    assert seen(cell("chat.n.count", "not applicable")) == ""
    assert counts_in_words({"deviates": 1, "conforms": 2}) == "1 deviates, 2 conforms"
    assert counts_in_words({}) == "nothing"


# ---------------------------------------------------------------- Markdown


def test_the_markdown_is_the_same_every_time() -> None:
    """Byte for byte, from the same matrix and from its document."""
    assert as_markdown(FOUR) == as_markdown(FOUR)
    assert as_markdown(Matrix.from_document(FOUR.document())) == as_markdown(FOUR)
    assert FORMATS["markdown"].render is as_markdown


def test_every_cell_is_in_the_markdown() -> None:
    """A table per parameter, a row per claim, a column per model, and the facts of the run."""
    text = as_markdown(FOUR)
    rows = [line for line in text.splitlines() if line.startswith("| `chat.")]
    assert len(rows) == 8
    assert all(row.count(" | ") >= 4 for row in rows)
    assert text.count("\n## ") == 3
    for fact in ("mine", "digest d1", "9 planned, 8 reported; 30 requests", "2026-01-02T03:04:05Z"):
        assert fact in text
    assert "\\[1-4\\]" in text


def test_the_scope_of_a_run_is_told() -> None:
    """A selection and a run that was stopped do not pass for a whole one."""
    assert "this is a selection" in as_markdown(replace(FOUR, run=replace(FOUR.run, partial=True)))
    assert "was stopped before its end" in as_markdown(replace(FOUR, run=replace(FOUR.run, stopped=True)))
    assert "selection" not in as_markdown(FOUR)


def test_hostile_text_is_no_markup_in_markdown() -> None:
    """Rows stay rows; no tag, link, code or heading of an endpoint's making."""
    text = as_markdown(said(matrix(*of_all_verdicts("m", HOSTILE), target_version=HOSTILE), echoed=HOSTILE))
    text.encode()
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert not re.search(r"(?<!\\)<script", text)
    assert "[click](" not in text
    assert not re.search(r"^# head", text, re.MULTILINE)
    plain = as_markdown(matrix(*of_all_verdicts("m", "so")))
    assert [line.count("|") for line in text.splitlines() if line.startswith("| `")] == [
        line.count("|") for line in plain.splitlines() if line.startswith("| `")
    ]


# ---------------------------------------------------------------- several surfaces


SURFACES = (
    cell("chat.n.count", "conforms"),
    cell("responses.n.count", "deviates"),
    cell("chat.stop.text", "conforms"),
    cell("chat.n.zero", "noted"),
    cell("models.list.listed", "conforms", column="endpoint", model="any"),
)


def headings(text: str) -> list[str]:
    """The headings of the parameters."""
    return re.findall(r"^## (?!What)(.*)", text, re.MULTILINE)


def test_parameters_of_one_name_on_two_surfaces_stand_apart() -> None:
    """Grouped by surface, and named with it in the Markdown; the title names all surfaces."""
    found = matrix(*SURFACES, contract={"name": "c", "surfaces": ["chat", "responses", "models"], "digest": "d"})
    assert headings(as_markdown(found)) == ["chat.n", "chat.stop", "responses.n", "models.list"]
    assert as_markdown(found).startswith("# c chat, responses, models on mine\n")


def test_one_surface_and_the_list_of_models_need_no_names_of_surfaces() -> None:
    """It looks as a run of one surface does, unless two parameters share a name."""
    one = matrix(*(cell for cell in SURFACES if cell.surface != "responses"))
    assert headings(as_markdown(one)) == ["n", "stop", "list"]
    same = matrix(*one.cells, cell("models.n.count", "conforms", column="endpoint", model="any"))
    assert headings(as_markdown(same)) == ["chat.n", "stop", "list", "models.n"]


# ---------------------------------------------------------------- plan


def test_a_plan_sums_its_models() -> None:
    """A row per model and one for all; names are shown as they are."""
    models = (
        ModelPlan("openai:[b]a[/c]", "chat", 10, 9, 20, 3, 400, 500),
        ModelPlan("claude:b", "claude", 1, 1, 2, 0, 40, 50),
    )
    text = plan.render(Plan("mine", "cometapi", models))
    assert "openai:[b]a[/c]" in text
    assert re.search(r"^all\s+11\s+10\s+22\s+3\s+440\s+550\s+unknown\s*$", text, re.MULTILINE)
    assert "nothing was sent to the target" in text


def test_a_plan_has_a_row_for_each_api_of_a_model() -> None:
    """Below the model; the sum counts each request once."""
    parts = {
        "chat": ModelPlan("openai:a", "chat", 4, 4, 5, 1, 60, 70),
        "responses": ModelPlan("openai:a", "chat", 6, 5, 15, 2, 340, 430),
    }
    model = ModelPlan("openai:a", "chat", 10, 9, 20, 3, 400, 500, surfaces=parts)
    text = plan.render(Plan("mine", "cometapi", (model,)))
    assert re.search(r"^  chat\s+4\s+4\s+5\s+1\s+60\s+70\s+unknown\s*$", text, re.MULTILINE)
    assert re.search(r"^  responses\s+6\s+5\s+15\s", text, re.MULTILINE)
    assert re.search(r"^all\s+10\s+9\s+20\s", text, re.MULTILINE)


def test_a_plan_says_what_models_cost() -> None:
    """In USD where the price is known; where it is not it is unknown, and so is the sum."""
    priced = ModelPlan("openai:a", "chat", 1, 1, 1, 0, 1_000_000, 500_000, Price(Decimal("0.25"), Decimal(2)))
    assert re.search(r"^openai:a .* 1\.2500\s*$", plan.render(Plan("mine", "cometapi", (priced,))), re.MULTILINE)
    both = plan.render(Plan("mine", "cometapi", (priced, replace(priced, model="claude:b", price=None))))
    assert re.search(r"^claude:b .* unknown\s*$", both, re.MULTILINE)
    assert re.search(r"^all .* unknown\s*$", both, re.MULTILINE)


def test_a_plan_names_its_share_and_its_reserve() -> None:
    """The reserve is what one case takes more if it deviates and the deviation comes and goes."""
    text = plan.render(Plan("mine", "cometapi", (), "smoke", 0.1, 36))
    assert text.startswith("cometapi on mine, profile smoke, share 0.1: what a run sends")
    assert "at most 36 requests for each case that deviates; --budget bounds them." in text
    assert ", share" not in plan.render(Plan("mine", "cometapi", ()))


# ---------------------------------------------------------------- cost


def cost(*rows: tuple[float | None, int], budget: float | None = None, exact: bool = True) -> CostFacts:
    """The facts about cost of models with these USD and this many replies without usage."""
    models = tuple(
        ModelCost(
            f"openai:m{number}", None, None, PlannedCost(20, 1500, 300, usd), SpentCost(20, 1500, 300, unmetered, usd)
        )
        for number, (usd, unmetered) in enumerate(rows)
    )
    return CostFacts(budget, exact, models)


def test_a_header_says_what_each_model_costs() -> None:
    """A line for each of a few models, one for many, and the budget."""
    assert list(in_words.header(cost((0.01234, 0), (None, 0), budget=0.5))) == [
        "openai:m0: 20 requests, about 1,500 prompt and at most 300 answer tokens, up to about 0.0123 USD",
        "openai:m1: 20 requests, about 1,500 prompt and at most 300 answer tokens, price unknown",
        "budget 0.50 USD",
    ]
    (many,) = in_words.header(cost(*[(0.5, 0)] * 40))
    assert many.startswith("40 models: 800 requests")
    assert many.endswith("20.0000 USD")


def test_a_header_names_a_few_models_and_counts_many() -> None:
    """With their classes, or the number of each class if there are many, so that the header stays short."""
    few = [("openai:a", "chat"), ("openai:b", "reasoning")]
    assert in_words.models(few) == "models openai:a (chat), openai:b (reasoning)"
    many = [(f"openai:m{number}", "reasoning" if number % 3 == 0 else "chat") for number in range(45)]
    assert in_words.models(many) == "45 models (30 chat, 15 reasoning); conformance plan lists them"


def test_a_header_without_a_plan_says_where_there_is_one() -> None:
    """For a contract that has no table of costs, and what a part of a claim takes is about so much."""
    known = cost((None, 0))
    unknown = replace(known, models=(replace(known.models[0], planned=None),))
    assert list(in_words.header(unknown)) == ["what it costs: see conformance plan"]
    assert next(in_words.header(cost((1.0, 0), exact=False))).startswith("openai:m0: about 20 requests")


def test_the_end_of_a_run_holds_plan_and_fact_together() -> None:
    """In the terminal and in the summary, with the number of replies without usage."""
    lines = [
        "spent: 40 requests, 3,000 prompt and 600 answer tokens, 0.5000 USD of a budget of 1 USD; "
        "7 replies reported no usage and count as the most they may have cost",
        "planned: 40 requests, about 3,000 prompt and at most 600 answer tokens, up to about 0.5000 USD",
    ]
    found = matrix(*of_all_verdicts(), cost=cost((0.25, 7), (0.25, 0), budget=1.0).document())
    assert found.run.cost
    assert list(in_words.summary(found.run.cost)) == lines
    text = terminal.summary(found, Path("runs/x"), width=100, colour=False)
    for line in lines:
        assert line in text
        assert line in FORMATS["summary"].render(found)


def test_a_reply_without_usage_says_nothing_of_money_that_nobody_knows() -> None:
    """Where no price is known, only its tokens are missing, and the plan is not repeated; one reply is one."""
    (spent,) = in_words.summary(cost((None, 1)))
    assert spent.endswith("price unknown; 1 reply reported no usage, its tokens are not counted")


@pytest.mark.parametrize(
    ("limit", "words"), [(0.5, "0.50"), (1.0, "1"), (0.0000001, "0.0000001"), (1e9, "1000000000"), (0.125, "0.125")]
)
def test_a_budget_is_written_as_people_do(limit: float, words: str) -> None:
    """Never with an exponent."""
    assert list(in_words.header(cost((1.0, 0), budget=limit)))[-1] == f"budget {words} USD"


@pytest.mark.parametrize(
    ("amount", "words"), [(None, "price unknown"), (0.0, "0.0000 USD"), (0.00001, "less than 0.0001 USD")]
)
def test_money_that_is_unknown_is_not_nothing(amount: float | None, words: str) -> None:
    """Nor is little."""
    assert in_words.usd(amount) == words


# ---------------------------------------------------------------- explanation


def explained(**parts: Any) -> str:
    """The explanation of a cell with one exchange."""
    claim = contract().claim("chat.n.count")
    sent = exchange(sent=request(n=2), **parts)
    found = Explanation(
        claim, (cell("chat.n.count", "deviates", detail=HOSTILE),), ((sent, "curl -sS http://a/v1"),), 4
    )
    return explanation.render(found)


def test_an_explanation_tells_everything() -> None:
    """Statement, source, contract, what was seen, the exchange, how to repeat it, and what more there is."""
    text = explained(text='{"choices": []}')
    claim = contract().claim("chat.n.count")
    for part in (
        claim.statement,
        claim.sources[0].url,
        "documented 1-128",
        "supported, must",
        "ignored",
        '{"choices": []}',
    ):
        assert part in text
    assert "✗ deviates  chat.n.count@openai:gpt-4.1-mini" in text
    assert "curl -sS http://a/v1" in text
    assert "4 more exchanges" in text


def test_a_claim_can_be_explained_without_a_run() -> None:
    """It says what to do next."""
    assert "no run has judged it yet: conformance run" in explanation.render(
        Explanation(contract().claim("chat.n.count"), ())
    )


def test_hostile_text_does_nothing_in_an_explanation() -> None:
    """Bodies, headers and details are shown with what a terminal obeys escaped."""
    for text in (explained(text=HOSTILE, headers={"content-type": "text/\x9b2J"}), explained(failure="protocol")):
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        text.encode()
    assert "\\x1b[2J" in explained(text=HOSTILE)


def test_a_command_that_no_shell_takes_is_not_printed() -> None:
    """A request of hundreds of thousands of characters is left where it is recorded, and said to be there."""
    sent = (exchange(sent=request(n=2)), "curl " + "x" * 200_000)
    text = explanation.render(Explanation(contract().claim("chat.n.count"), (), (sent,)))
    assert "xxx" not in text
    assert "evidence.ndjson" in text


def test_a_long_body_is_cut_and_says_so() -> None:
    """Its length is shown."""
    text = explained(text="x" * 5000)
    assert "... (5000 characters)" in text
    assert "x" * 1201 not in text
