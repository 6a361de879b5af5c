"""What other tools read of a run: JUnit XML and Allure results."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support import driving, npm
from tests.support.driving import Done

OUTCOMES = {"failure": {"deviates"}, "error": {"blocked"}, "skipped": {"inconclusive", "not applicable"}}
JUDGED = ("conforms", "noted", "differs")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run with deviations, inconclusive, blocked, skipped and passed cases, reported in both formats."""
    from conformance.mock.server.options import Options
    from conformance.mock.server.serving import running

    folder = tmp_path_factory.mktemp("reported")
    models = (driving.NAMED[0], driving.NAMED[2], "--model=claude=nobody")
    with running(Options(port=0, defects=("drops_n", "drops_stop", "cuts_calls_off"), latency=0.05)) as url:
        chosen = ("-k", "chat.n. or chat.stop. or chat.tools.called")
        return driving.run(url, folder, "--junitxml=junit.xml", "--alluredir=allure", *chosen, models=models)


@pytest.fixture(scope="module")
def outcomes(reported: Done) -> Counter[str]:
    """Cases per verdict, from the matrix."""
    counts: Counter[str] = Counter()
    for cell in reported.cells.values():
        counts.update(cell["counts"])
    assert reported.code == 3, reported.said
    assert {"deviates", "inconclusive", "blocked", "not applicable", "conforms", "noted"} <= counts.keys()
    return counts


def root(done: Done) -> ElementTree.Element:
    """The JUnit XML of a run."""
    return ElementTree.parse(done.folder.parents[1] / "junit.xml").getroot()


def told(case: ElementTree.Element) -> dict[str, str]:
    """The properties of a case."""
    return {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}


# ---------------------------------------------------------------- JUnit XML


