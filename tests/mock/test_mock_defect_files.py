"""Where defects live: a file or folder for each parameter or area that they affect."""

from collections import Counter

from conformance.mock.defects import loading
from conformance.mock.server import registry

PACKAGE = "conformance.mock.defects"
HOMES = {
    defect: module.__name__.removeprefix(f"{PACKAGE}.").split(".")
    for module in loading.modules(PACKAGE)
    for defect in module.DEFECTS
}


def test_a_defect_lives_in_the_file_of_its_claims() -> None:
    """Surface and stem of its file are those of one of its claims, and the surface is that of its record."""
    misplaced = []
    for defect, (surface, stem, *_) in HOMES.items():
        areas = {tuple(claim.split(".")[:2]) for claim in defect.claims}
        if (surface, stem) not in areas or defect.surface != surface:
            misplaced.append((defect.name, surface, stem))
    assert misplaced == []


def test_names_of_defects_are_unique() -> None:
    """No two defects of any files have the same name."""
    assert [name for name, count in Counter(defect.name for defect in HOMES).items() if count > 1] == []


def test_every_defect_can_be_chosen() -> None:
    """The registry has exactly the defects of the files."""
    assert {defect.name for defect in HOMES} == set(registry.defects())


def test_every_file_has_defects_or_is_a_helper() -> None:
    """Files without defects are in a package or module named building."""
    files = {module.__name__ for module in loading.modules(PACKAGE)}
    for front in ("chat", "models"):
        modules = set(loading.names(f"{PACKAGE}.{front}"))
        assert {name for name in modules - files if "building" not in name.split(".")} == set()
