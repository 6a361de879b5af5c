"""What other tools read of a run: JUnit XML and Allure results."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import driving
import pytest
from driving import Done


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run with a deviation, a skipped case and passed ones, reported in both formats."""
    from conformance.mock.options import Options
    from conformance.mock.server import running

    folder = tmp_path_factory.mktemp("reported")
    with running(Options(port=0, defects=("drops_n",), latency=0.05)) as url:
        return driving.run(
            url,
            folder,
            "--junitxml=junit.xml",
            "--alluredir=allure",
            "-k",
            "test_n.py",
            models=(driving.NAMED[0], driving.NAMED[2]),
        )


@pytest.fixture(scope="module")
def outcomes(reported: Done) -> Counter[str]:
    """Cases per verdict, from the matrix."""
    counts: Counter[str] = Counter()
    for cell in reported.cells.values():
        counts.update(cell["counts"])
    assert reported.code == 1, reported.said
    assert counts["deviates"] == 4
    assert counts["not applicable"] == 4
    return counts


def test_junit_counts_as_the_matrix_does(reported: Done, outcomes: Counter[str]) -> None:
    """Failures are the deviations, skips are what was not judged, and none is lost."""
    suite = next(ElementTree.parse(reported.folder.parents[1] / "junit.xml").iter("testsuite"))
    found = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert found == {
        "tests": outcomes.total(),
        "failures": outcomes["deviates"],
        "errors": 0,
        "skipped": outcomes["not applicable"],
    }


def test_junit_gives_the_reasons(reported: Done) -> None:
    """A failure says what is documented, what was observed and how to look closer; a skip says why."""
    tree = ElementTree.parse(reported.folder.parents[1] / "junit.xml")
    failures = [f"{each.attrib['message']} {each.text}" for each in tree.iter("failure")]
    skips = [each.attrib["message"] for each in tree.iter("skipped")]
    for text in failures:
        assert "deviates" in text
        assert "documented: 1-128" in text
        assert "ignored: " in text
        assert "conformance explain 'chat.n." in text
        assert "Traceback" not in text
    assert all(each.startswith("not applicable: ") and len(each) > 30 for each in skips)


def test_junit_times_are_those_of_the_exchanges(reported: Done) -> None:
    """A case takes the time of its exchanges, though it ran ahead; each carries claim and verdict as properties."""
    tree = ElementTree.parse(reported.folder.parents[1] / "junit.xml")
    for case in tree.iter("testcase"):
        told = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
        assert told["claim"].startswith("chat.n.")
        assert told["verdict"] in {"conforms", "noted", "deviates", "not applicable"}
        assert (float(case.attrib["time"]) >= 0.05) == (told["verdict"] != "not applicable")


def test_allure_results_can_be_read(reported: Done, outcomes: Counter[str]) -> None:
    """There is one Allure result per case, with the status that its verdict has in pytest."""
    files = list((reported.folder.parents[1] / "allure").glob("*-result.json"))
    results = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    statuses = Counter(each["status"] for each in results)
    judged = outcomes["conforms"] + outcomes["noted"]
    assert statuses == {"failed": outcomes["deviates"], "skipped": outcomes["not applicable"], "passed": judged}
    assert len({each["historyId"] for each in results}) == len(results)
    assert all(each["statusDetails"]["message"] for each in results if each["status"] != "passed")


def test_reports_are_whole_over_processes(gateway: Callable[..., str], tmp_path: Path) -> None:
    """With -n 2 the reports hold the same cases, none lost and none twice."""
    url = gateway(defects=("drops_n",))
    both = (driving.NAMED[0], driving.NAMED[2])
    done = driving.run(
        url, tmp_path, "-n", "2", "--junitxml=junit.xml", "--alluredir=allure", "-k", "test_n.py", models=both
    )
    names = [each.attrib["name"] for each in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")]
    assert done.code == 1, done.said
    assert len(names) == len(set(names)) == done.run["planned"]
    assert len(list((tmp_path / "allure").glob("*-result.json"))) == done.run["planned"]
