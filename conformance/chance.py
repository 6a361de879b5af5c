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

from conformance.contract import Rule, Says
from conformance.judge import AGAINST, Verdict, judge
from conformance.observation import Observation, Seen, mishandled, unanswered

TIMES = 3  # a deviation has to be seen so often, controls included
_DEVIATION = "a deviation"


def surprising(seen: Observation, rule: Rule) -> bool:
    """Against the contract, a server fault, or a hang where a client's mistake should have been refused."""
    if judge(rule.says, rule.level, seen.seen) in AGAINST:
        return True
    return seen.suspect and (seen.seen is Seen.MISHANDLED or rule.says is Says.REFUSED)


def missing(samples: Sequence[Observation], rule: Rule) -> int:
    """How often the case has to be asked anew: until a deviation that no sample contradicts has been seen three times."""
    votes = _votes(samples, rule)
    if 2 * len(votes) < len(samples) or set(votes) != {_DEVIATION}:
        return 0
    return max(0, TIMES - len(votes))


def settled(
    samples: Sequence[Observation], anew: Sequence[Observation], rule: Rule, majority: Fraction | None
) -> Observation:
    """One observation from the samples of a case and from what asking anew showed where it was asked anew."""
    if anew:
        seen = [each for each in samples if _vote(each, rule)]
        return _every_time([*seen, *anew], rule)
    return samples[0] if len(samples) == 1 else _by_majority(samples, rule, majority or Fraction(1))


def _every_time(found: Sequence[Observation], rule: Rule) -> Observation:
    """What surprised every time counts, anything else is unstable."""
    if not all(surprising(each, rule) for each in found):
        return unanswered(f"unstable: {_counts(found)} of {len(found)} times; first: {found[0].detail}")
    alike = len({each.seen for each in found}) == 1
    return _told(found, f"{len(found) if alike else _counts(found)} of {len(found)} times")


def _by_majority(samples: Sequence[Observation], rule: Rule, majority: Fraction) -> Observation:
    """What so many of the samples that vote agree in; a deviation takes three at least.  Half of all have to vote."""
    votes, all_of_them = _votes(samples, rule), f"{_counts(samples)} of {len(samples)}"
    if 2 * len(votes) < len(samples):
        return unanswered(f"too few answers: {all_of_them}; needs half; first: {_first_without_vote(samples, rule)}")
    winner, count = Counter(votes).most_common(1)[0]
    if count < ceil(majority * len(votes)):
        return unanswered(f"mixed: {all_of_them}; needs {majority}")
    if winner == _DEVIATION and count < TIMES:
        return unanswered(f"mixed: {all_of_them}; needs {majority}, and {TIMES} for a deviation")
    others = [each for each in samples if _vote(each, rule) != winner]
    said = f"{count} of {len(samples)}" + (f", {_counts(others)}" if others else "")
    return _told([each for each in samples if _vote(each, rule) == winner], said)


def _told(agreeing: Sequence[Observation], often: str) -> Observation:
    """The most frequent of the observations that agree, with how often it came; what was only ever a hang says so."""
    answered = [each for each in agreeing if each.seen is not Seen.UNANSWERED]
    if not answered:
        return mishandled(f"hangs {often}, each followed by a control that succeeds: {agreeing[0].detail}")
    usual = Counter((each.seen, each.measured) for each in answered).most_common(1)[0][0]
    first = next(each for each in answered if (each.seen, each.measured) == usual)
    return replace(first, detail=f"{first.detail} ({often})")


def _votes(found: Sequence[Observation], rule: Rule) -> list[str]:
    return [vote for each in found if (vote := _vote(each, rule))]


def _vote(seen: Observation, rule: Rule) -> str | None:
    """What an observation speaks for: a deviation, its verdict, or where the contract says nothing its word; None: nothing."""
    if surprising(seen, rule):
        return _DEVIATION
    verdict = judge(rule.says, rule.level, seen.seen)
    if verdict is Verdict.INCONCLUSIVE:
        return None
    return seen.seen.value if verdict is Verdict.NOTED else verdict.value


def _counts(found: Sequence[Observation]) -> str:
    return ", ".join(f"{seen} {count}" for seen, count in Counter(each.seen for each in found).items())


def _first_without_vote(samples: Sequence[Observation], rule: Rule) -> str:
    return next(each.detail for each in samples if not _vote(each, rule))
