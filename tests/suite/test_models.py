"""What the suite observes of lists of models: of valid ones, and with one fault at a time."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Observation, Reason
from conformance.http.exchange import Exchange, Request
from conformance.suite.models import test_catalogue, test_list
from conformance.surfaces.models import ModelsCase
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.making import MODELS, contract, exchange, surface_context

IDS = [MODELS["openai"], MODELS["claude"]]
LISTED = {
    "object": "list",
    "data": [{"id": each, "object": "model", "created": 1_700_000_000, "owned_by": "a"} for each in IDS],
}
RECORD = {
    "endpoints": '{"openai": {"path": "/v1/chat/completions"}}',
    "pricing": {"currency": "USD", "input": 1, "output": 2.5},
}
WHOLE = {"success": True, "page": 1, "page_size": 1, "total": 2}


def page(number: int = 1, **change: Any) -> dict[str, Any]:
    """Return one page of a catalogue with two records, one per page."""
    return {**WHOLE, "page": number, "data": [{**RECORD, "id": IDS[number - 1], **change}]}


EVERYTHING = {
    "success": True,
    "page": 0,
    "page_size": 0,
    "total": 2,
    "data": [page()["data"][0], page(2)["data"][0]],
}


class Server:
    """Answers GET requests by path and authorisation."""

    dead = False

    def __init__(self, answer: Callable[[Request], tuple[int, Any]]) -> None:
        self._answer = answer

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        status, body = self._answer(request)
        return exchange(status, text=body if isinstance(body, str) else json.dumps(body), sent=request)


def sound(request: Request) -> tuple[int, Any]:
    """Return a server without faults."""
    if request.path == f"/models/{IDS[0]}":
        return (200, LISTED["data"][0])
    if request.path == "/models":
        return (200, LISTED) if request.auth == "key" else (401, {"error": {"message": "no key"}})
    return 200, paged(request, [page(), page(2)])


def paged(request: Request, pages: list[Any], whole: Any = EVERYTHING) -> Any:
    """Return the requested page: `last` after the first, and page 0 as given."""
    number = request.path.rpartition("page=")[2] if "page=" in request.path else "1"
    return whole if number == "0" else pages[min(int(number), len(pages)) - 1]


def see(
    claim_id: str, answer: Callable[[Request], tuple[int, Any]], keyed: bool = True, host: str = "api.cometapi.com"
) -> Observation:
    """Return what the suite observes of this server for a claim about lists."""
    models = [contract().classify(column, MODELS[column]) for column in ("openai", "claude")]
    found = next(iter(contract().cases([claim_id], models)))
    module = test_list if ".list." in claim_id else test_catalogue
    function = getattr(module, f"test_{claim_id.split('.')[2]}")
    bound = ModelsCase(found, surface_context("models", keyed=keyed, host=host))

    async def run() -> Observation:
        seen: Observation = await function(bound, Ask[Any](RequestCache(Server(answer), lambda _: None)))
        return seen

    return asyncio.run(run())


LISTS = ("wrapper", "fields", "configured")
CLAIMS = [each for each in contract().claims if each.startswith("models.")]
CATALOGUE = [each for each in CLAIMS if each.startswith("models.catalogue.")]


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_a_sound_list_is_honoured(claim_id: str) -> None:
    """A server without faults is honoured for every claim."""
    assert see(claim_id, sound).seen == "honoured"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wrapper", {**LISTED, "object": "models"}),
        ("wrapper", {**LISTED, "data": None}),
        ("wrapper", {**LISTED, "data": ["gpt"]}),
        ("wrapper", []),
        ("fields", {**LISTED, "data": [{"id": IDS[0]}]}),
        ("configured", {**LISTED, "data": LISTED["data"][:1]}),
        ("one", LISTED),
    ],
)
def test_a_list_with_one_thing_wrong_is_mishandled(name: str, body: Any) -> None:
    """The claim about each fault finds it."""
    assert see(f"models.list.{name}", lambda request: (200, body)).seen == "mishandled"


@pytest.mark.parametrize(("status", "word"), [(200, "ignored"), (403, "mishandled"), (401, "honoured")])
def test_a_list_without_a_key_is_refused_with_401(status: int, word: str) -> None:
    """Any other status is against the claim."""
    assert see("models.list.no_key", lambda request: (status, LISTED)).seen == word


def test_an_endpoint_that_asks_for_no_key_shows_nothing_about_keys() -> None:
    """For a target without a key, no key may be needed."""
    assert see("models.list.no_key", sound, keyed=False).seen == "unanswered"


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("wrapper", [{**page(), "success": False}]),
        ("fields", [page(created="today"), page(2)]),
        ("endpoints", [page(endpoints="{broken")]),
        ("endpoints", [page(endpoints={"openai": {}})]),
        ("endpoints_agree", [page(endpoints='{"openai": {"path": "/v1/responses"}}'), page(2)]),
        ("pricing", [page(pricing={"input": 1})]),
        ("pricing", [page(pricing={"currency": "USD", "input": -1})]),
        ("paging", [page(), page()]),
        ("paging", [{**page(), "total": 2}, {**page(2), "data": []}]),
        ("configured", [{**page(), "total": 1}]),
    ],
)
def test_a_catalogue_with_one_thing_wrong_is_mishandled(name: str, pages: list[Any]) -> None:
    """The claim about each fault finds it."""

    def answer(request: Request) -> tuple[int, Any]:
        return 200, paged(request, pages)

    assert see(f"models.catalogue.{name}", answer).seen == "mishandled"


def test_a_missing_catalogue_is_reported_by_one_claim() -> None:
    """Only one of the claims reports it."""
    words = {each: see(each, lambda request: (404, {"error": {"message": "no"}})).seen.value for each in CATALOGUE}
    assert words.pop("models.catalogue.wrapper") == "refused"
    assert set(words.values()) == {"unanswered"}


ELSEWHERE = [
    (404, {"error": {"message": "no"}}),
    (405, ""),
    (401, {"error": {"message": "no key"}}),
    (500, {"error": {"message": "no such address"}}),
    (200, "<html>Welcome</html>"),
    (200, {"data": [{"id": "m"}]}),
]


@pytest.mark.parametrize("answer", ELSEWHERE)
def test_the_catalogue_of_cometapi_is_not_asked_of_other_gateways(answer: tuple[int, Any]) -> None:
    """What is at that address there says nothing about them, unless it is the same list."""
    reasons = {see(each, lambda request: answer, host="gateway.example").reason for each in CATALOGUE}
    assert reasons == {Reason.NOT_APPLICABLE}


@pytest.mark.parametrize("body", [{"success": False, "data": []}, {**page(), "success": None}])
def test_the_same_catalogue_on_another_gateway_is_judged_as_cometapis_is(body: dict[str, Any]) -> None:
    """It is the same list if it has the key success, or the keys of its pages."""
    assert see("models.catalogue.wrapper", lambda request: (200, body), host="gateway.example").seen == "mishandled"


def test_a_catalogue_on_another_gateway_that_needs_a_key_is_found_with_the_key() -> None:
    """A gateway that asks for a key first is asked again with the key before the list is said to be there or not."""

    def locked(request: Request) -> tuple[int, Any]:
        return (200, page()) if request.auth == "key" else (401, {"error": {"message": "no key"}})

    found = see("models.catalogue.wrapper", locked, host="gateway.example")
    assert (found.seen, "must not need a key" in found.detail) == ("mishandled", True)


def test_a_catalogue_on_page_0_is_whole() -> None:
    """Page 0 has all records, whatever its page size."""
    assert see("models.catalogue.paging", lambda request: (200, EVERYTHING)).seen == "honoured"


@pytest.mark.parametrize(
    ("pages", "whole"),
    [
        ([page(), page(2)], {**EVERYTHING, "data": EVERYTHING["data"][:1]}),
        ([{**EVERYTHING, "page": 1, "page_size": 1}, {**page(2), "data": []}], EVERYTHING),
    ],
)
def test_pages_hold_no_more_than_their_size_and_page_0_holds_all(pages: list[Any], whole: Any) -> None:
    """A page 0 with only some records, and a page with more records than its size, are mishandled."""
    found = see("models.catalogue.paging", lambda request: (200, paged(request, pages, whole)))
    assert found.seen == "mishandled"


@pytest.mark.parametrize("name", ["paging", "configured", "endpoints_agree"])
def test_of_many_pages_only_page_0_is_read(name: str) -> None:
    """A catalogue of too many pages is read as page 0; if that fails, the detail says so."""
    many = [{**RECORD, "id": each} for each in (*IDS, *map(str, range(98)))]
    first = {**WHOLE, "total": 100, "data": many[:1]}
    whole = {**EVERYTHING, "total": 100, "data": many}
    assert see(f"models.catalogue.{name}", lambda request: (200, paged(request, [first], whole))).seen == "honoured"
    assert see(f"models.catalogue.{name}", lambda request: (200, paged(request, [first], first))).seen == "mishandled"


def test_a_model_on_a_page_that_cannot_be_read_is_no_evidence() -> None:
    """If paging is broken, records that cannot be read may still exist."""
    assert see("models.catalogue.configured", lambda request: (200, page())).seen == "unanswered"


@pytest.mark.parametrize("status", [401, 403])
def test_a_catalogue_that_needs_a_key_is_reported_by_one_claim(status: int) -> None:
    """It is documented as public; the other claims have no evidence."""
    answer = (status, {"error": {"message": "no key"}})
    words = {each: see(each, lambda request: answer).seen.value for each in CATALOGUE}
    assert words.pop("models.catalogue.wrapper") == "mishandled"
    assert set(words.values()) == {"unanswered"}


@pytest.mark.parametrize("body", [{"object": "list", "models": LISTED["data"]}, LISTED["data"]])
def test_a_missing_list_is_no_evidence_about_its_entries(body: Any) -> None:
    """Only the claim about the wrapper reports that there is none."""
    words = {name: see(f"models.list.{name}", lambda request: (200, body)).seen.value for name in LISTS}
    assert words == {"wrapper": "mishandled", "fields": "unanswered", "configured": "unanswered"}


def test_an_empty_list_is_a_list() -> None:
    """Its form is right; it has no entries to look at, and lacks the models of the run."""
    words = {
        name: see(f"models.list.{name}", lambda request: (200, {**LISTED, "data": []})).seen.value for name in LISTS
    }
    assert words == {"wrapper": "honoured", "fields": "unanswered", "configured": "mishandled"}


def test_a_wrong_wrapper_is_reported_by_one_claim() -> None:
    """Entries of a list without object are valid, and so are records of a catalogue without success."""
    bare = {"data": LISTED["data"]}
    assert see("models.list.fields", lambda request: (200, bare)).seen == "honoured"
    assert see("models.list.wrapper", lambda request: (200, bare)).seen == "mishandled"
    silent = {name: value for name, value in EVERYTHING.items() if name != "success"}
    assert see("models.catalogue.fields", lambda request: (200, silent)).seen == "honoured"


def test_a_date_in_text_is_no_created() -> None:
    """The types of the fields of an entry are checked."""
    dated = {**LISTED, "data": [{**LISTED["data"][0], "created": "2026-01-01"}]}
    assert see("models.list.fields", lambda request: (200, dated)).seen == "mishandled"
