"""Combine repeated observations of one case into one: how many must agree before a verdict is based on them.

Counting, the majority, and whether a deviation was seen often enough live here; nothing here sends a request.  The odds of these
rules are in docs/verdicts.md, and a test compares them with this code.

How it works.  A promise that a server enforces by itself must hold every time, so a deviation that was seen twice is a verdict,
reported with its rate.  After a deviation the case is tested again until there are three looks.  If the deviation was seen only
once by then, up to ten more looks follow: a second sighting is a verdict, none leaves the case inconclusive.  With `--share` a
case starts with many looks instead of one.  Claims that depend on how a model samples need a majority instead, unless no sampling
explains the deviation.  A failure of the server, which may be an outage, counts if it comes every time.  One that comes at least
three times, but not every time, counts if all other requests of the model fail more rarely; the trial's caller knows that when
the last of them is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from conformance.base.observation import Observation, Reason, Seen, mishandled, unanswered
from conformance.contract.claims import Rule, Says
from conformance.trial.judge import AGAINST, Verdict, judge
from conformance.trial.odds import Looks, spelled

# Looks at a case before a deviation counts.  An accident that happens to one request in five comes three times in a row in 1 of
# 125 cases; with two looks it would be 1 of 25.  A fourth look would cost one more request for each real deviation.
DEVIATIONS_NEEDED = 3

# How often a deviation that does not come every time must be seen before it is a verdict.  One sighting may be an accident of the
# network that was not recognised as one; two are hardly ever.
SIGHTINGS = 2

# Further looks at a deviation that was seen once and not again.  Ten of them see a fault on 26 % of such requests with a
# probability of 95 %.  Fewer would miss faults that users meet every day; more cost too much for one claim.  `--share` plans more
# looks for a user who needs them.
FURTHER_LOOKS = 10

# How often a failure of the server must be seen at a request, like one that comes every time.
FAILURES_NEEDED = DEVIATIONS_NEEDED

_DEVIATION = "a deviation"  # the vote of an observation that needs confirmation


def needs_confirmation(seen: Observation, rule: Rule) -> bool:
    """Return whether an observation counts only if it repeats.

    That is one against the contract, or any failure of the server: a 5xx, a lost connection, a reply that cannot be read.  A
    timeout is one only where a client's mistake should have been refused, since a slow model looks the same.
    """
    if judge(rule.says, rule.level, seen.seen) in AGAINST:
        return True
    return seen.suspect and (seen.reason is not Reason.TIMED_OUT or rule.says is Says.REFUSED)


def needs_another_look(
    samples: Sequence[Observation], repeats: Sequence[Observation], rule: Rule, majority: Fraction | None
) -> bool:
    """Return whether a case must be tested once more before its observations are combined.

    If a deviation was seen, there must be three looks; if it was seen only once by then, or is a failure of the server that did
    not come every time, up to ten more follow.  A claim with a majority is tested again only if all its samples show a deviation,
    and only until there are three, unless no sampling explains the deviation.
    """
    deviating = [needs_confirmation(sample, rule) for sample in samples]
    unsampled = majority is None or sightings(samples, rule, majority) or failures(samples, rule)
    if not (any(deviating) if unsampled else all(deviating)):
        return False
    looks = [*samples, *repeats]
    if len(looks) < DEVIATIONS_NEEDED:
        return True
    if len(looks) >= max(len(samples), DEVIATIONS_NEEDED) + FURTHER_LOOKS:
        return False
    certain = sightings(looks, rule, majority)
    # All of the further looks, since how often other requests fail is known only in the end.
    return certain == 1 or (certain == 0 and 0 < len(failures(looks, rule)) < len(looks))


def renewal(repeat: int) -> int:
    """Return which new form the requests of a repeat (1 for the first) have, so that the server has not seen them; 0 for none.

    That is every second of the further looks, and two of them share a form.  A server that caches replies, or remembers something
    of a request, answers it in another way the second time.  So there are looks like the first one, and like the second one.
    """
    further = repeat - DEVIATIONS_NEEDED
    return 1 + further // 4 if further >= 0 and further % 2 == 0 else 0


def sightings(looks: Sequence[Observation], rule: Rule, majority: Fraction | None = None) -> int:
    """Return how many looks are against the contract; a look that may be an outage does not count."""
    return len(_certain(looks, rule, majority))


def failures(looks: Sequence[Observation], rule: Rule) -> list[Observation]:
    """Return the looks at which the server failed; the request may have caused that, or an outage."""
    return [look for look in looks if look.suspect and needs_confirmation(look, rule)]


@dataclass(frozen=True)
class Failures:
    """What the server's failures show if other requests fail more rarely: `count` of `looks` failed, of all `requests`."""

    seen: Observation
    count: int
    looks: int
    requests: int


def failures_at_times(
    looks: Sequence[Observation], rule: Rule, majority: Fraction | None, requests: int
) -> Failures | None:
    """Return the failures of the server that came often enough but not every time; None if they decide nothing.

    `requests` is the number of those that the looks needed, any of which may have failed.
    """
    failed, total = failures(looks, rule), len(looks)
    if not FAILURES_NEEDED <= len(failed) < total or sightings(looks, rule, majority) >= SIGHTINGS:
        return None
    return Failures(_representative(failed, spelled(len(failed), total, "times")), len(failed), total, requests)


def _certain(looks: Sequence[Observation], rule: Rule, majority: Fraction | None) -> list[Observation]:
    """Return the looks against the contract that are no outage; with a majority only those that no sampling explains.

    Whether a request is refused is up to the server, and the test says of what else no model could bring about.
    """
    against = (look for look in looks if not look.suspect and judge(rule.says, rule.level, look.seen) in AGAINST)
    return [look for look in against if majority is None or look.enforced or look.seen is Seen.REFUSED]


