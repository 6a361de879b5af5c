"""Redaction: a secret is removed from any text in every spelling, whole or in parts; other texts stay unchanged."""

import base64
import json
import random
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.http.redaction import MIN_LENGTH, REDACTED, Redactor
from tests.support.scanning import shows, unescaped
from tests.support.spellings import FORMS, every_other

KEY = 'sk-proj-aB3/dE+f=GhI_jk%20"l\\m'
WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=8, max_size=60)
NASTY = (
    st.text("abcXYZ019/+=%\"\\-_.:&<>' ,[]{}", min_size=8, max_size=40)
    .map(str.strip)
    .filter(lambda text: len(text) >= 8)
)
LONG = st.text("abcdefABCDEF0123456789", min_size=100, max_size=200)
KEYS = st.one_of(WORDS.map(lambda word: f"sk-{word}"), WORDS, NASTY, LONG).filter(
    # A secret that holds escapes, and has fewer than 8 characters without them, is removed only as it is.
    lambda key: len(set(key)) > 3 and len(unescaped(key)) >= MIN_LENGTH and not re.search(r"\\[0-7ux]", key)
)


def assert_removed(key: str, forms: Iterable[str] = FORMS) -> None:
    """Assert that no decoding of the redacted text reveals the key, and that the text around it is unchanged."""
    redact = Redactor([key])
    for form in forms:
        cleaned = redact(f'{{"before": "{FORMS[form](key)} after", "more": 1}}')
        assert shows(cleaned, key) is None, form
        assert REDACTED in cleaned, form
        assert cleaned.startswith('{"before": "'), form
        assert cleaned.endswith('after", "more": 1}'), form


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_removed_in_every_form(form: str) -> None:
    """The key contains every character that has an escape of its own."""
    assert_removed(KEY, [form])


@given(key=KEYS)
@settings(max_examples=12)
def test_any_secret_is_removed_in_every_form(key: str) -> None:
    """Keys of 8 to 200 arbitrary characters."""
    assert_removed(key)


def chunk(index: int, field: str, piece: str, *, late: bool = False) -> str:
    """Return one event of a stream with a piece of text; the index of the choice is before or after it."""
    delta = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if field == "arguments" else {field: piece}
    choice = {"delta": delta, "index": index} if late else {"index": index, "delta": delta}
    return f"data: {json.dumps({'id': 'c1', 'choices': [{**choice, 'finish_reason': None}]})}\n\n"


@st.composite
def pieces(draw: st.DrawFn, spell: Callable[[str], str] = str) -> tuple[str, list[str]]:
    """Draw a key, and a spelling of it cut into two or more parts."""
    key = draw(KEYS)
    spelling = spell(key)
    cuts = sorted(draw(st.sets(st.integers(1, len(spelling) - 1), min_size=1, max_size=12)))
    return key, [spelling[start:end] for start, end in zip([0, *cuts], [*cuts, len(spelling)], strict=True)]


@pytest.mark.parametrize("field", ["content", "refusal", "reasoning_content", "arguments"])
@given(split=pieces(), choices=st.integers(1, 3), late=st.booleans())
@settings(max_examples=4)
def test_a_secret_split_over_chunks_is_removed(
    field: str, split: tuple[str, list[str]], choices: int, late: bool
) -> None:
    """Cut at any places, in any field, with the chunks of other choices in between."""
    key, parts = split
    text = "".join(chunk(number, field, part, late=late) for part in parts for number in range(choices))
    cleaned = Redactor([key])(chunk(0, field, "well, ") + text + "data: [DONE]\n\n")
    assert shows(cleaned, key) is None
    assert "well, " in cleaned


@given(split=pieces(lambda key: base64.b64encode(key.encode()).decode()))
@settings(max_examples=5)
def test_base64_split_over_chunks_is_removed(split: tuple[str, list[str]]) -> None:
    """The parts are joined before the text is searched for encoded secrets."""
    key, parts = split
    assert shows(Redactor([key])("".join(chunk(0, "content", part) for part in parts)), key) is None


@given(split=pieces(), indent=st.none() | st.just(2))
@settings(max_examples=5)
def test_a_secret_split_over_elements_or_lines_is_removed(split: tuple[str, list[str]], indent: int | None) -> None:
    """The parts are the elements of a list, the lines of a text, or lines inside a JSON string."""
    key, parts = split
    redact = Redactor([key])
    assert shows(redact(json.dumps({"error": {"parts": parts}}, indent=indent)), key) is None
    if not set(key) & set(" \\\"',[]"):
        assert shows(redact("\n".join(parts)), key) is None
        assert shows(redact(json.dumps({"message": "\r\n".join(parts)})), key) is None


@pytest.mark.parametrize("form", FORMS)
def test_a_spelling_in_a_list_of_single_characters_is_removed(form: str) -> None:
    """Escapes are cut as well."""
    key = "sk-abcDEF123456xyz"
    cleaned = Redactor([key])(json.dumps({"parts": list(FORMS[form](key)), "more": 1}))
    assert REDACTED in cleaned
    assert shows(cleaned, key) is None


