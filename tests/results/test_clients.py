"""Which client works with which model: what a client relies on decides, and nothing else."""

from conformance.base.observation import Seen
from conformance.render.clients import render
from conformance.results.clients import Works, answers
from tests.support.collecting import over
from tests.support.matrices import cell, matrix

NEEDED = "chat.n.conforms"  # one of the two claims that the client of these matrices relies on


@over(
    "verdict, observed, works",
    [
        ("conforms", "honoured", Works.YES),
        ("noted", "accepted", Works.YES),
        ("deviates", "ignored", Works.NO),
        ("differs", "mishandled", Works.NO),
        ("noted", "mishandled", Works.NO),
        ("inconclusive", "unanswered", Works.UNKNOWN),
        ("blocked", None, Works.UNKNOWN),
        ("not applicable", None, Works.UNKNOWN),
    ],
)
def test_a_client_works_where_nothing_it_relies_on_is_broken(verdict: str, observed: str | None, works: Works) -> None:
    """Also of a model that nothing is stated for; what was not seen is not known."""
    seen = observed and Seen(observed)
    (answer,) = answers(matrix(cell(NEEDED, verdict, observed=seen), cell("chat.n.other", "deviates")))
    assert answer.works is works


def test_what_holds_for_the_endpoint_holds_for_each_model() -> None:
    """A broken claim about the endpoint as a whole is told for every model."""
    found = answers(
        matrix(cell(NEEDED, "conforms"), cell("chat.n.deviates", "deviates", column="endpoint", model="any"))
    )
    assert [(answer.model, answer.works) for answer in found] == [("gpt-4.1-mini", Works.NO)]


def test_the_table_names_the_claims_that_say_why_not() -> None:
    """With the details below it."""
    text = render(matrix(cell(NEEDED, "deviates", detail="it was lost")))
    assert "| Some SDK | chat | fails: `chat.n.conforms` |" in text
    assert "it was lost" in text.partition("## Why not")[2]