def looks_of(observations: Sequence[Observation], rule: Rule) -> Looks:
    """Return the looks on which a verdict is based; one without evidence counts only where all of them fail alike."""
    if all(needs_confirmation(observation, rule) for observation in observations):
        return Looks(len(observations), len(observations), needed=SIGHTINGS)
    count = sum(observation.seen is not Seen.UNANSWERED for observation in observations)
    return Looks(count, sightings(observations, rule), needed=SIGHTINGS)


def combine(
    samples: Sequence[Observation], repeats: Sequence[Observation], rule: Rule, majority: Fraction | None
) -> Observation:
    """Return one observation from the samples of a case and from its repeats, if there were any."""
    looks = [*samples, *repeats]
    if len(looks) == 1:
        return looks[0]
    repeated = bool(repeats) and len(samples) < DEVIATIONS_NEEDED
    if majority is None or repeated or sightings(looks, rule, majority):
        return _by_sightings(looks, rule, majority)
    return _by_majority(looks, rule, majority)


def _by_sightings(observations: Sequence[Observation], rule: Rule, majority: Fraction | None) -> Observation:
    """Return the deviation if it was seen every time, or at least twice if no majority is needed for it.

    If no look deviates, most of those with evidence decide; any other deviation leaves the case unstable.
    """
    deviating = [observation for observation in observations if needs_confirmation(observation, rule)]
    total = len(observations)
    if not deviating:
        return _undisputed(observations)
    if len(deviating) == total:
        alike = len({observation.seen for observation in observations}) == 1
        return _representative(observations, f"{total if alike else _counts(observations)} of {total} times")
    if len(certain := _certain(observations, rule, majority)) >= SIGHTINGS:
        return _representative(certain, spelled(len(certain), total, "times"))
    detail = f"unstable: {_counts(observations)} of {total} times; first: {deviating[0].detail}"
    return unanswered(detail, reason=Reason.UNSTABLE)


def _undisputed(observations: Sequence[Observation]) -> Observation:
    """Return what most looks show, none of which deviates; at least half of them must have evidence."""
    total, answered = len(observations), [each for each in observations if each.seen is not Seen.UNANSWERED]
    if 2 * len(answered) < total:
        first = next(each.detail for each in observations if each.seen is Seen.UNANSWERED)
        detail = f"too few answers: {_counts(observations)} of {total}; needs half; first: {first}"
        return unanswered(detail, reason=Reason.TOO_FEW)
    alike = len({each.seen for each in observations}) == 1
    return _representative(answered, f"{total if alike else _counts(observations)} of {total} times")


def _by_majority(samples: Sequence[Observation], rule: Rule, majority: Fraction) -> Observation:
    """Return what the majority of the samples shows.

    Samples without evidence do not vote; at least half of the samples must vote, and the majority of the votes must agree.  A
    deviation needs that majority of all samples, and at least DEVIATIONS_NEEDED votes.
    """
    votes = [vote for sample in samples if (vote := _vote(sample, rule))]
    counts, total = _counts(samples), len(samples)
    if 2 * len(votes) < total:
        first = next(sample.detail for sample in samples if not _vote(sample, rule))
        return unanswered(f"too few answers: {counts} of {total}; needs half; first: {first}", reason=Reason.TOO_FEW)
    winner, count = Counter(votes).most_common(1)[0]
    if count < ceil(majority * len(votes)):
        return unanswered(f"mixed: {counts} of {total}; needs {majority}", reason=Reason.MIXED)
    needed = max(DEVIATIONS_NEEDED, ceil(majority * total))
    if winner == _DEVIATION and count < needed:
        return unanswered(f"mixed: {counts} of {total}; needs {needed} for a deviation", reason=Reason.MIXED)
    others = [sample for sample in samples if _vote(sample, rule) != winner]
    frequency = f"{count} of {total}" + (f", {_counts(others)}" if others else "")
    return _representative([sample for sample in samples if _vote(sample, rule) == winner], frequency)


def _representative(agreeing: Sequence[Observation], frequency: str) -> Observation:
    """Return the most frequent of the observations that agree, with its frequency in the detail.

    If all of them are failures without an answer, the result is that the endpoint mishandles the request.
    """
    answered = [observation for observation in agreeing if observation.seen is not Seen.UNANSWERED]
    if not answered:
        word = "hangs" if all(each.reason is Reason.TIMED_OUT for each in agreeing) else "fails"
        return mishandled(f"{word} {frequency}, each followed by a control that succeeds: {agreeing[0].detail}")
    usual = Counter((observation.seen, observation.measured) for observation in answered).most_common(1)[0][0]
    first = next(observation for observation in answered if (observation.seen, observation.measured) == usual)
    return replace(first, detail=f"{first.detail} ({frequency})")


def _vote(seen: Observation, rule: Rule) -> str | None:
    """Return what an observation votes for; None without evidence.

    The vote is a deviation or the verdict; for an unstated claim, where all verdicts are "noted", it is the observation's word.
    """
    if needs_confirmation(seen, rule):
        return _DEVIATION
    verdict = judge(rule.says, rule.level, seen.seen)
    if verdict is Verdict.INCONCLUSIVE:
        return None
    return seen.seen.value if verdict is Verdict.NOTED else verdict.value


def _counts(observations: Sequence[Observation]) -> str:
    words = Counter(observation.seen for observation in observations)
    return ", ".join(f"{seen} {count}" for seen, count in words.items())
