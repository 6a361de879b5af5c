"""What the replies of two shards show together, and neither of them alone."""

from dataclasses import replace
from typing import Any

from conformance.http.exchange import Exchange
from conformance.results.matrix import Cell, complete, fold
from conformance.results.rejudging import rejudged
from conformance.trial.judge import Verdict
from tests.support.making import MODELS, choice, completion, contract, exchange, request

NAMES = {column: f"{column}:{MODELS[column]}" for column in ("openai", "claude")}


def cells() -> list[Cell]:
    """Return those of the claims about ids and counts of two models, all of which conform."""
    models = [contract().classify(column, MODELS[column]) for column in NAMES]
    chosen = list(contract().cases(["chat.reply.id_unique", "chat.reply.prompt_tokens", "chat.reply.usage"], models))
    return [replace(cell, verdict=Verdict.CONFORMS) for cell in fold(complete(chosen, {}))]


def answered(name: str, column: str = "openai", tokens: int = 9, **sent: Any) -> Exchange:
    """Return an answer with this id and count of prompt tokens."""
    told = replace(request(model=MODELS[column], **sent), model=NAMES[column])
    usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
    return exchange(body=completion(choice(), id=name, usage=usage), sent=told)


def against(*parts: list[Exchange]) -> dict[str, str]:
    """Return the details of the cells that are against the endpoint over these parts."""
    found = rejudged(cells(), parts, contract())
    return {cell.id: cell.detail for cell in found if cell.verdict is not Verdict.CONFORMS}


def test_an_id_in_two_shards_is_found() -> None:
    """Though each shard has it once, and though both sent the same request."""
    assert against([answered("c-1")], [answered("c-2")]) == {}
    found = against([answered("c-1"), answered("c-2", n=1)], [answered("c-1")])
    assert list(found) == [f"chat.reply.id_unique@{NAMES['openai']}"]
    detail = found[f"chat.reply.id_unique@{NAMES['openai']}"]
    assert detail.startswith("two answers share the id 'c-1' (1 of 3 answers")
    assert detail.endswith("over the whole run")


def test_an_id_of_two_models_is_found() -> None:
    """Of whichever comes second."""
    found = against([answered("c-1")], [answered("c-1", "claude")])
    assert list(found) == [f"chat.reply.id_unique@{NAMES['claude']}"]


def test_a_prompt_that_shards_count_differently_is_found() -> None:
    """At the level of the claim."""
    found = rejudged(cells(), [[answered("c-1", tokens=9)], [answered("c-2", tokens=10)]], contract())
    assert [cell.verdict for cell in found if cell.claim == "chat.reply.prompt_tokens"] == ["differs", "conforms"]


def test_the_evidence_names_the_exchanges_as_they_are_recorded() -> None:
    """Not as they are told apart here."""
    one, other = answered("c-1"), answered("c-1", n=1)
    found = next(cell for cell in rejudged(cells(), [[one], [other]], contract()) if cell.verdict is Verdict.DEVIATES)
    assert set(found.evidence) <= {one.id, other.id}
