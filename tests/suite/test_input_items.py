"""What the suite makes of lists of input items."""

from typing import Any

from conformance.suite.responses.test_input_items import list_fault
from tests.support.collecting import over


def listed(*names: str, **fields: Any) -> dict[str, Any]:
    """Return a list of input items with these ids; an empty one is left out."""
    items = [{"type": "message", **({"id": name} if name else {})} for name in names]
    ends = {"first_id": names[0] or None, "last_id": names[-1] or None}
    return {"object": "list", "data": items, **ends, "has_more": False, **fields}


ROWS = [
    (listed("a", "b"), None),
    (listed("a", has_more=True), None),
    (listed("", ""), "must have its documented form"),
    (listed("a", "b", last_id=None), "first_id and last_id"),
    (listed("a", has_more=None), "must have its documented form"),
]


@over("body, fault", ROWS)
def test_a_list_of_items_has_ids_and_names_its_ends(body: dict[str, Any], fault: str | None) -> None:
    """By these a client asks for the next page."""
    found = list_fault(body)
    assert found is None if fault is None else fault in str(found)