def test_the_index_fields_of_a_stream_are_configurable() -> None:
    """Two texts that are streamed alternately are each read alone, whatever the index field is called."""
    key = "sk-abcDEF123456"
    events = [{"output_index": number, "delta": piece} for piece in (key[:6], key[6:]) for number in (0, 1)]
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    joined = ["".join(event["delta"] for event in read(text) if event["output_index"] == number) for number in (0, 1)]
    assert joined == [key, key]
    cleaned = Redactor([key], indexes=("output_index", "content_index"))(text)
    assert all(key[:6] not in event["delta"] and key[6:] not in event["delta"] for event in read(cleaned))


def read(text: str) -> list[dict[str, Any]]:
    """Return the JSON of each event."""
    return [json.loads(line.removeprefix("data:")) for line in text.split("\n") if line]


ESCAPED_PIECES = {
    "quotes": lambda piece: json.dumps(piece)[1:-1],
    "JSON escapes": lambda piece: "".join(f"\\u{ord(char):04x}" for char in piece),
    "every other JSON escape": lambda piece: every_other(piece, lambda char: f"\\u{ord(char):04X}"),
    "percent signs": lambda piece: "".join(f"%{ord(char):02X}" for char in piece),
    "C escapes in JSON": lambda piece: "".join(f"\\\\x{ord(char):02x}" for char in piece),
    "HTML": lambda piece: json.dumps("".join(f"&#{ord(char)};" for char in piece))[1:-1],
}


@pytest.mark.parametrize("spelling", ESCAPED_PIECES)
@pytest.mark.parametrize("key", ['011"0009', '"k\\y-abc', "sk-abcDEF123456", '\\\\\\""""/1'])
def test_a_secret_split_and_escaped_is_removed(key: str, spelling: str) -> None:
    """It is cut in two at every place, and the characters of each part are escaped."""
    escape = ESCAPED_PIECES[spelling]
    for cut in range(1, len(key)):
        text = "".join(
            f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{escape(piece)}"}}}}]}}\n\n'
            for piece in (key[:cut], key[cut:])
        )
        assert shows(Redactor([key])(text), key) is None, cut


def tokens(pieces: Iterable[str], *, named: bool) -> list[dict[str, Any]]:
    """Return the log probabilities of these tokens with their bytes, and of two others that could stand for each."""
    return [
        {
            "token": piece if named else "?",
            "bytes": list(piece.encode()),
            "top_logprobs": [{"token": "?", "bytes": list(other.encode())} for other in (piece, "other")],
        }
        for piece in pieces
    ]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_secret_in_the_bytes_of_tokens_is_removed(named: bool, size: int, streamed: bool) -> None:
    """The bytes of each token are a list of its own, next to those of tokens that could stand for it."""
    key = "sk-abcDEF123456xyz"
    pieces = ["a", " ", *(key[start : start + size] for start in range(0, len(key), size)), "."]
    each = [tokens([piece], named=named) for piece in pieces] if streamed else [tokens(pieces, named=named)]
    events = [{"choices": [{"index": 0, "logprobs": {"content": content}}]} for content in each]
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) if streamed else json.dumps(events[0])
    cleaned = Redactor([key])(text)
    assert cleaned.startswith(text[:60])
    left = "".join(chr(int(number)) for number in re.findall(r"\b\d{2,3}\b", re.sub(r"\[111, 116[^]]*\]", "", cleaned)))
    assert not any(key[start : start + 4] in left for start in range(len(key) - 3)), left
    assert shows(cleaned, key) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"sk-abcDEF123456": 1}',
        '{"sk-abc": 1, "DEF123456": 2}',
        '{"sk-abc": {"DEF": {"123456": 1}}}',
        '{"sk-abc": "DEF123456"}',
        'data: {"sk-abc": ""}\n\ndata: {"DEF123456": ""}\n\n',
    ],
)
def test_a_secret_in_names_of_fields_is_removed(text: str) -> None:
    """It is one name, consecutive names, or a name with its value."""
    cleaned = Redactor(["sk-abcDEF123456"])(text)
    assert "DEF" not in cleaned


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_a_secret_split_next_to_a_unicode_line_separator_is_removed(char: str) -> None:
    """A character at which Python's splitlines would split does not end a line of a stream."""
    key = "sk-abcDEF123456"
    text = "".join(
        f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{piece}"}}}}]}}\n\n'
        for piece in (f"a{char}{key[:6]}", key[6:])
    )
    assert shows(Redactor([key])(text).replace(char, ""), key) is None


def test_every_cut_of_a_key_is_found() -> None:
    """The key is cut in two at every place, and into single characters."""
    key = "sk-abcDEF123456"
    redact = Redactor([key])
    for parts in [*([key[:cut], key[cut:]] for cut in range(1, len(key))), list(key)]:
        cleaned = redact("".join(chunk(0, "content", part) for part in parts))
        assert shows(cleaned, key) is None
        assert all(json.loads(line[6:]) for line in cleaned.splitlines() if line)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_a_text_without_the_secret_is_unchanged(text: str) -> None:
    """Any text, with any bytes, comes back identical."""
    assert Redactor(["sk-0123456789-zyxwvu"])(text) == text


