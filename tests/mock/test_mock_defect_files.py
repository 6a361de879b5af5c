"""Where defects live: a file, or a folder, for each parameter or area that they lie about."""

from collections import Counter

from conformance.mock.defects import loading
from conformance.mock.server import registry

PACKAGE = "conformance.mock.defects"
HOMES = {
    defect: module.__name__.removeprefix(f"{PACKAGE}.").split(".")
    for module in loading.modules(PACKAGE)
    for defect in module.DEFECTS
}


def test_a_defect_lives_with_what_it_lies_about() -> None:
    """Surface and stem of its file are those of at least one claim that it turns, and the surface is its own."""
    strangers = []
    for defect, (surface, stem, *_) in HOMES.items():
        about = {tuple(claim.split(".")[:2]) for claim in defect.claims}
        if (surface, stem) not in about or defect.surface != surface:
            strangers.append((defect.name, surface, stem))
    assert strangers == []


def test_no_name_stands_for_two_defects() -> None:
    """A name is written down once, whatever the file."""
    assert [name for name, count in Counter(defect.name for defect in HOMES).items() if count > 1] == []


def test_every_defect_is_found() -> None:
    """What the files hold is what can be chosen."""
    assert {defect.name for defect in HOMES} == set(registry.defects())


def test_every_file_holds_defects_or_helps_those_that_do() -> None:
    """No file is left that lies about nothing; what several are made of stands under building."""
    files = {module.__name__ for module in loading.modules(PACKAGE)}
    for front in ("chat", "models"):
        every = set(loading.names(f"{PACKAGE}.{front}"))
        assert {name for name in every - files if "building" not in name.split(".")} == set()
