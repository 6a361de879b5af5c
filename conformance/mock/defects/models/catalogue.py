"""Defects of the catalogue: in its records, pages and prices."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.models.building import in_records, without, without_first
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.models.defect import ModelsDefect


def priced(**change: Any) -> Callable[[Json], Json]:
    """Return a mutation that changes the pricing of every record of the catalogue."""
    return in_records(lambda record: {**record, "pricing": {**record["pricing"], **change}})


def with_first_again(body: Json) -> Json:
    """Return the list with its first record a second time, also in the total."""
    return {**body, "total": body["total"] + 1, "data": [*body["data"], *body["data"][:1]]}


def for_a_key(body: Json) -> Json:
    """Refuse the list for want of a key."""
    raise ApiError("You didn't provide an API key.", code="invalid_api_key", status=401)


def always_the_first_page(body: Json) -> Json:
    """Return the first two records, whichever page was requested."""
    return {**body, "page": 1, "page_size": 2, "data": body["data"][:2]}


DEFECTS = (
    ModelsDefect(
        "catalogue_needs_a_key",
        "The catalogue is refused without a key, though it is documented as public.",
        claims=("models.catalogue.wrapper",),
        keyless=for_a_key,
    ),
    ModelsDefect(
        "catalogue_says_nothing_of_success",
        "The catalogue lacks the key success.",
        claims=("models.catalogue.wrapper",),
        catalogue=without("success"),
    ),
    ModelsDefect(
        "catalogue_renames_data",
        "The records of the catalogue are under the key models instead of data.",
        claims=("models.catalogue.wrapper",),
        catalogue=lambda body: {"success": True, "models": body["data"]},
    ),
    ModelsDefect(
        "catalogue_counts_wrong",
        "The total of the catalogue is one more than its number of records.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: {**body, "total": body["total"] + 1},
    ),
    ModelsDefect(
        "catalogue_lists_twice",
        "The catalogue lists a record twice.",
        claims=("models.catalogue.paging",),
        catalogue=with_first_again,
    ),
    ModelsDefect(
        "catalogue_ignores_page",
        "The catalogue returns the first page, whichever page is requested.",
        claims=("models.catalogue.paging",),
        catalogue=always_the_first_page,
    ),
    ModelsDefect(
        "catalogue_cuts_page_0",
        "Page 0 of the catalogue has one record instead of all of them.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: body if body["page"] else {**body, "data": body["data"][:1]},
    ),
    ModelsDefect(
        "catalogue_overfills_page",
        "A page of the catalogue has more records than its page_size.",
        claims=("models.catalogue.paging",),
        catalogue=lambda body: {**body, "page_size": 1} if body["page"] else body,
    ),
    ModelsDefect(
        "hides_a_record",
        "A model that can be used is missing from the catalogue.",
        claims=("models.catalogue.configured",),
        catalogue=without_first,
    ),
    ModelsDefect(
        "features_in_one_text",
        "The features of a record are a comma-separated string instead of an array.",
        claims=("models.catalogue.fields",),
        catalogue=in_records(lambda record: {**record, "features": ",".join(record["features"])}),
    ),
    ModelsDefect(
        "catalogue_dates_in_milliseconds",
        "The created of a record is in milliseconds instead of seconds.",
        claims=("models.catalogue.fields",),
        catalogue=in_records(lambda record: {**record, "created": record["created"] * 1000}),
    ),
    ModelsDefect(
        "endpoints_as_program_text",
        "The endpoints of a record are in single quotes, which is not valid JSON.",
        claims=("models.catalogue.endpoints",),
        catalogue=in_records(lambda record: {**record, "endpoints": record["endpoints"].replace('"', "'")}),
    ),
    ModelsDefect(
        "endpoints_without_chat",
        "The record of a model lists none of the endpoints on which it answers.",
        claims=("models.catalogue.endpoints_agree", "responses.cross.catalogue"),
        catalogue=in_records(lambda record: {**record, "endpoints": '{"openai": {"path": "/v1/embeddings"}}'}),
    ),
    ModelsDefect(
        "prices_below_zero",
        "The output price of a record is below zero.",
        claims=("models.catalogue.pricing", "models.catalogue.fields"),
        catalogue=priced(output=-0.4),
    ),
    ModelsDefect(
        "prices_in_text",
        "The input price of a record is a string.",
        claims=("models.catalogue.pricing", "models.catalogue.fields"),
        catalogue=priced(input="0.10"),
    ),
    ModelsDefect(
        "prices_without_currency",
        "The pricing of a record lacks its currency.",
        claims=("models.catalogue.pricing",),
        catalogue=in_records(lambda record: {**record, "pricing": without("currency")(record["pricing"])}),
    ),
)
