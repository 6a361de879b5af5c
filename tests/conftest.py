"""Settings of the project's own tests: generated examples are the same every time, and slowness is no failure.

Pytest loads this file for the suite as well when it is run from a checkout, where the tests' own tools may be missing.
"""

from contextlib import suppress

import pytest

LONG = (
    "/test_guides.py",
    "/test_profiles.py",
    "/test_suite.py",
    "/mutation/",
    "/product/",
    "/test_merging.py",
    "/test_rates.py",
    "/test_hostile_",
    "/test_mock_generated.py",
)  # whole runs, plans, every claim many times, or time limits that have to pass; the longest files first

with suppress(ModuleNotFoundError):
    from hypothesis import HealthCheck, settings

    slow = [HealthCheck.too_slow]
    options = {"derandomize": True, "database": None, "max_examples": 100}
    settings.register_profile("repeatable", deadline=None, suppress_health_check=slow, **options)
    settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of long tests: several processes end together only where what comes last is short."""
    places = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    order = {file: next((place for place, part in enumerate(LONG) if part in f"/{file}"), len(LONG)) for file in places}
    items.sort(key=lambda item: order[item.nodeid.partition("::")[0]])
