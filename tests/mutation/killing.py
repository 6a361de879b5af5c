"""Which pairs of a defect and a claim are tried at every commit: each defect once and each claim once, on one model.

The whole product, every claim that a defect could touch on every model that it concerns, is `tox run -e mutation`.
"""

from collections import Counter
from collections.abc import Iterator

from conformance.contract import loading as contracts
from conformance.contract.claims import Says
from conformance.mock.server import registry
from tests.mutation import asking
from tests.support.in_process import BASE_URL


def pairs(surface: str) -> list[tuple[str, str]]:
    """Return the names of a defect and of a claim that it lists, so that each of a surface occurs in some pair."""
    contract = contracts.load("cometapi")
    defects = {name: defect.claims for name, defect in registry.defects().items()}
    chosen = list(_a_defect_for_each([name for name in contract.claims if name.startswith(f"{surface}.")], defects))
    left = defects.keys() - {name for name, _ in chosen}
    own = [(name, defects[name][0]) for name in defects if name in left and defects[name][0].startswith(f"{surface}.")]
    return [*chosen, *own]


def _a_defect_for_each(claims: list[str], defects: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield a defect for each claim that some defect lists, one that was chosen least often."""
    used = Counter[str]()
    for claim in claims:
        listing = [name for name, listed in defects.items() if claim in listed]
        if listing:
            name = min(listing, key=lambda each: used[each])
            used[name] += 1
            yield name, claim


def unlisted(surface: str) -> list[str]:
    """Return the claims of a surface that no defect lists, though they apply to a model that is asked."""
    listed = {claim for defect in registry.defects().values() for claim in defect.claims}
    return [name for name in applying() if name.startswith(f"{surface}.") and name not in listed]


def applying() -> list[str]:
    """Return the claims that apply to a model that is asked."""
    cases = asking.settings_at(BASE_URL).cases.values()
    return list(dict.fromkeys(case.claim.id for case in cases if case.rule.says is not Says.NOT_APPLICABLE))
