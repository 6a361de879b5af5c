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

# Variants that take long, and whose kind a shorter test covers: a run over two processes of a test that runs alone as well, the
# scripts of benchmarks/, and the like.  `tox run -e tests-thorough` runs them, continuous integration leaves them out.
THOROUGH = (
    "/test_plugin_beside.py::test_other_tests_are_left_alone[spread]",
    "/test_plugin_beside.py::test_a_plugin_that_runs_coroutines_runs_none_of_the_suite[auto-spread]",
    "/test_plugin_beside.py::test_a_node_id_can_be_given_back[spread]",
    "/test_plugin_beside.py::test_a_case_runs_in_one_phase_unless_a_plugin_sets_it_up[sets up-spread]",
    "/test_run_directory.py::test_a_full_disk_ends_a_run_with_one_sentence[spread]",
    "/test_run_directory.py::test_two_runs_never_write_one_directory[spread",
    "/test_run_interrupted.py::test_an_interrupt_keeps_what_is_known[spread]",
    "/test_run_limits.py::test_no_claim_is_lost_to_a_limit[spread]",
    "/test_benchmark.py",
    "/test_run_reports.py::test_allure_builds_its_report",
    "/test_run_shards.py::test_merged_shards_are_the_undivided_run",
    "/test_shares.py::test_planned_looks",
    "/test_shares.py::test_a_lie_below_http",
    "/test_shares.py::test_the_same_seed",
    "/test_run_degraded.py::test_nothing_is_held_against_a_degraded_gateway[answers_slowly]",
    "/test_run_degraded.py::test_nothing_is_held_against_a_degraded_gateway[limits_the_rate]",
    "/test_run_limits.py::test_the_benchmark_prints_the_ratio",
    "/test_run_limits.py::test_a_limited_run_tells_that_it_waits",
    "/test_run_budget.py::test_a_budget_just_above_the_plan_is_enough",
    "/test_plugin_beside.py::test_a_plugin_that_runs_coroutines_runs_none_of_the_suite[strict",
    "/test_plugin_beside.py::test_a_case_runs_in_one_phase_unless_a_plugin_sets_it_up[listens",
    "/test_run_directory.py::test_two_runs_never_write_one_directory[alone---resume",
    "/test_action.py::test_the_action_tells_a_finding_from_no_run",
)

with suppress(ModuleNotFoundError):
    from hypothesis import HealthCheck, settings

    slow = [HealthCheck.too_slow]
    options = {"derandomize": True, "database": None, "max_examples": 100}
    settings.register_profile("repeatable", deadline=None, suppress_health_check=slow, **options)
    settings.load_profile("repeatable")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark thorough tests, before `-m` selects by marks."""
    if any(part in item.nodeid for part in THOROUGH):
        item.add_marker("thorough")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of long tests: several processes end together only where what comes last is short."""
    places = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    order = {file: next((place for place, part in enumerate(LONG) if part in f"/{file}"), len(LONG)) for file in places}
    items.sort(key=lambda item: order[item.nodeid.partition("::")[0]])
