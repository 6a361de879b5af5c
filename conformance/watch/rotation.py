"""Which claims a night asks: a pure function of what claims cost and of the night in which each was asked last.

Statements about every reply are no part of a rotation.  They are judged on whatever the other claims of a night asked for, and
send nothing themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from conformance.base.errors import ConfigurationError
from conformance.base.money import Usage, total
from conformance.contract.claims import Case, Level, Says
from conformance.contract.costs import Costs, SharedRequests

# Tokens of an answer that a night plans with.  Most requests ask for one word and are answered with 20 to 30 tokens, but many set
# a limit of several hundred, and a model that reasons gets a thousand: planned with those, no claim about it would fit into a
# night.
USUAL_ANSWER = 32


@dataclass(frozen=True)
class Limits:
    """The most that one model is asked in a night: requests, and tokens of prompts and usual answers."""

    requests: int = 10
    tokens: int = 500

    def admit(self, figures: Usage) -> bool:
        """Return whether requests fit into a night."""
        return figures.requests <= self.requests and tokens_of(figures) <= self.tokens


@dataclass(frozen=True)
class Watched:
    """The claims about one model that take turns, in the contract's order, and the requests that they share.

    `too_large` are claims that do not fit into a night even alone, or whose costs are not known; only a whole run asks them.
    """

    model: str
    claims: tuple[str, ...]
    too_large: tuple[str, ...]
    rows: tuple[SharedRequests, ...]
    limits: Limits

    def figures(self, claims: Iterable[str]) -> Usage:
        """Return what these claims take together."""
        chosen = frozenset(claims)
        return total(row.figures for row in self.rows if row.claims & chosen)

    def choose(self, asked: Mapping[str, int], first: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the claims of a night: those to ask `first`, then those whose last night, by claim, is longest ago.

        A claim that does not fit any more waits, and others take its place; next night it is among the oldest.  So no claim waits
        for ever, also if nights fall out, if claims are added, and if claims are asked out of turn.
        """
        urgent = set(first)
        places = {claim: place for place, claim in enumerate(self.claims)}
        order = sorted(self.claims, key=lambda claim: (claim not in urgent, asked.get(claim, 0), places[claim]))
        chosen: list[str] = []
        needed: set[int] = set()
        figures = Usage()
        for claim in order:
            more = self.rows_of[claim] - needed
            together = total([figures, *(self.rows[row].figures for row in more)])
            if self.limits.admit(together):
                needed, figures = needed | more, together
                chosen.append(claim)
        return tuple(chosen)

    @cached_property
    def length(self) -> int:
        """The number of nights in which every claim is asked once."""
        asked: dict[str, int] = {}
        night = 0
        while len(asked) < len(self.claims):
            night += 1
            asked |= dict.fromkeys(self.choose(asked), night)
        return night

    @cached_property
    def rows_of(self) -> Mapping[str, frozenset[int]]:
        """The rows of each claim, by their places."""
        return {
            claim: frozenset(place for place, row in enumerate(self.rows) if claim in row.claims)
            for claim in self.claims
        }


def tokens_of(figures: Usage) -> int:
    """Return the tokens that a night plans for requests: their prompts, and usual answers where no lower limit is set."""
    return figures.prompt_tokens + min(figures.completion_tokens, USUAL_ANSWER * figures.requests)


def watched(
    cases: Iterable[Case], costs: Costs | None, invariants: frozenset[str], limits: Limits, contract: str
) -> tuple[Watched, ...]:
    """Return what takes turns, model by model; the endpoint as a whole counts as a model.

    An unstated claim is left out: its verdict cannot turn.  Raises ConfigurationError for a contract without a table of costs.
    """
    if costs is None:
        raise ConfigurationError(
            f"a watch needs the costs of the claims, and contract {contract} has no table of them",
            f"write it: conformance contract --contract {contract} --write-costs",
        )
    groups: dict[str, list[Case]] = {}
    for case in cases:
        if turns(case) and case.claim.id not in invariants:
            groups.setdefault(str(case.model), []).append(case)
    return tuple(_watched(model, group, costs, limits) for model, group in groups.items())


def turns(case: Case) -> bool:
    """Return whether the verdict of a case can turn: the contract promises something about it."""
    return case.rule.level is not Level.UNSTATED and case.rule.says not in {Says.NOT_APPLICABLE, Says.UNSTATED}


def _watched(model: str, cases: Sequence[Case], costs: Costs, limits: Limits) -> Watched:
    kind = (cases[0].stand_in or cases[0].model).kind.name
    rows = (costs.endpoint if cases[0].stand_in else costs.models).get(kind, ())
    claims = tuple(dict.fromkeys(case.claim.id for case in cases))
    whole = Watched(model, claims, (), tuple(rows), limits)
    # A claim that is newer than the table of costs has no row, and would seem to cost nothing.
    fitting = tuple(claim for claim in claims if whole.rows_of[claim] and limits.admit(whole.figures([claim])))
    too_large = tuple(claim for claim in claims if claim not in fitting)
    return Watched(model, fitting, too_large, tuple(rows), limits)
