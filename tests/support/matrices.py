"""Matrices for tests of formats: with all verdicts, with four models, and with hostile text everywhere."""

import json
from dataclasses import replace
from typing import Any

from conformance.base.observation import Reason, Seen
from conformance.contract.claims import Level, Says
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix
from conformance.run.tally import PreflightFacts
from conformance.trial.judge import Verdict

HOSTILE = "\x1b[2J\x1b]0;owned\x07 | <script>alert(1)</script> `x` *bold* [click](https://evil.example) \u202etxt\udce9\n# head"
OBSERVED = {
    Verdict.CONFORMS: Seen.HONOURED,
    Verdict.DEVIATES: Seen.IGNORED,
    Verdict.DIFFERS: Seen.CLAMPED,
    Verdict.INCONCLUSIVE: Seen.UNANSWERED,
    Verdict.NOTED: Seen.ACCEPTED,
}


def cell(claim: str, verdict: str, **parts: Any) -> Cell:
    """Return a cell of this claim for one model; words may be spelled as in matrix.json."""
    given: dict[str, Any] = {
        "column": "openai", "model": "gpt-4.1-mini", "documented": "1-128", "says": "supported", "level": "must",
        "observed": OBSERVED.get(Verdict(verdict)), "measured": None, "detail": f"what {claim} showed", "evidence": (),
        "counts": {verdict: 1}, "seen": {}, "reason": None,
    } | parts  # fmt: skip
    words = {word.value: word for word in (*Seen, *Verdict)}
    enums = {
        "says": Says(given["says"]),
        "level": Level(given["level"]),
        "observed": given["observed"] and Seen(given["observed"]),
        "counts": {Verdict(each): count for each, count in given["counts"].items()},
        "seen": {value: words[word] for value, word in given["seen"].items()},
        "reason": given["reason"] and Reason(given["reason"]),
    }
    return Cell(claim=claim, verdict=Verdict(verdict), **{**given, **enums})


def of_all_verdicts(model: str = "gpt-4.1-mini", detail: str = "so it was", column: str = "openai") -> list[Cell]:
    """One cell per verdict, and one with a measured limit."""
    names = [(f"chat.n.{verdict.replace(' ', '_')}", verdict) for verdict in Verdict]
    cells = [cell(claim, verdict, model=model, detail=detail, column=column) for claim, verdict in names]
    return [
        *cells,
        cell("chat.stop.limit", "conforms", model=model, column=column, measured="1-4", documented="up to 4"),
    ]


def facts(*models: tuple[str, str], **run: Any) -> dict[str, Any]:
    """The facts of a run on these models, as matrix.json has them."""
    return {
        "suite_version": "0", "target": "mine", "base_url": "http://127.0.0.1:1/v1", "api_key_env": None, "target_version": None,
        "contract": {"name": "cometapi", "surfaces": ["chat"], "digest": "d1", "clients": [
            {"title": "Some SDK", "surface": "chat", "claims": ["chat.n.conforms", "chat.n.deviates"]}]}, "mode": "live",
        "models": [{"column": column, "id": model, "class": "chat", "echoed": model, "fingerprint": None, "blocked": None,
                    "exit_code": 0} for column, model in models],
        "started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:06Z", "planned": 9, "reported": 8, "requests": 30,
        "partial": False, "stopped": False, **run,
    }  # fmt: skip


def matrix(*cells: Cell, **run: Any) -> Matrix:
    """A matrix of these cells; facts of the run may be given as matrix.json has them."""
    models = dict.fromkeys((each.column, each.model) for each in cells)
    return Matrix(RunFacts.from_document(facts(*models, **run)), tuple(cells))


def said(found: Matrix, surface: str = "chat", **words: Any) -> Matrix:
    """The same matrix, but each model said this in its preflight on one surface."""
    models = []
    for model in found.run.models:
        others = {preflight.surface: preflight for preflight in model.preflights}
        changed = replace(others.get(surface, PreflightFacts(surface)), **words)
        models.append(replace(model, preflights=tuple({**others, surface: changed}.values())))
    return replace(found, run=replace(found.run, models=tuple(models)))


def hostile() -> Matrix:
    """A matrix with hostile text wherever text from outside can stand."""
    found = matrix(*of_all_verdicts(HOSTILE, HOSTILE), target=HOSTILE, target_version=HOSTILE)
    return said(found, echoed=HOSTILE, blocked=HOSTILE)


FOUR = matrix(
    *of_all_verdicts(),
    *of_all_verdicts("a-much-longer-model-name-of-a-vendor-2026-01-02", "long " * 60),
    *of_all_verdicts("claude-sonnet-4-5", column="claude"),
    *of_all_verdicts("gemini-2.5-flash", column="gemini"),
)
# What the schema of a matrix does not leave open: words of an enum, times, versions, and the beginning of ids.
_CLOSED = {
    "schema", "says", "level", "observed", "verdict", "counts", "reason", "started", "ended", "mode", "profile", "shard",
    "currency",
}  # fmt: skip


def attacked(text: str) -> Matrix:
    """A matrix in which every string that its schema leaves open has this text in it; what must be there is as it was."""
    whole = matrix(
        *(replace(each, seen={"2": each.observed} if each.observed else {}) for each in of_all_verdicts()),
        cell("chat.stop.limit", "deviates", column="claude", model="m"),
    )
    facts = said(whole, blocked="so it was", fingerprint="f").document()
    facts["run"] |= {"target_version": "1", "api_key_env": "KEY", "api_key_file": "k"}
    return Matrix.from_document(_attacked(json.loads(json.dumps(facts)), text))


def _attacked(value: Any, text: str, name: str = "") -> Any:
    """Return JSON of a matrix with every string replaced that may be any text; claims and surfaces keep their first words."""
    if name in _CLOSED:
        return value
    if isinstance(value, dict):
        if name == "seen":
            return {f"{key}{text}": inner for key, inner in value.items()}
        return {key: _attacked(inner, text, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_attacked(inner, text, name) for inner in value]
    if name in {"claim", "claims", "cause"} and isinstance(value, str):
        return value + text.replace(".", "")
    return f"{text}{value}" if isinstance(value, str) else value
