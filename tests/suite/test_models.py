"""What the suite says of lists of models: sound ones, and the same with one thing wrong."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Observation
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
    """One page of a catalogue of two records, one a page."""
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
    """A server in which nothing is wrong."""
    if request.path == "/models":
        return (200, LISTED) if request.auth == "key" else (401, {"error": {"message": "no key"}})
    return 200, paged(request, [page(), page(2)])


def paged(request: Request, pages: list[Any], whole: Any = EVERYTHING) -> Any:
    """The page that is asked for; the last one after it, and page 0 as it is."""
    number = request.path.rpartition("page=")[2] if "page=" in request.path else "1"
    return whole if number == "0" else pages[min(int(number), len(pages)) - 1]


def see(claim_id: str, answer: Callable[[Request], tuple[int, Any]], keyed: bool = True) -> Observation:
    """What the suite says of this server for a claim about lists."""
    models = [contract().classify(column, MODELS[column]) for column in ("openai", "claude")]
    found = next(iter(contract().cases([claim_id], models)))
    module = test_list if ".list." in claim_id else test_catalogue
    function = getattr(module, f"test_{claim_id.split('.')[2]}")
    bound = ModelsCase(found, surface_context("models", keyed=keyed))

    async def run() -> Observation:
        seen: Observation = await function(bound, Ask[Any](RequestCache(Server(answer), lambda _: None)))
        return seen

    return asyncio.run(run())


LISTS = ("wrapper", "fields", "configured")
CLAIMS = [each for each in contract().claims if each.startswith("models.")]


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_a_sound_list_is_honoured(claim_id: str) -> None:
    """A server in which nothing is wrong is honoured for every claim."""
    assert see(claim_id, sound).seen == "honoured"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wrapper", {**LISTED, "object": "models"}),
        ("wrapper", {**LISTED, "data": []}),
        ("wrapper", {**LISTED, "data": ["gpt"]}),
        ("wrapper", []),
        ("fields", {**LISTED, "data": [{"id": IDS[0]}]}),
        ("configured", {**LISTED, "data": LISTED["data"][:1]}),
    ],
)
def test_a_list_with_one_thing_wrong_is_mishandled(name: str, body: Any) -> None:
    """Each fault of the list is seen by the claim that is about it."""
    assert see(f"models.list.{name}", lambda request: (200, body)).seen == "mishandled"


@pytest.mark.parametrize(("status", "word"), [(200, "ignored"), (403, "mishandled"), (401, "honoured")])
def test_a_list_without_a_key_is_refused_with_401(status: int, word: str) -> None:
    """Anything but a 401 is against the claim."""
    assert see("models.list.no_key", lambda request: (status, LISTED)).seen == word


def test_an_endpoint_that_asks_for_no_key_shows_nothing_about_keys() -> None:
    """Without a key of its own a target cannot tell whether one is needed."""
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
    """Each fault of the catalogue is seen by the claim that is about it."""

    def answer(request: Request) -> tuple[int, Any]:
        return 200, paged(request, pages)

    assert see(f"models.catalogue.{name}", answer).seen == "mishandled"


def test_without_a_catalogue_one_claim_says_so() -> None:
    """A server that has none is refused once, not six times."""
    words = {each: see(each, lambda request: (404, {"error": {"message": "no"}})).seen.value for each in CLAIMS[4:]}
    assert words.pop("models.catalogue.wrapper") == "refused"
    assert set(words.values()) == {"unanswered"}


def test_a_catalogue_on_page_0_is_whole() -> None:
    """Page 0 stands for all records, whatever the page size."""
    assert see("models.catalogue.paging", lambda request: (200, EVERYTHING)).seen == "honoured"


@pytest.mark.parametrize(
    ("pages", "whole"),
    [
        ([page(), page(2)], {**EVERYTHING, "data": EVERYTHING["data"][:1]}),
        ([{**EVERYTHING, "page": 1, "page_size": 1}, {**page(2), "data": []}], EVERYTHING),
    ],
)
def test_pages_hold_no_more_than_their_size_and_page_0_holds_all(pages: list[Any], whole: Any) -> None:
    """A page 0 that is one of many, and a page beyond its own size, are mishandled."""
    found = see("models.catalogue.paging", lambda request: (200, paged(request, pages, whole)))
    assert found.seen == "mishandled"


@pytest.mark.parametrize("name", ["paging", "configured", "endpoints_agree"])
def test_of_many_pages_only_page_0_is_read(name: str) -> None:
    """A catalogue of more pages than are asked for is read at once; where it cannot be, that is told."""
    many = [{**RECORD, "id": each} for each in (*IDS, *map(str, range(98)))]
    first = {**WHOLE, "total": 100, "data": many[:1]}
    whole = {**EVERYTHING, "total": 100, "data": many}
    assert see(f"models.catalogue.{name}", lambda request: (200, paged(request, [first], whole))).seen == "honoured"
    assert see(f"models.catalogue.{name}", lambda request: (200, paged(request, [first], first))).seen == "mishandled"


def test_a_model_on_a_page_that_does_not_come_may_be_in_the_catalogue() -> None:
    """Where paging is broken, what is not seen may be there all the same."""
    assert see("models.catalogue.configured", lambda request: (200, page())).seen == "unanswered"


@pytest.mark.parametrize("status", [401, 403])
def test_a_catalogue_that_asks_for_a_key_is_blamed_once(status: int) -> None:
    """It is documented as public; what it holds nobody can tell."""
    answer = (status, {"error": {"message": "no key"}})
    words = {each: see(each, lambda request: answer).seen.value for each in CLAIMS[4:]}
    assert words.pop("models.catalogue.wrapper") == "mishandled"
    assert set(words.values()) == {"unanswered"}


@pytest.mark.parametrize("body", [{"object": "list", "models": LISTED["data"]}, LISTED["data"]])
def test_without_a_list_its_entries_are_not_blamed(body: Any) -> None:
    """The claim about the shape says that there is none."""
    words = {name: see(f"models.list.{name}", lambda request: (200, body)).seen.value for name in LISTS}
    assert words == {"wrapper": "mishandled", "fields": "unanswered", "configured": "unanswered"}


def test_what_is_around_the_entries_is_blamed_once() -> None:
    """A list without its object has sound entries, a catalogue without success sound records."""
    bare = {"data": LISTED["data"]}
    assert see("models.list.fields", lambda request: (200, bare)).seen == "honoured"
    assert see("models.list.wrapper", lambda request: (200, bare)).seen == "mishandled"
    silent = {name: value for name, value in EVERYTHING.items() if name != "success"}
    assert see("models.catalogue.fields", lambda request: (200, silent)).seen == "honoured"


def test_a_date_in_text_is_no_created() -> None:
    """The fields of an entry have their types as well."""
    dated = {**LISTED, "data": [{**LISTED["data"][0], "created": "2026-01-01"}]}
    assert see("models.list.fields", lambda request: (200, dated)).seen == "mishandled"
