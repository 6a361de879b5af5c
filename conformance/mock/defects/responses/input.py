"""Defects of the input."""

from conformance.mock.defects.pictures import with_last_picture
from conformance.mock.defects.responses.building.accepted import (
    items_of,
    kept_items,
    with_input,
    with_known_roles,
    without_images,
)
from conformance.mock.defects.responses.building.changes import drop, named, repaired
from conformance.mock.defects.responses.building.effects import (
    ignored,
    with_file_name,
    with_lasting_instructions,
    without_history,
    without_pictures,
)
from conformance.mock.defects.responses.building.refused import has_part, has_type, of_items, refused, single
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "takes_unknown_roles",
        "A message with an unknown role is taken for the user's.",
        "input.bad_role",
        with_known_roles,
    ),
    repaired(
        "skips_unknown_items",
        "An item of an unknown type is left out.",
        "input.unknown_item_type",
        kept_items(lambda item: "unknown" not in str(item.get("type"))),
    ),
    repaired(
        "answers_empty_input", "An empty input is answered.", "input.empty", with_input(lambda value: value in ("", []))
    ),
    repaired("skips_broken_pictures", "A picture that cannot be read is left out.", "input.image_bad", without_images),
    refused(
        "refuses_items",
        "A message as the only item is refused.",
        "input.items",
        lambda body: single(body, str),
        "input",
    ),
    refused(
        "refuses_parts_of_input",
        "A message of parts as the only item is refused.",
        "input.parts",
        lambda body: (
            single(body, list)
            and not of_items(has_part("input_image"))(body)
            and not of_items(has_part("input_file"))(body)
        ),
        "input",
    ),
    refused(
        "refuses_typeless_items",
        "An item without a type is refused.",
        "input.typeless",
        of_items(
            lambda item: "type" not in item and item.get("role") == "user" and isinstance(item.get("content"), str)
        ),
        "input",
        reports=("N052",),
    ),
    refused(
        "refuses_role_system",
        "A message with the role system is refused.",
        "input.system",
        of_items(lambda item: item.get("role") == "system"),
        "input",
    ),
    refused(
        "refuses_role_developer_in_input",
        "A message with the role developer is refused.",
        "input.developer",
        of_items(lambda item: item.get("role") == "developer" and item.get("type") == "message"),
        "input",
    ),
    refused(
        "refuses_annotations",
        "Parts of an answer that come back with annotations are refused.",
        "input.assistant_output_text input.assistant_without_id input.unstored_ids",
        of_items(has_part("output_text", annotations=[])),
        "input",
    ),
    refused(
        "refuses_answers_without_id",
        "An answer that comes back without an id is refused.",
        "input.assistant_without_id",
        of_items(lambda item: has_part("output_text")(item) and "id" not in item),
        "input",
        reports=("N053",),
    ),
    refused(
        "refuses_unstored_ids",
        "An answer that was never stored is refused.",
        "input.unstored_ids",
        lambda body: (
            body.get("store") is False and of_items(lambda item: item.get("type") == "message" and "id" in item)(body)
        ),
        "input",
    ),
    refused(
        "refuses_other_letters",
        "A text with letters beyond ASCII is refused.",
        "input.unicode",
        lambda body: (
            isinstance(body.get("input"), str) and not body["input"].isascii() and "note" in body["input"].lower()
        ),
        "input",
    ),
    refused(
        "refuses_high_detail",
        "A picture with detail high is refused.",
        "input.image_detail",
        of_items(has_part("input_image", detail="high")),
        "input",
    ),
    refused("refuses_files", "A file is refused.", "input.file_data", of_items(has_part("input_file")), "input"),
    refused(
        "refuses_additional_tools",
        "Tools in the input are refused.",
        "input.additional_tools",
        of_items(has_type("additional_tools")),
        "input",
        reports=("N266",),
    ),
    refused(
        "refuses_custom_calls",
        "Calls of custom tools in the input are refused.",
        "input.custom_tool_items",
        of_items(has_type("custom_tool_call")),
        "input",
    ),
    refused(
        "refuses_tool_search",
        "Items of a search for tools are refused.",
        "input.tool_search_items",
        of_items(has_type("tool_search_call")),
        "input",
        reports=("N276",),
    ),
    repaired(
        "loses_answers",
        "Earlier answers do not reach the model.",
        "input.history",
        without_history,
    ),
    repaired(
        "ignores_instructions",
        "Instructions have no effect.",
        "input.instructions",
        drop("instructions"),
        parameter="instructions",
    ),
    ignored(
        "keeps_instructions",
        "Instructions act on the response that goes on from theirs.",
        "input.instructions_not_inherited",
        with_lasting_instructions,
        parameter="instructions",
    ),
    ResponsesDefect(
        "loses_all_pictures_but_one",
        "Of several pictures in a message only the last reaches the model.",
        named("input.image_data_url"),
        request=with_last_picture,
    ),
    repaired("loses_pictures", "Pictures do not reach the model.", "input.image_data_url", without_pictures),
    repaired(
        "names_files_itself",
        "A file without a name is taken.",
        "input.file_name_missing",
        lambda body: (
            {
                **body,
                "input": [with_file_name(item) for item in items_of(body)],
            }
            if items_of(body)
            else body
        ),
    ),
    repaired(
        "drops_additional_tools",
        "Tools in the input are dropped.",
        "input.additional_tools",
        kept_items(lambda item: item.get("type") != "additional_tools"),
        reports=("N267",),
    ),
    refused(
        "refuses_reasoning_in_input",
        "An item of reasoning that comes back without encrypted content is refused.",
        "input.assistant_output_text",
        of_items(lambda item: item.get("type") == "reasoning" and "encrypted_content" not in item),
        "input",
        kinds=("reasoning",),
        reports=("N027",),
    ),
    refused(
        "refuses_lines",
        "A text of several lines as input is refused.",
        "input.string",
        lambda body: isinstance(body.get("input"), str) and body["input"].startswith("Hello.\n"),
        "input",
    ),
)
