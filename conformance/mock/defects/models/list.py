"""Defects of the list in OpenAI's format: in its records, or shown without a key."""

from conformance.mock.defects.models.building import in_records, without, without_first
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.models.defect import ModelsDefect


def open_list(refusal: Refusal) -> Refusal:
    """Return a list of one model instead of the refusal of a list without a key."""
    if refusal.error.status != 401 or refusal.request_body:
        return refusal
    model = {"id": "mock-openai", "object": "model", "created": 1_767_225_600, "owned_by": "openai"}
    return refusal.with_json({"object": "list", "data": [model]}, 200)


DEFECTS = (
    ModelsDefect(
        "lists_no_models",
        "The list of models is empty.",
        claims=("models.list.configured",),
        reports=("B18",),
        listing=lambda body: {**body, "data": []},
    ),
    ModelsDefect(
        "lists_other_models",
        "The list of models is a fixed one, whichever models can be used.",
        claims=("models.list.configured",),
        reports=("B17",),
        listing=in_records(lambda record: {**record, "id": f"fixed-{record['id']}"}),
    ),
    ModelsDefect(
        "lists_models_without_wrapper",
        "The models are listed under the key models instead of data.",
        claims=("models.list.wrapper",),
        listing=lambda body: {"models": body["data"]},
    ),
    ModelsDefect(
        "names_list_otherwise",
        "The list of models lacks the key object.",
        claims=("models.list.wrapper",),
        listing=without("object"),
    ),
    ModelsDefect(
        "lists_ids_alone",
        "A listed model lacks object and owned_by.",
        claims=("models.list.fields",),
        reports=("D287",),
        listing=in_records(without("object", "owned_by")),
    ),
    ModelsDefect(
        "dates_models_in_text",
        "The created of a listed model is a date string.",
        claims=("models.list.fields",),
        listing=in_records(lambda record: {**record, "created": "2026-01-01T00:00:00Z"}),
    ),
    ModelsDefect(
        "hides_a_listed_model",
        "A model that can be used is missing from the list.",
        claims=("models.list.configured",),
        listing=without_first,
    ),
    ModelsDefect(
        "shows_the_list_for_one_model",
        "The path of one model returns a list of it.",
        claims=("models.list.one",),
        record=lambda record: {"object": "list", "data": [record]},
    ),
    ModelsDefect(
        "lists_models_to_anyone",
        "The list of models is served without a key.",
        claims=("models.list.no_key", "messages.models.list"),
        refusal=open_list,
    ),
)
