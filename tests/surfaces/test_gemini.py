"""The gemini surface: requests in Google's words, and a reader that never raises."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.claims import Case
from conformance.http.exchange import WRONG_KEY, Request
from conformance.surfaces import registry
from conformance.surfaces.gemini import asked
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, assistant, user
from conformance.surfaces.reply import Call, Counts, End
from tests.support.collecting import over
from tests.support.making import contract, exchange, surface_context

SURFACE = registry.named("gemini")
TOOL = Tool("weigh", "Weigh a stone.", {"type": "object", "properties": {"stone": {"type": "integer"}}})
WEIGHED = Call("weigh", '{"stone": 1}', "c7")
PLAIN, STREAM = "/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse"
USED = {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 16}


@cache
def case(claim_id: str, mode: str = "plain") -> GeminiCase:
    """A case of a claim for a model of the plain class."""
    model = contract().classify("gemini", "gemini-2.5-flash")
    claim = contract().claim(claim_id)
    parameter = contract().parameter("gemini", claim.parameter, model)
    row = Case(claim, model, contract().rule(claim, model), parameter, None, mode=mode)
    return GeminiCase(row, surface_context("gemini"))


def posted(path: str = PLAIN, **body: Any) -> Request:
    """A request for content with this body."""
    return Request.post(path, body, surface="gemini", model="gemini:m")


def candidate(*parts: Any, **fields: Any) -> dict[str, Any]:
    """A candidate with these parts."""
    return {"content": {"role": "model", "parts": list(parts)}, **fields}


def response(*candidates: Any, **fields: Any) -> dict[str, Any]:
    """A response with these candidates."""
    return {"candidates": list(candidates), "responseId": "r1", "modelVersion": "m-001", **fields}


def plain(body: Any, path: str = PLAIN, status: int = 200) -> GeminiReply:
    """The reply with this body."""
    return GeminiReply(exchange(status, body, sent=posted(path)))


def written(chunks: list[Any]) -> str:
    """Responses as events."""
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)


def streamed(chunks: list[Any]) -> GeminiReply:
    """The reply that streams these responses."""
    return GeminiReply(
        exchange(text=written(chunks), headers={"content-type": "text/event-stream"}, sent=posted(STREAM))
    )


THOUGHT, HI, THERE = {"text": "hm", "thought": True}, {"text": "Hi"}, {"text": " there"}
CALL = {"functionCall": {"id": "c1", "name": "weigh", "args": {"stone": 1}}, "thoughtSignature": "c2ln"}
ENDED = candidate(THERE, finishReason="STOP")
CHUNKS = [response(candidate(THOUGHT)), response(candidate(HI)), response(ENDED, usageMetadata=USED)]


# ------------------------------------------------------------------ requests


@over(
    "auth, headers, query",
    [
        ("key", {"x-goog-api-key": "K"}, {}),
        ("bearer", {"Authorization": "Bearer K"}, {}),
        ("bare", {"Authorization": "K"}, {}),
        ("both", {"x-goog-api-key": "K", "Authorization": "Bearer K"}, {}),
        ("query", {}, {"key": "K"}),
        ("none", {}, {}),
    ],
)
def test_a_key_has_a_form(auth: str, headers: dict[str, str], query: dict[str, str]) -> None:
    """Each form is a header, two, or a parameter of the address; without a key there is none."""
    assert SURFACE.authorization(auth, "K") == headers
    assert SURFACE.authorization_query(auth, "K") == query
    assert SURFACE.authorization(auth, None) == SURFACE.authorization_query(auth, None) == {}


@over(
    "auth, headers, query",
    [
        ("wrong", {"x-goog-api-key": WRONG_KEY}, {}),
        ("basic", {"Authorization": f"Basic {WRONG_KEY}"}, {}),
        ("wrong query", {}, {"key": WRONG_KEY}),
    ],
)
def test_a_wrong_key_is_never_the_right_one(auth: str, headers: dict[str, str], query: dict[str, str]) -> None:
    """Whether there is a right one or not."""
    for key in ("K", None):
        assert SURFACE.authorization(auth, key) == headers
        assert SURFACE.authorization_query(auth, key) == query


def test_a_request_has_contents_and_a_cap() -> None:
    """It begins at the root of the target; settings are in generationConfig, other fields beside it."""
    request = case("gemini.reply.candidates").plain()
    assert (request.method, request.at_origin, request.auth) == ("POST", True, "key")
    assert request.path == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert request.json.keys() == {"contents", "generationConfig"}
    assert request.json["generationConfig"].keys() == {"maxOutputTokens"}
    assert case("gemini.stop.cuts").with_value(["a"]).json["generationConfig"]["stopSequences"] == ["a"]
    streaming = case("gemini.stop.cuts", mode="stream").request()
    assert streaming.path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"


def test_a_prompt_is_spelt_in_parts() -> None:
    """Types are in capitals, a call has arguments as an object, and a result names its function."""
    turns = (user("Weigh it."), assistant("So be it.", calls=(WEIGHED,)), user("", results=(Result(WEIGHED, "2 kg"),)))
    prompt = Prompt(turns, system="Be brief.", tools=(TOOL,), choice=Named("weigh"))
    body = case("gemini.tools.call").spelt(prompt).json
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weigh"]}}
    schema = {"type": "OBJECT", "properties": {"stone": {"type": "INTEGER"}}}
    assert body["tools"] == [
        {"functionDeclarations": [{"name": "weigh", "description": "Weigh a stone.", "parameters": schema}]}
    ]
    said, called = body["contents"][1]["parts"]
    assert (body["contents"][1]["role"], said) == ("model", {"text": "So be it."})
    assert called["functionCall"] == {"id": "c7", "name": "weigh", "args": {"stone": 1}}
    result = {"functionResponse": {"id": "c7", "name": "weigh", "response": {"output": "2 kg"}}}
    assert body["contents"][2] == {"role": "user", "parts": [result]}
    required = case("gemini.tools.call").spelt(replace(prompt, choice="required")).json
    assert required["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}


def test_a_turn_that_was_said_is_sent_as_it_came() -> None:
    """With everything in its parts, such as a signature."""
    said = streamed([response(candidate(CALL)), CHUNKS[-1]])
    turn = case("gemini.tools.call").spelt(Prompt((user("x"), assistant(said=said)))).json["contents"][1]
    assert turn == {"role": "model", "parts": [CALL, THERE]}


def test_a_request_is_renewed_by_spaces_behind_its_prompt() -> None:
    """So that the server has not seen it."""
    request = case("gemini.reply.candidates").plain()
    part = SURFACE.renewed(request, 2).json["contents"][0]["parts"][0]
    assert part["text"] == request.json["contents"][0]["parts"][0]["text"] + "  "


# ------------------------------------------------------------------ what a request asks for

DEMANDS: dict[str, Any] = {
    "generationConfig": {
        "maxOutputTokens": 8,
        "stopSequences": ["7"],
        "candidateCount": 2,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT"},
    },
    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
}
SNAKE: dict[str, Any] = {
    "generation_config": DEMANDS["generationConfig"],
    "tool_config": {"function_calling_config": {"mode": "ANY"}},
}
INNER: dict[str, Any] = {"generationConfig": {"max_output_tokens": 8, "stop_sequences": ["7"]}}


def demanded(body: dict[str, Any]) -> tuple[Any, ...]:
    """Return the demands that are read: cap, stop sequences, number of candidates, choice of tools, schema."""
    found = asked.read("models/tiny", body, streamed=False)
    return found.cap, found.stop, found.number, found.choice, found.schema


def test_what_is_demanded_is_read_in_the_documented_spelling() -> None:
    """A demand under a name with underscores is for the claims about spelling alone."""
    assert demanded(DEMANDS) == (8, ("7",), 2, "required", {"type": "object"})
    assert demanded(SNAKE) == demanded(INNER) == demanded({}) == (None, (), 1, "", None)


def test_what_is_declared_is_read_in_both_spellings() -> None:
    """A call of a function that is declared under a name with underscores is not a call of an unknown one."""
    declared = {"tools": [{"function_declarations": [{"name": "get_time"}]}]}
    assert set(asked.read("tiny", declared, streamed=False).tools) == {"get_time"}


# ------------------------------------------------------------------ replies


def test_a_stream_is_joined_as_clients_join_it() -> None:
    """Parts add up in order, thoughts apart from the text; the last usage counts."""
    reply = streamed(CHUNKS)
    assert (reply.ok, reply.text, reply.pieces, reply.end) == (True, "Hi there", ["Hi", " there"], End.STOP)
    assert (reply.thoughts, reply.ids, reply.echoed_model, reply.finished) == ("hm", ["r1"], "m-001", True)
    assert reply.counts == Counts(9, 7, 16, 4, None)


def test_candidates_of_a_stream_are_joined_by_their_index() -> None:
    """However their pieces are mixed; one without an index is the first."""
    second = [candidate({"text": "B"}, index=1), candidate({"text": "b"}, index=1, finishReason="MAX_TOKENS")]
    reply = streamed([response(second[0], candidate({"text": "A"})), response(second[1], ENDED)])
    assert [(each.text, each.end, each.cut) for each in reply.alternatives] == [
        ("A there", End.STOP, False),
        ("Bb", End.LENGTH, True),
    ]


@over(
    "part, end, made",
    [
        (HI, End.STOP, []),
        (CALL, End.CALLS, [Call("weigh", '{"stone": 1}', "c1")]),
        ({"functionCall": {"name": "f"}}, End.CALLS, [Call("f", "{}", "")]),
        ({"functionCall": {"name": "f", "args": "{}"}}, End.CALLS, [Call("f", '"{}"', "")]),
        ({"functionCall": "f"}, End.STOP, []),
    ],
)
def test_a_call_ends_an_answer_like_a_text(part: Any, end: End, made: list[Call]) -> None:
    """It has no finishReason of its own; arguments that are absent are none."""
    reply = plain(response(candidate(part, finishReason="STOP"), usageMetadata=USED))
    assert (reply.ok, reply.end, reply.made) == (True, end, made)


@over(
    "reason, end, cut",
    [
        ("STOP", End.STOP, False),
        ("MAX_TOKENS", End.LENGTH, True),
        ("SAFETY", End.FILTER, True),
        ("IMAGE_SAFETY", End.FILTER, True),
        ("OTHER", End.OTHER, False),
        ("stop", End.OTHER, False),
        (["STOP"], End.OTHER, False),
        (None, None, False),
    ],
)
def test_a_finish_reason_is_read_as_one_word(reason: Any, end: End | None, cut: bool) -> None:
    """One that is not documented is another reason, not none."""
    reply = plain(response(candidate(HI, finishReason=reason)))
    assert (reply.end, reply.cut) == (end, cut)


@over(
    "usage, counts",
    [
        (USED, Counts(9, 7, 16, 4, None)),
        ({"promptTokenCount": 9, "totalTokenCount": 9}, Counts(9, 0, 9, None, None)),
        ({**USED, "toolUsePromptTokenCount": 5, "cachedContentTokenCount": 2}, Counts(14, 7, 16, 4, 2)),
        ({"promptTokenCount": "9"}, Counts()),
        ({"totalTokenCount": 4}, Counts(None, None, 4)),
        ([], Counts()),
    ],
)
def test_the_counts_are_read_in_the_words_of_all_surfaces(usage: Any, counts: Counts) -> None:
    """A count of 0 may be left out, thoughts count as answer, and tokens of tools as prompt."""
    assert plain(response(ENDED, usageMetadata=usage)).counts == counts


@over(
    "body, problem",
    [
        ({"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT"}}, "an error in the answer: "),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "the prompt was blocked: SAFETY"),
        ({"choices": []}, "no candidates"),
        ({"candidates": "text"}, "no candidates"),
        ([], "no candidates"),
    ],
)
def test_what_is_no_content_is_no_answer(body: Any, problem: str) -> None:
    """A body of another kind says why it is none."""
    assert (plain(body).problem or "").startswith(problem)


@over(
    "chunks, reason",
    [
        (CHUNKS[:-1], "the stream breaks off without a finishReason"),
        ([CHUNKS[1], {"error": {"code": 500, "message": "x"}}], "an error in the answer"),
        ([{"choices": []}], "no candidates"),
    ],
)
def test_a_stream_that_is_no_content_says_why(chunks: list[Any], reason: str) -> None:
    """One that breaks off, ends with an error or is of another API is no answer."""
    assert (streamed(chunks).problem or "").startswith(reason)


def test_an_array_of_responses_is_read_as_one_answer() -> None:
    """A stream that was not asked for as events comes so, and is neither plain nor streamed."""
    reply = plain(CHUNKS, STREAM.partition("?")[0])
    assert (reply.ok, reply.text, reply.streamed, reply.asked.streamed) == (True, "Hi there", False, None)
    assert reply.counts.answer == 7


def test_a_count_of_tokens_is_no_content() -> None:
    """So that no statement about content is held against it."""
    request = case("gemini.count.answer").count({"contents": []})
    assert request.path.endswith(":countTokens")
    reply = GeminiReply(exchange(200, {"totalTokens": 3}, sent=request))
    assert (reply.operator, reply.problem, reply.candidates, reply.asked.model) == ("countTokens", None, [], "")


def test_the_end_of_a_stream_is_known_only_with_its_blank_line() -> None:
    """A client waits for it."""
    body = written(CHUNKS).encode()
    assert SURFACE.ends(body)
    assert SURFACE.ends(body.replace(b"\n", b"\r\n"))
    assert not SURFACE.ends(body.rstrip())
    assert not SURFACE.ends(written(CHUNKS[:-1]).encode())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["candidates", "content", "parts", "text", "functionCall", "usageMetadata", "index", "error"]
                ),
                inner,
            )
        ),
    )
)
def test_no_body_makes_the_reader_fail(body: Any) -> None:
    """Whatever comes is read as absent, plain, in an array or in events."""
    chunks = [CHUNKS[0], body if isinstance(body, dict) else {}, CHUNKS[-1]]
    for reply in (plain(body), plain([body, *CHUNKS], STREAM.partition("?")[0]), streamed(chunks)):
        assert isinstance(reply.text, str)
        assert isinstance(reply.made, list)
        assert reply.counts
        assert reply.problem is None or reply.refusal()
    assert SURFACE.estimate(posted(contents=json.loads(json.dumps(body)))).requests == 1
