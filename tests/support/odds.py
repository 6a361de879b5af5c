"""The exact odds of the rules for samples, from the rules' words and not from their code; what docs/verdicts.md prints."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil, comb

ENOUGH = 3  # a deviation has to be seen so often
FOLLOWS = ("0.5", "0.8", "0.9", "0.95", "0.99")
SAMPLES = (1, 3, 5, 9)
MAJORITIES = (Fraction(2, 3), Fraction(4, 5))
CLAIMS = 50
RULES = ((1, Fraction(1)), *((samples, majority) for majority in MAJORITIES for samples in SAMPLES[1:]))


def odds(against: Fraction, good: Fraction, samples: int, majority: Fraction) -> tuple[Fraction, Fraction]:
    """How likely a case is blamed and how likely praised, where each look is against, good or without an answer.

    At least half of the samples have to be answered, and the majority of those to agree.  To blame takes the majority of
    all samples and three looks; where all samples are against and fewer, those missing have to be against as well.
    """
    blamed = praised = Fraction(0)
    silent = 1 - against - good
    for bad in range(samples + 1):
        for well in range(samples - bad + 1):
            judged = bad + well
            if not judged or 2 * judged < samples:
                continue
            ways = comb(samples, judged) * comb(judged, bad)
            chance = ways * against**bad * good**well * silent ** (samples - judged)
            if bad == samples < ENOUGH:
                blamed += chance * against ** (ENOUGH - bad)
            elif bad >= max(ENOUGH, ceil(majority * samples)):
                blamed += chance
            elif well >= ceil(majority * judged):
                praised += chance
    return blamed, praised


def blame(follows: str, samples: int, majority: Fraction) -> Fraction:
    """The odds that a server that follows so often is reported as deviating."""
    good = Fraction(follows)
    return odds(1 - good, good, samples, majority)[0]


def praise(shows: str, samples: int, majority: Fraction) -> Fraction:
    """The odds that a server whose lie shows so often conforms."""
    against = Fraction(shows)
    return odds(against, 1 - against, samples, majority)[1]


# How often a promise is broken that a server enforces by itself; 0.1 % is the accident that nobody recognises as one.
BROKEN = ("0.1 %", "1 %", "5 %", "10 %", "16 %", "20 %", "50 %", "100 %")
FURTHER = 10
SHARE_LOOKS = 46
EXCHANGES = (15, 150)


def sighted(broken: Fraction, looks: int, least: int) -> Fraction:
    """The odds that so many looks at least see it."""
    return 1 - sum(comb(looks, count) * broken**count * (1 - broken) ** (looks - count) for count in range(least))


def reported(broken: Fraction, looks: int, more: int) -> Fraction:
    """The odds of two sightings in these looks, or of one and another in `more` that follow it."""
    once = looks * broken * (1 - broken) ** (looks - 1)
    return sighted(broken, looks, 2) + once * sighted(broken, more, 1)


def case_reported(broken: Fraction, looks: int) -> Fraction:
    """The odds that a case with so many first looks is reported; a single look is repeated twice before the further ones."""
    return reported(broken, looks, FURTHER + max(0, ENOUGH - looks))


def statement_reported(broken: Fraction, exchanges: int) -> Fraction:
    """The odds that a statement about so many replies is reported, where each breaks it by chance."""
    return reported(broken, exchanges, FURTHER + ENOUGH - 1)


def failure_reported(broken: Fraction) -> Fraction:
    """The odds that a failure of the server comes at the first look, and at two at least of the two repeats and ten further ones.

    No other request of a run fails.
    """
    return broken * sighted(broken, FURTHER + ENOUGH - 1, ENOUGH - 1)


def rate_rows() -> Iterator[str]:
    """The rows of the table of promises that a server breaks at times."""
    for each in BROKEN:
        broken = Fraction(each.removesuffix(" %")) / 100
        cases = [case_reported(broken, looks) for looks in (1, SHARE_LOOKS)]
        statements = [statement_reported(broken, number) for number in EXCHANGES]
        proofs = [sighted(broken, number, 1) for number in EXCHANGES]
        yield row(each, [*cases, *statements, *proofs, failure_reported(broken)])


def anywhere(chance: Fraction, claims: int = CLAIMS) -> Fraction:
    """The odds that it happens to one at least of so many claims."""
    return 1 - (1 - chance) ** claims


def percent(chance: Fraction) -> str:
    """Odds as the documents print them."""
    if chance and chance < Fraction(1, 10**6):
        return "< 0.0001 %"
    return f"{float(100 * chance):.2g} %" if chance < Fraction(1, 10) else f"{float(100 * chance):.3g} %"


def rows() -> Iterator[str]:
    """The rows of the three tables: false blame, false praise, false blame anywhere in a run."""
    for each in FOLLOWS:
        yield row(each, (blame(each, *rule) for rule in RULES))
    for each in FOLLOWS:
        yield row(each, (praise(each, *rule) for rule in RULES))
    for each in FOLLOWS:
        yield row(each, (anywhere(blame(each, *rule)) for rule in RULES))


def row(first: str, chances: Iterable[Fraction]) -> str:
    """One row of a table in Markdown."""
    return f"| {first} | " + " | ".join(map(percent, chances)) + " |"


def effects() -> Iterator[tuple[str, Fraction, Fraction, Fraction, Fraction]]:
    """Each claim with an effect of n of m: the odds of one look of a truthful server, and of one that drops the parameter.

    Against and good, where the truthful gives its usual answer 70 % (three answers) or 60 % (five) of the time and the
    other repeats itself in 5 % of pairs; with reasoning tokens whose order means nothing, both are one in six.
    """
    usual, rest = Fraction("0.7"), Fraction("0.3")
    repeats, fully = Fraction("0.05"), Fraction(1, 6)
    different = 3 * usual * rest**2 + rest**3
    yield "zero_repeats", different, usual**3, 1 - 3 * repeats, repeats**2
    alike = Fraction("0.6") ** 5
    yield "maximum_varies", alike, 1 - alike, alike, 1 - alike
    yield "reasoning_effort.effect", fully, fully, fully, fully


def effect_rows() -> Iterator[str]:
    """The rows of the table of effects of n of m: false blame on the left, false praise on the right, by samples."""
    fraction = MAJORITIES[1]
    for name, against, good, shows, hides in effects():
        blamed = [percent(odds(against, good, samples, fraction)[0]) for samples in SAMPLES]
        praised = [percent(odds(shows, hides, samples, fraction)[1]) for samples in SAMPLES]
        yield f"| `{name}` | {' | '.join(blamed)} | | {' | '.join(praised)} |"
