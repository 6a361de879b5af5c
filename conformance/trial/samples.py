"""What several looks at one case come to: how many have to agree before a verdict is based on them.

Counting, the majority and the question whether a deviation has been seen often enough live here.  Nothing here asks; the
odds of these rules are in docs/verdicts.md, and a test holds them against this code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

from conformance.base.observation import Observation, Reason, Seen, mishandled, unanswered
from conformance.contract.claims import Rule, Says
from conformance.trial.judge import AGAINST, Verdict, judge

TIMES = 3  # a deviation has to be seen so often, controls included
_DEVIATION = "a deviation"


def needs_confirmation(seen: Observation, rule: Rule) -> bool:
    """Against the contract, a server fault, or a hang where a client's mistake should have been refused."""
    if judge(rule.says, rule.level, seen.seen) in AGAINST:
        return True
    return seen.suspect and (seen.seen is Seen.MISHANDLED or rule.says is Says.REFUSED)


def confirmations_missing(samples: Sequence[Observation], rule: Rule) -> int:
    """How often the case has to be asked anew: until a deviation that all samples show was seen three times."""
    return max(0, TIMES - len(samples)) if all(needs_confirmation(each, rule) for each in samples) else 0


def combine(
    samples: Sequence[Observation], repeats: Sequence[Observation], rule: Rule, majority: Fraction | None
) -> Observation:
    """One observation from the samples of a case and from what asking anew showed where it was asked anew."""
    if repeats:
        return _every_time([*samples, *repeats], rule)
    return samples[0] if len(samples) == 1 else _by_majority(samples, rule, majority or Fraction(1))


def _every_time(found: Sequence[Observation], rule: Rule) -> Observation:
    """What surprised every time counts, anything else is unstable."""
    if not all(needs_confirmation(each, rule) for each in found):
        detail = f"unstable: {_counts(found)} of {len(found)} times; first: {found[0].detail}"
        return unanswered(detail, reason=Reason.UNSTABLE)
    alike = len({each.seen for each in found}) == 1
    return _told(found, f"{len(found) if alike else _counts(found)} of {len(found)} times")


def _by_majority(samples: Sequence[Observation], rule: Rule, majority: Fraction) -> Observation:
    """What that part of the samples that vote agrees in, where half of all vote; a deviation takes it of all, and three."""
    cast = [vote for each in samples if (vote := _vote(each, rule))]
    shown, whole = _counts(samples), len(samples)
    if 2 * len(cast) < whole:
        first = next(each.detail for each in samples if not _vote(each, rule))
        return unanswered(f"too few answers: {shown} of {whole}; needs half; first: {first}", reason=Reason.TOO_FEW)
    winner, count = Counter(cast).most_common(1)[0]
    if count < ceil(majority * len(cast)):
        return unanswered(f"mixed: {shown} of {whole}; needs {majority}", reason=Reason.MIXED)
    needed = max(TIMES, ceil(majority * whole))
    if winner == _DEVIATION and count < needed:
        return unanswered(f"mixed: {shown} of {whole}; needs {needed} for a deviation", reason=Reason.MIXED)
    others = [each for each in samples if _vote(each, rule) != winner]
    often = f"{count} of {whole}" + (f", {_counts(others)}" if others else "")
    return _told([each for each in samples if _vote(each, rule) == winner], often)


def _told(agreeing: Sequence[Observation], often: str) -> Observation:
    """The most frequent of the observations that agree, with how often it came; what was only ever a hang says so."""
    answered = [each for each in agreeing if each.seen is not Seen.UNANSWERED]
    if not answered:
        return mishandled(f"hangs {often}, each followed by a control that succeeds: {agreeing[0].detail}")
    usual = Counter((each.seen, each.measured) for each in answered).most_common(1)[0][0]
    first = next(each for each in answered if (each.seen, each.measured) == usual)
    return replace(first, detail=f"{first.detail} ({often})")


def _vote(seen: Observation, rule: Rule) -> str | None:
    """What an observation speaks for: a deviation, its verdict, or where the contract says nothing its word; None: nothing."""
    if needs_confirmation(seen, rule):
        return _DEVIATION
    verdict = judge(rule.says, rule.level, seen.seen)
    if verdict is Verdict.INCONCLUSIVE:
        return None
    return seen.seen.value if verdict is Verdict.NOTED else verdict.value


def _counts(found: Sequence[Observation]) -> str:
    return ", ".join(f"{seen} {count}" for seen, count in Counter(each.seen for each in found).items())