def test_junit_has_the_structure_that_servers_read(reported: Done) -> None:
    """One root, one suite with counts, cases with properties before at most one outcome, and nothing else."""
    top = root(reported)
    assert top.tag == "testsuites"
    [suite] = top
    assert suite.tag == "testsuite"
    assert {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"} <= suite.attrib.keys()
    assert [each.tag for each in suite] == ["properties", *["testcase"] * int(suite.attrib["tests"])]
    for case in suite.iter("testcase"):
        assert case.attrib.keys() == {"classname", "name", "time"}
        assert float(case.attrib["time"]) >= 0
        properties, *outcome = case
        assert properties.tag == "properties"
        assert {each.tag for each in properties} == {"property"}
        assert len(outcome) <= 1
        for each in outcome:
            assert each.tag in OUTCOMES
            assert each.attrib.keys() == {"message", "type"}
            assert each.attrib["message"]
            assert each.text
            assert len(each) == 0


def test_junit_counts_as_the_matrix_does(reported: Done, outcomes: Counter[str]) -> None:
    """Deviations are failures, what was blocked is an error, what could not be seen or does not apply a skip; none is lost."""
    [suite] = root(reported)
    found = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert found == {
        "tests": outcomes.total(),
        "failures": outcomes["deviates"],
        "errors": outcomes["blocked"],
        "skipped": outcomes["not applicable"] + outcomes["inconclusive"],
    }


def test_junit_outcomes_follow_from_the_verdict(reported: Done) -> None:
    """Case by case, with the verdict as the type of what is not passed."""
    for case in root(reported).iter("testcase"):
        outcome = next((each for each in case if each.tag in OUTCOMES), None)
        verdict = told(case)["verdict"]
        assert verdict in (JUDGED if outcome is None else OUTCOMES[outcome.tag])
        assert outcome is None or outcome.attrib["type"] == verdict


def test_junit_names_are_those_of_the_cases(reported: Done) -> None:
    """Claim, model and value, as every other command spells them; each once."""
    names = [each.attrib["name"] for each in root(reported).iter("testcase")]
    assert len(set(names)) == len(names)
    assert {each.partition("=")[0] for each in names} == set(reported.cells)
    assert "chat.n.count@openai:mock-openai=2" in names
    assert {each.attrib["classname"] for each in root(reported).iter("testcase")} == {
        "conformance.chat.n",
        "conformance.chat.stop",
        "conformance.chat.tools",
    }


def test_junit_cases_have_properties(reported: Done) -> None:
    """Claim, provider, model, parameter, level and verdict; the suite has the facts of the run."""
    for case in root(reported).iter("testcase"):
        about = told(case)
        cell = reported.cells[case.attrib["name"].partition("=")[0]]
        assert (about["claim"], about["provider"], about["model"]) == (cell["claim"], cell["column"], cell["model"])
        assert (about["level"], about["documented"]) == (cell["level"], cell["documented"])
        assert about["parameter"] == cell["claim"].split(".")[1]
    facts = root(reported).find("testsuite/properties")
    assert facts is not None
    assert told(facts)["target"] == reported.run["target"]
    assert reported.run["contract"]["digest"] in told(facts)["contract"]


def test_junit_gives_the_reasons(reported: Done) -> None:
    """A failure says what is documented, what was observed and how to look closer; whatever is not judged says why."""
    top = root(reported)
    for each in top.iter("failure"):
        text = f"{each.attrib['message']} {each.text}"
        for part in ("deviates: ", "documented: ", "ignored: ", "conformance explain 'chat."):
            assert part in text
        assert "Traceback" not in text
    for each in [*top.iter("skipped"), *top.iter("error")]:
        assert each.attrib["message"].startswith(f"{each.attrib['type']}: ")
        assert len(each.attrib["message"]) > 30
        assert ".py" not in (each.text or "")


def test_junit_times_are_those_of_the_exchanges(reported: Done) -> None:
    """A case takes the time of its exchanges, though it ran ahead."""
    for case in root(reported).iter("testcase"):
        if told(case)["verdict"] not in ("not applicable", "blocked"):
            assert float(case.attrib["time"]) >= 0.05


def test_junit_is_read_by_a_reader(reported: Done, outcomes: Counter[str]) -> None:
    """A program that reads JUnit XML for others finds every case with its outcome."""
    junitparser = pytest.importorskip("junitparser", reason="JUnit XML is read back by junitparser (pip)")
    [suite] = junitparser.JUnitXml.fromfile(str(reported.folder.parents[1] / "junit.xml"))
    kinds = Counter(type(each).__name__ for case in suite for each in case.result or [None])
    assert kinds == {
        "NoneType": outcomes["conforms"] + outcomes["noted"] + outcomes["differs"],
        "Failure": outcomes["deviates"],
        "Error": outcomes["blocked"],
        "Skipped": outcomes["not applicable"] + outcomes["inconclusive"],
    }
    assert (suite.tests, suite.failures, suite.errors) == (outcomes.total(), kinds["Failure"], kinds["Error"])


def test_junit_fits_the_schema_of_jenkins(reported: Done) -> None:
    """All but the properties of a case, which that schema does not know and pytest writes all the same."""
    xmlschema = pytest.importorskip("xmlschema", reason="XML is held against its schema by xmlschema (pip)")
    if "JUNIT_XSD" not in os.environ:
        pytest.skip("JUNIT_XSD names no schema: it is junit-10.xsd of Jenkins' xUnit plugin, which no registry has")
    top = root(reported)
    schema = xmlschema.XMLSchema(os.environ["JUNIT_XSD"])
    assert {error.reason for error in schema.iter_errors(top)} == {
        "Unexpected child with tag 'properties' at position 1."
    }
    for case in top.iter("testcase"):
        case.remove(case[0])
    assert not list(schema.iter_errors(top))


def test_junit_calls_an_error_of_the_suite_an_error() -> None:
    """A case that broke has no verdict; other people's tests in the same file stay as they are."""
    from conformance.plugin.junit import set_verdicts

    top = ElementTree.fromstring(
        '<testsuites><testsuite errors="0" failures="2" skipped="0" tests="2">'
        '<testcase name="test_count[chat.n.count@openai:m=2]"><properties><property name="claim" value="chat.n.count"/>'
        '</properties><failure message="KeyError">trace</failure></testcase>'
        '<testcase name="test_mine[a@b]"><failure message="no">trace</failure></testcase></testsuite></testsuites>'
    )
    set_verdicts(top, {})
    [suite] = top
    assert (suite.attrib["errors"], suite.attrib["failures"]) == ("1", "1")
    assert [each.attrib["name"] for each in suite] == ["chat.n.count@openai:m=2", "test_mine[a@b]"]
    assert [each[-1].tag for each in suite] == ["error", "failure"]


# ---------------------------------------------------------------- Allure


def results(folder: Path) -> list[dict[str, Any]]:
    """Allure's results."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]


@pytest.fixture(scope="module")
def allure(reported: Done) -> Path:
    """The folder of Allure's results."""
    return reported.folder.parents[1] / "allure"


def labels(result: dict[str, Any]) -> dict[str, str]:
    """The labels of a result."""
    return {each["name"]: each["value"] for each in result["labels"]}


def test_allure_has_a_result_per_case(allure: Path, outcomes: Counter[str]) -> None:
    """With the status of its verdict, told apart from all others and known again in the next run."""
    found = results(allure)
    assert Counter(each["status"] for each in found) == {
        "failed": outcomes["deviates"],
        "broken": outcomes["blocked"],
        "skipped": outcomes["not applicable"] + outcomes["inconclusive"],
        "passed": outcomes["conforms"] + outcomes["noted"] + outcomes["differs"],
    }
    assert len({each["historyId"] for each in found}) == len({each["name"] for each in found}) == len(found)
    for each in found:
        assert each["statusDetails"]["message"].startswith(f"{labels(each)['verdict']}: ")
        assert "conformance.plugin" not in json.dumps(each["statusDetails"])


def test_allure_results_have_labels_and_sources(reported: Done, allure: Path) -> None:
    """What a report is grouped and filtered by, the statement, and where it is documented."""
    severity = {"must": "critical", "should": "normal", "unstated": "trivial"}
    for each in results(allure):
        about, cell = labels(each), reported.cells[each["name"].partition("=")[0]]
        assert (about["provider"], about["model"], about["claim"]) == (cell["column"], cell["model"], cell["claim"])
        assert (about["level"], about["severity"]) == (cell["level"], severity[cell["level"]])
        assert about["feature"] == about["suite"] == about["parameter"] == cell["claim"].split(".")[1]
        assert each["description"].endswith(".")
        assert all(link["url"].startswith("https://") and link["name"] for link in each["links"])
        assert each["links"]


def test_allure_shows_the_evidence_of_what_is_against_the_contract(reported: Done, allure: Path) -> None:
    """Request, reply and a command line to repeat it; other cases have none."""
    for each in results(allure):
        attached = {part["name"]: (allure / part["source"]).read_text("utf-8") for part in each.get("attachments", [])}
        assert bool(attached) == (each["status"] == "failed")
        if attached:
            assert any(
                name.startswith("1 request ") and "POST /chat/completions" in attached[name] for name in attached
            )
            assert any(name.startswith("1 reply ") and attached[name].startswith("200\n") for name in attached)
            assert attached["1 curl"].startswith("curl ")
            assert f"${driving.VARIABLE}" in attached["1 curl"]
            assert not any(driving.KEY in text for text in attached.values())


@pytest.mark.thorough
def test_allure_builds_its_report(allure: Path, outcomes: Counter[str], tmp_path: Path) -> None:
    """Allure 3 reads every result as a test of its own and counts as the matrix does."""
    command = shutil.which("allure") or str(npm.package("allure@3", tmp_path / "npm") / ".bin" / "allure")
    generate = [command, "generate", str(allure), "--output", "report"]
    subprocess.run(generate, cwd=tmp_path, check=True, capture_output=True, timeout=driving.TIMEOUT)
    stats = json.loads((tmp_path / "report" / "summary.json").read_text(encoding="utf-8"))["stats"]
    assert stats["total"] == outcomes.total()
    assert (stats["failed"], stats["broken"]) == (outcomes["deviates"], outcomes["blocked"])
    assert not stats.get("retries")


# ---------------------------------------------------------------- both


def test_reports_are_whole_over_processes(gateway: Callable[..., str], tmp_path: Path) -> None:
    """With -n 2 the reports hold the same cases, none lost and none twice."""
    url = gateway(defects=("drops_n",))
    both = (driving.NAMED[0], driving.NAMED[2])
    done = driving.run(
        url, tmp_path, "-n", "2", "--junitxml=junit.xml", "--alluredir=allure", "-k", "chat.n.", models=both
    )
    names = [each.attrib["name"] for each in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")]
    assert done.code == 1, done.said
    assert len(names) == len(set(names)) == done.run["planned"]
    assert len(list((tmp_path / "allure").glob("*-result.json"))) == done.run["planned"]
