"""Matrices for what is made of finished runs: of all verdicts, of four models, with hostile text everywhere."""

from typing import Any

from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import Verdict

HOSTILE = "\x1b[2J\x1b]0;owned\x07 | <script>alert(1)</script> `x` *bold* [click](https://evil.example) \u202etxt\udce9\n# head"
OBSERVED = {
    "conforms": "honoured",
    "deviates": "ignored",
    "differs": "clamped",
    "inconclusive": "unanswered",
    "noted": "accepted",
}


def cell(claim: str, verdict: str, **parts: Any) -> Cell:
    """A cell of this claim for one model."""
    given: dict[str, Any] = {
        "column": "openai", "model": "gpt-4.1-mini", "documented": "1-128", "says": "supported", "level": "must",
        "observed": OBSERVED.get(verdict), "measured": None, "detail": f"what {claim} showed", "evidence": (),
        "counts": {verdict: 1},
    }  # fmt: skip
    return Cell(claim=claim, verdict=verdict, **{**given, **parts})


def of_all_verdicts(model: str = "gpt-4.1-mini", detail: str = "so it was", column: str = "openai") -> list[Cell]:
    """One cell per verdict, and one with a measured limit."""
    names = [(f"chat.n.{verdict.replace(' ', '_')}", str(verdict)) for verdict in Verdict]
    cells = [cell(claim, verdict, model=model, detail=detail, column=column) for claim, verdict in names]
    return [
        *cells,
        cell("chat.stop.limit", "conforms", model=model, column=column, measured="1-4", documented="up to 4"),
    ]


def matrix(*cells: Cell, **run: Any) -> Matrix:
    """A matrix of these cells."""
    models = list(dict.fromkeys((each.column, each.model) for each in cells))
    facts: dict[str, Any] = {
        "suite_version": "0", "target": "mine", "base_url": "http://127.0.0.1:1/v1", "api_key_env": None, "target_version": None,
        "contract": {"name": "cometapi", "surface": "chat", "digest": "d1"}, "mode": "live",
        "models": [{"column": column, "id": model, "class": "chat", "echoed": model, "fingerprint": None, "blocked": None,
                    "exit_code": 0} for column, model in models],
        "started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:06Z", "planned": 9, "reported": 8, "requests": 30,
        "partial": False, "stopped": False,
    }  # fmt: skip
    return Matrix({**facts, **run}, tuple(cells))


def hostile() -> Matrix:
    """A matrix with hostile text wherever text from outside can stand."""
    found = matrix(*of_all_verdicts(HOSTILE, HOSTILE), target=HOSTILE, target_version=HOSTILE)
    for each in found.run["models"]:
        each.update(echoed=HOSTILE, blocked=HOSTILE)
    return found


FOUR = matrix(
    *of_all_verdicts(),
    *of_all_verdicts("a-much-longer-model-name-of-a-vendor-2026-01-02", "long " * 60),
    *of_all_verdicts("claude-sonnet-4-5", column="claude"),
    *of_all_verdicts("gemini-2.5-flash", column="gemini"),
)
