"""Which API works with which model, and for which client, as Markdown: one row per client, one column per model."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.render.escaping import code
from conformance.render.escaping import markdown as plain
from conformance.results.clients import Answer, Works, answers
from conformance.results.matrix import Matrix

_NAMED = 3  # claims that a cell of the table names; all are listed below it


def render(matrix: Matrix) -> str:
    """Return the whole document; the same matrix gives the same text."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    yield f"# Which client works with which model on {plain(matrix.run.target)}\n"
    found = answers(matrix)
    if not found:
        yield "The contract names no clients of the APIs that were tested."
        return
    yield "A client works where nothing that it relies on was seen broken; the claims that say why not are named.\n"
    models = list(dict.fromkeys((answer.column, answer.model) for answer in found))
    yield "| client | API | " + " | ".join(plain(f"{column}:{model}") for column, model in models) + " |"
    yield "|---" * (len(models) + 2) + "|"
    rows: dict[tuple[str, str], dict[tuple[str, str], Answer]] = {}
    for answer in found:
        row = rows.setdefault((answer.client.title, answer.client.surface), {})
        row[answer.column, answer.model] = answer
    for (title, surface), row in rows.items():
        yield f"| {plain(title)} | {plain(surface)} | " + " | ".join(_cell(row.get(model)) for model in models) + " |"
    if failing := [answer for answer in found if answer.works is Works.NO]:
        yield "\n## Why not\n"
        for answer in failing:
            model = plain(f"{answer.column}:{answer.model}")
            yield f"- **{plain(answer.client.title)}** with {model}:"
            yield from (f"  - `{code(cell.id)}`: {plain(cell.detail)}" for cell in answer.why)


def _cell(answer: Answer | None) -> str:
    """Return the answer in a cell of the table; a model that was not asked on the API has a dash."""
    if answer is None:
        return "-"
    named = ", ".join(f"`{code(cell.claim)}`" for cell in answer.why[:_NAMED])
    more = f" and {len(answer.why) - _NAMED} more" if len(answer.why) > _NAMED else ""
    return f"{answer.works}: {named}{more}" if named else str(answer.works)