def test_replies_that_resemble_the_secret_are_unchanged() -> None:
    """JSON, streams and pages that contain only fragments of it."""
    stream = "".join(chunk(0, "content", piece) for piece in ("sk", "-", "s", "k-", "pro", "sk-other"))
    for text in (
        stream,
        json.dumps({"a": ["sk-", "proj"], "b": "sk-proj-"}),
        "<p>sk-proj-****</p>",
        "%73%6b-",
        "\\u0073k-",
        KEY[:-1].encode().hex(":"),
        json.dumps(list(KEY[:-1].encode())),
        json.dumps([{"token": piece, "bytes": list(piece.encode())} for piece in (KEY[:4], KEY[5:])]),
        base64.b32encode(KEY[1:-2].encode()).decode(),
        base64.b64encode(base64.b64encode(KEY[3:-2].encode())).decode(),
        "\0".join(KEY[:-1]),
        json.dumps({KEY[:4]: KEY[5:]}),
        "e4:b8:80 caf\u00e9\u200b \\u200b &zwnj; &#8203; \\0 %00 [1, 2, 3] 0x73 \\163",
    ):
        assert Redactor([KEY])(text) == text


def test_the_longer_of_two_secrets_is_removed_first() -> None:
    """If one secret begins with the other, no rest of the longer one stays in the text."""
    assert Redactor(["sk-12345", "sk-123456789"])("sk-123456789 sk-12345") == f"{REDACTED} {REDACTED}"


def test_a_short_secret_is_removed_only_as_it_is() -> None:
    """Below 8 characters other spellings stay, since they occur by chance; below 4 the secret itself stays."""
    assert Redactor(["sk-1234"])("sk-1234 SK-1234") == f"{REDACTED} SK-1234"
    assert Redactor(["abc", ""])("abc") == "abc"


@pytest.mark.parametrize("size", range(MIN_LENGTH, 20))
def test_a_sentence_holds_no_piece_of_a_secret(size: int) -> None:
    """A quotation may have been cut in the middle of the secret, or of its base64 or hexadecimal form."""
    key = "sk-abcDEF123456zyxWVU098"
    redact = Redactor([key])
    for spelling in (key, key.upper(), base64.b64encode(key.encode()).decode(), key.encode().hex()):
        for piece in (spelling[:size], spelling[-size:], spelling[3 : size + 3]):
            assert redact.sentence(f"it said '{piece}...' (3 of 3 times)") == "it said '[redacted]...' (3 of 3 times)"
    assert redact.sentence(f"it said {key[:5]}...") == "it said [redacted]..."
    assert redact.sentence("it said 1234567 and sk-...") == "it said 1234567 and sk-..."


@pytest.mark.parametrize("form", FORMS)
def test_a_sentence_holds_no_piece_of_a_spelling(form: str) -> None:
    """It was cut in the middle: what is left of the secret has fewer than 8 characters."""
    key = "sk-abcDEF123456zyxWVU098"
    spelled = FORMS[form](key)
    for cut in (len(spelled) * 2 // 3, len(spelled) * 3 // 4):
        left = Redactor([key]).sentence(f"it said '{spelled[:cut]}")
        assert REDACTED in left
        assert left.startswith("it said '")
        for piece in (key[start : start + 9] for start in range(len(key) - 8)):
            assert shows(left, piece) is None, (piece, left)


def test_the_repr_of_a_redactor_hides_its_secrets() -> None:
    """So does the repr of its parts, so that no traceback shows them."""
    redact = Redactor([KEY])
    assert KEY not in repr(redact) + repr(redact._long)


@pytest.mark.parametrize(
    "text",
    ["\\" * 300_000, "%25" * 100_000, "&amp;" * 60_000, '"",' * 100_000, 'sk-"' * 80_000, f'"{KEY[:3]}","",' * 30_000,
     KEY[:-1] * 10_000, (KEY[:9] + '"' * 90) * 3_000, "[" * 300_000, "%73" * 100_000, '{"index":1,"a":"s"' * 20_000],
    ids=range(11),
)  # fmt: skip
def test_no_text_makes_redaction_slow(text: str) -> None:
    """The work is proportional to the length of a text; anything worse would not finish with these texts."""
    Redactor([KEY])(text)


def test_all_secrets_of_a_large_text_are_removed() -> None:
    """The text contains 2,000 of them whole and 2,000 in parts."""
    key = "sk-" + "".join(random.Random(1).choices("abcdefgh0123456789", k=40))
    text = (f"{key} " + chunk(0, "content", key[:7]) + chunk(0, "content", key[7:])) * 2_000
    cleaned = Redactor([key])(text)
    assert key[3:] not in cleaned
    assert key[7:] not in cleaned
