"""Defects of schemas, in response_format and in the parameters of tools: features that are refused or not obeyed."""

import re
from collections.abc import Callable

from conformance.mock.defects.chat.building.schemas import Test, change_json, change_strings, refuse_schemas
from conformance.mock.defects.structures import sorted_keys
from conformance.mock.surfaces.chat.defect import ChatDefect

FEATURES = ("chat.response_format.features", "chat.tools.features")
KEYWORDS = ("chat.response_format.keywords", "chat.tools.keywords")
# A whole number with more than 15 digits: a double holds only some of them.
DIGITS = re.compile(r':"(\d{5})"')
BIG_INTEGER = re.compile(r'(?<![\w."])\d{16,}(?![\w."])')


def refused(
    name: str, what: str, wrong: Test, message: str, *reports: str, claims: tuple[str, ...] = FEATURES
) -> ChatDefect:
    """Return a defect that refuses schemas in which the test holds for a part."""
    return ChatDefect(
        f"refuses_{name}", f"A schema with {what} is refused.", claims, reports, body=refuse_schemas(wrong, message)
    )


def not_obeyed(
    name: str, symptom: str, change: Callable[[str], str], *reports: str, claims: tuple[str, ...] = FEATURES
) -> ChatDefect:
    """Return a defect that changes the JSON of structured answers and of arguments."""
    return ChatDefect(name, symptom, claims, reports, draft=change_json(change))


def rounded(text: str) -> str:
    """Return a JSON text whose big integers went through a double."""
    return BIG_INTEGER.sub(lambda number: f"{float(int(number[0])):.1f}", text)


DEFECTS = (
    refused(
        "local_references",
        "$defs and a local $ref",
        lambda part: "$ref" in part,
        "Invalid JSON payload: reference to a component that was not found",
        "E007",
    ),
    refused(
        "recursive_schemas",
        "a definition that refers to itself",
        lambda part: any(isinstance(rule, dict) and f"#/$defs/{name}" in str(rule) for name, rule in part.items()),
        "Recursive schemas are not supported.",
    ),
    refused("unions", "anyOf", lambda part: isinstance(part.get("anyOf"), list), "anyOf is not supported."),
    refused(
        "lists_of_types", "a list of types", lambda part: isinstance(part.get("type"), list), "type must be a string."
    ),
    refused("constants", "const", lambda part: isinstance(part.get("const"), str), "Unknown name 'const'."),
    refused(
        "letters_beyond_ascii",
        "a key beyond ASCII",
        lambda part: any(not name.isascii() for name in part),
        "Property keys must match '^[a-zA-Z0-9_.-]{1,64}$'.",
    ),
    refused(
        "patterns", "a pattern", lambda part: isinstance(part.get("pattern"), str), "Unknown keyword.", claims=KEYWORDS
    ),
    not_obeyed(
        "rounds_big_integers",
        "Whole numbers from 2**53 on in arguments and structured answers come as rounded floating-point numbers.",
        rounded,
        "E046",
    ),
    not_obeyed(
        "loses_letters_beyond_ascii",
        "Letters beyond ASCII in the keys of JSON are replaced by question marks.",
        change_strings(key=lambda name: name.encode("ascii", "replace").decode()),
    ),
    not_obeyed(
        "leaves_constants",
        "A text for which a schema has a const or an enum is another one.",
        change_strings(lambda text: text.replace("zal_q7", "something else")),
    ),
    not_obeyed(
        "leaves_patterns",
        "A text does not match the pattern of its schema.",
        change_strings(lambda text: text.replace("AB-12", "no code")),
        claims=KEYWORDS,
    ),
    not_obeyed(
        "reads_digits_as_numbers",
        "A text of digits in arguments and structured answers comes as a number.",
        lambda text: DIGITS.sub(r":\1", text),
        "C09",
    ),
    ChatDefect(
        "sorts_keys",
        "The keys of a structured answer are sorted.",
        ("chat.response_format.key_order",),
        ("C24",),
        draft=sorted_keys,
    ),
)
