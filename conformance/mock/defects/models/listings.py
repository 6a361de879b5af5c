"""Lists of models that do not hold what was promised: the one in OpenAI's shape, and the gateway's own catalogue."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.models.defect import ModelsDefect


def in_records(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Lists in which every record is changed."""
    return lambda body: {**body, "data": [change(record) for record in body["data"]]}


def without(*names: str) -> Callable[[Json], Json]:
    """Objects without some keys."""
    return lambda value: {name: each for name, each in value.items() if name not in names}


def priced(**change: Any) -> Callable[[Json], Json]:
    """Catalogues in which every pricing says something else."""
    return in_records(lambda record: {**record, "pricing": {**record["pricing"], **change}})


def without_last(body: Json) -> Json:
    """The list without its last record, which it does not count either."""
    counted = {"total": body["total"] - 1} if "total" in body else {}
    return {**body, **counted, "data": body["data"][:-1]}


def with_first_again(body: Json) -> Json:
    """The list with its first record once more, which it counts."""
    return {**body, "total": body["total"] + 1, "data": [*body["data"], *body["data"][:1]]}


def for_a_key(body: Json) -> Json:
    """No list: a refusal."""
    raise ApiError("You didn't provide an API key.", code="invalid_api_key", status=401)


def always_the_first_page(body: Json) -> Json:
    """The first two records, whichever page was asked for."""
    return {**body, "page": 1, "page_size": 2, "data": body["data"][:2]}


def open_list(refusal: Refusal) -> Refusal:
    """A list of one model where a list was refused for want of a key."""
    if refusal.error.status != 401 or refusal.sent:
        return refusal
    model = {"id": "mock-openai", "object": "model", "created": 1_767_225_600, "owned_by": "openai"}
    return refusal.saying({"object": "list", "data": [model]}, 200)


DEFECTS = (
    ModelsDefect(
        "lists_models_without_wrapper",
        "The models are listed under another key than data.",
        claims=("models.list.wrapper",),
        listing=lambda body: {"models": body["data"]},
    ),
    ModelsDefect(
        "names_list_otherwise",
        "The list of models has no object of its own.",
        claims=("models.list.wrapper",),
        listing=without("object"),
    ),
    ModelsDefect(
        "lists_ids_alone",
        "A listed model has neither object nor owned_by.",
        claims=("models.list.fields",),
        reports=("D287",),
        listing=in_records(without("object", "owned_by")),
    ),
    ModelsDefect(
        "dates_models_in_text",
        "The created of a listed model is a date as text.",
        claims=("models.list.fields",),
        listing=in_records(lambda record: {**record, "created": "2026-01-01T00:00:00Z"}),
    ),
    ModelsDefect(
        "hides_a_listed_model",
        "A model that answers is not in the list.",
        claims=("models.list.configured",),
        listing=without_last,
    ),
    ModelsDefect(
        "lists_models_to_anyone",
        "The list of models needs no key.",
        claims=("models.list.no_key",),
        refusal=open_list,
    ),
    ModelsDefect(
        "catalogue_needs_a_key",
        "The catalogue is refused without a key, though it is documented as public.",
        claims=("models.catalogue.wrapper",),
        catalogue=for_a_key,
    ),
    ModelsDefect(
        "catalogue_says_nothing_of_success",
        "The catalogue lacks success.",
        claims=("models.catalogue.wrapper",),
        catalogue=without("success"),
    ),
    ModelsDefect(
        "catalogue_renames_data",
        "The records of the catalogue stand under another key than data.",
        claims=("models.catalogue.wrapper",),
        catalogue=lambda body: {"success": True, "models": body["data"]},
    ),
    ModelsDefect(
        "catalogue_counts_wrong",
        "The total of the catalogue is one more than its records.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: {**body, "total": body["total"] + 1},
    ),
    ModelsDefect(
        "catalogue_lists_twice",
        "A record is in the catalogue twice.",
        claims=("models.catalogue.paging",),
        catalogue=with_first_again,
    ),
    ModelsDefect(
        "catalogue_ignores_page",
        "Whichever page is asked for, the catalogue gives the first one.",
        claims=("models.catalogue.paging",),
        catalogue=always_the_first_page,
    ),
    ModelsDefect(
        "catalogue_cuts_page_0",
        "Page 0 of the catalogue holds one record, not all of them.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: body if body["page"] else {**body, "data": body["data"][:1]},
    ),
    ModelsDefect(
        "catalogue_overfills_page",
        "A page of the catalogue holds more records than its page_size says.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: {**body, "page_size": 1} if body["page"] else body,
    ),
    ModelsDefect(
        "hides_a_record",
        "A model that answers is not in the catalogue.",
        claims=("models.catalogue.configured",),
        catalogue=without_last,
    ),
    ModelsDefect(
        "features_in_one_text",
        "The features of a record are a text with commas.",
        claims=("models.catalogue.fields",),
        catalogue=in_records(lambda record: {**record, "features": ",".join(record["features"])}),
    ),
    ModelsDefect(
        "catalogue_dates_in_milliseconds",
        "The created of a record counts milliseconds.",
        claims=("models.catalogue.fields",),
        catalogue=in_records(lambda record: {**record, "created": record["created"] * 1000}),
    ),
    ModelsDefect(
        "endpoints_as_program_text",
        "The endpoints of a record are written with single quotes, which is no JSON.",
        claims=("models.catalogue.endpoints",),
        catalogue=in_records(lambda record: {**record, "endpoints": record["endpoints"].replace('"', "'")}),
    ),
    ModelsDefect(
        "endpoints_without_chat",
        "The record of a model that answers Chat Completions lists another endpoint only.",
        claims=("models.catalogue.endpoints_agree",),
        catalogue=in_records(lambda record: {**record, "endpoints": '{"openai": {"path": "/v1/responses"}}'}),
    ),
    ModelsDefect(
        "prices_below_zero",
        "The price of an answer is below zero.",
        claims=("models.catalogue.pricing", "models.catalogue.fields"),
        catalogue=priced(output=-0.4),
    ),
    ModelsDefect(
        "prices_in_text",
        "Prices are text.",
        claims=("models.catalogue.pricing", "models.catalogue.fields"),
        catalogue=priced(input="0.10"),
    ),
    ModelsDefect(
        "prices_without_currency",
        "No price says its currency.",
        claims=("models.catalogue.pricing",),
        catalogue=in_records(lambda record: {**record, "pricing": without("currency")(record["pricing"])}),
    ),
)
