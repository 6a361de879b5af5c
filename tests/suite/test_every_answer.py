"""What the suite says of every answer: one in which nothing is wrong, and the same with one thing wrong, plain and streamed."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Observation
from conformance.contract.claims import Says
from conformance.http.exchange import Exchange
from tests.support.calls import call, calling
from tests.support.collecting import over
from tests.support.making import MODELS, as_stream, case, choice, completion, exchange, hear, refusal, request
from tests.support.making import see as see_claim

MESSAGE = {"role": "assistant", "content": "ready", "refusal": None}
SOUND = choice(message=MESSAGE, logprobs=None)
ASKED = 1_700_000_000  # when the exchanges of `making` started, however long that is ago
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
HEAD = {"id": "chatcmpl-1", "object": "chat.completion", "created": ASKED, "model": MODELS["openai"]}
PROMPT = [{"role": "user", "content": "Say that you are ready."}]
PLAIN_ONLY = {"schema", "required_keys", "object", "id", "created", "model", "choices", "role", "finish_reason"}


def sound(**more: Any) -> dict[str, Any]:
    """Return an answer without faults."""
    return completion(SOUND, **{**HEAD, "usage": USAGE, **more})


def see(name: str, **change: Any) -> Observation:
    """Return what the suite says of an endpoint whose every answer has this change, plain and streamed."""

    def speak(body: dict[str, Any], *_: int) -> Any:
        whole = {**sound(), **change}
        return as_stream(whole, usage=bool(whole["usage"])) if body.get("stream") else whole

    return see_claim(f"chat.reply.{name}", speak)


def asked(body: dict[str, Any], *, streamed: bool = False, **sent: Any) -> Exchange:
    """Return an answer to a request with these parameters, as it is or as a stream with its usage."""
    told = {"model": MODELS["openai"], "messages": PROMPT, **sent}
    if not streamed:
        return exchange(body=body, sent=request(**told))
    return exchange(sent=request(**told, stream=True), **as_stream(body, usage="usage" in body))


def heard(name: str, body: dict[str, Any], **sent: Any) -> str:
    """Return the word for one answer that any claim asked for; plain and streamed have to come to the same."""
    claim = name if name.startswith("chat.") else f"chat.reply.{name}"
    plain, streamed = (hear(claim, asked(body, streamed=way, **sent)).seen.value for way in (False, True))
    assert plain == streamed, name
    return plain


# ---------------------------------------------------------------- fields

NAMES = [
    *("schema", "required_keys", "object", "id", "created", "model", "model_echo", "choices", "role", "content"),
    *("finish_reason", "cap", "calls_end", "usage", "usage_details", "usage_bounds"),
]


@over("name", NAMES)
def test_a_sound_answer_is_honoured(name: str) -> None:
    """An answer without faults is honoured for every claim, and the detail counts what was looked at."""
    found = see(name)
    assert found.seen == "honoured"
    assert found.detail.endswith(("1 of 1 answers", "2 of 2 answers"))


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("schema", {"created": 1.5}),
    ("required_keys", {"choices": [choice("ready", logprobs=None)]}),
    ("required_keys", {"choices": [choice(message=MESSAGE)]}),
    ("object", {"object": "chat.completion.chunk"}),
    ("id", {"id": ""}),
    ("id", {"id": 7}),
    ("created", {"created": ASKED * 1000}),
    ("created", {"created": str(ASKED)}),
    ("created", {"created": True}),
    ("model", {"model": None}),
    ("model_echo", {"model": "another-model"}),
    ("choices", {"choices": [choice("a"), choice("b", 1)]}),
    ("choices", {"choices": [choice("a", 1)]}),
    ("role", {"choices": [choice(message={"content": "ready"})]}),
    ("content", {"choices": [choice(message={"role": "assistant", "content": [{"type": "text", "text": "a"}]})]}),
    ("content", {"choices": [choice(None)]}),
    ("finish_reason", {"choices": [choice("a", finish="end_turn")]}),
    ("finish_reason", {"choices": [choice("a", finish=None)]}),
    ("finish_reason", {"choices": [choice("a", finish=["stop"])]}),
    ("calls_end", {"choices": [choice("a", finish="tool_calls")]}),
    ("cap", {"usage": {**USAGE, "completion_tokens": 17, "total_tokens": 26}}),
    ("usage", {"usage": {**USAGE, "total_tokens": 12}}),
    ("usage", {"usage": {**USAGE, "prompt_tokens": None}}),
    ("usage", {"usage": {**USAGE, "prompt_tokens": -9, "total_tokens": -7}}),
    ("usage", {"usage": None}),
    ("usage", {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}),
    ("usage", {"usage": {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2}}),
    ("usage", {"usage": {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}}),
    ("usage_details", {"usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 10}}}),
    ("usage_details", {"usage": {**USAGE, "completion_tokens_details": {"reasoning_tokens": 3}}}),
    ("usage_details", {"usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": -1}}}),
    ("usage_bounds", {"usage": {**USAGE, "prompt_tokens": 99_999}}),
]


@pytest.mark.parametrize(("name", "change"), WRONG)
def test_an_answer_with_one_thing_wrong_is_mishandled(name: str, change: dict[str, Any]) -> None:
    """The claim about each field finds the fault."""
    assert see(name, **change).seen == "mishandled"


@over("name", NAMES)
def test_an_answer_that_was_refused_shows_nothing(name: str) -> None:
    """Refusals have claims of their own; where the contract says nothing, the refusal is what there is to note."""
    unstated = case(f"chat.reply.{name}").case.rule.says is Says.UNSTATED
    assert see_claim(f"chat.reply.{name}", refusal()).seen == ("refused" if unstated else "unanswered")


@over("name", sorted(PLAIN_ONLY))
def test_what_streams_have_claims_of_their_own_about_is_not_judged_twice(name: str) -> None:
    """A chunk has other fields than an answer."""
    assert hear(f"chat.reply.{name}", asked(sound(), streamed=True)).seen == "unanswered"


def test_the_second_choice_is_looked_at_as_well() -> None:
    """A fault there is told with the number of its choice."""
    second = {"usage": USAGE, "choices": [choice("a"), choice(None, 1)]}
    found = hear("chat.reply.content", asked({**sound(), **second}, n=2))
    assert (found.seen, "in choice 1" in found.detail) == ("mishandled", True)
    odd = {**sound(), "choices": [choice("a"), choice("b", 1, finish="end_turn")]}
    assert hear("chat.reply.finish_reason", asked(odd, n=2)).seen == "mishandled"
    roles = {**sound(), "choices": [choice("a"), choice(message={"content": "b", "role": "user"}, index=1)]}
    assert hear("chat.reply.role", asked(roles, n=2)).seen == "mishandled"
    assert hear("chat.reply.choices", asked(odd, n=2)).seen == "unanswered"  # which chat.n judges


# ---------------------------------------------------------------- content and ends


def test_an_answer_that_was_cut_says_nothing_about_its_content() -> None:
    """A reasoning model that uses up its tokens may have no text; nor has one that calls a tool."""
    assert see("content", choices=[choice(None, finish="length")]).seen == "unanswered"
    assert see("content", choices=[choice(None, finish="content_filter")]).seen == "unanswered"
    assert heard("content", calling(call())) == "unanswered"


STOPS = [
    ("1 2", "3", "honoured"),
    ("1 2 3", "3", "mishandled"),
    ("1 2 3", ["9", "3"], "mishandled"),
    ("1 2", ["9", "3"], "honoured"),
    ("1 2 3", ["9", ""], "honoured"),
    ("1 2 3", None, "unanswered"),
    ("1 2 3", [], "unanswered"),
    ("1 2 3", "", "unanswered"),
    ("1 2 3", 3, "unanswered"),
    ("1 2 3", [3], "unanswered"),
]


@over("text, stop, seen", STOPS)
def test_no_stop_sequence_is_in_the_text(text: str, stop: Any, seen: str) -> None:
    """Whichever of them it is, plain and streamed."""
    assert heard("stopped_text", completion(choice(text)), stop=stop) == seen


def test_a_stop_sequence_in_the_second_choice_is_found() -> None:
    """The detail names the sequence and the choice."""
    given = completion(choice("1 2"), choice("1 2 3", 1))
    assert heard("stopped_text", given, stop="3", n=2) == "mishandled"
    detail = hear("chat.reply.stopped_text", asked(given, stop="3", n=2)).detail
    assert detail.startswith("the text holds the stop sequence '3' in choice 1")


def test_the_claim_about_stop_sequences_asks_for_an_answer_that_one_ends() -> None:
    """A count to 40 that stops at 12, plain and streamed."""

    def speak(stops: bool) -> Callable[..., Any]:
        def answer(body: dict[str, Any], *_: int) -> Any:
            whole = completion(choice("9 10 11" if stops else "9 10 11 12 13"))
            return as_stream(whole) if body.get("stream") else whole

        return answer

    found = see_claim("chat.reply.stopped_text", speak(True))
    assert (found.seen, found.detail) == ("honoured", "no stop sequence is in the text: 2 of 2 answers")
    assert see_claim("chat.reply.stopped_text", speak(False)).seen == "mishandled"


CAPS = [
    ({"max_tokens": 5}, 5, "honoured"),
    ({"max_tokens": 5}, 6, "mishandled"),
    ({"max_completion_tokens": 5}, 6, "mishandled"),
    ({"max_tokens": 9, "max_completion_tokens": 5}, 6, "mishandled"),
    ({"max_tokens": 5, "n": 2}, 10, "honoured"),
    ({"max_tokens": 5, "n": 2}, 11, "mishandled"),
    ({"max_tokens": 5}, None, "unanswered"),
    ({}, 99_999, "unanswered"),
    ({"max_tokens": "5"}, 99, "unanswered"),
    ({"max_tokens": True}, 99, "unanswered"),
]


@over("sent, used, seen", CAPS)
def test_no_answer_is_billed_for_more_than_its_cap(sent: dict[str, Any], used: int | None, seen: str) -> None:
    """The smaller of two caps counts, for each of n choices."""
    assert heard("cap", completion(choice("a"), tokens=used), **sent) == seen


ENDS = [
    (completion(choice("a")), "honoured"),
    (calling(call()), "honoured"),
    (completion(choice("a", finish="tool_calls")), "mishandled"),
    (completion(choice("a"), choice("b", 1, finish="tool_calls")), "mishandled"),
    (completion(choice("a"), {**calling(call())["choices"][0], "index": 1}), "honoured"),
]


@over("given, seen", ENDS)
def test_an_answer_that_says_tool_calls_calls_a_tool(given: dict[str, Any], seen: str) -> None:
    """Every choice of it."""
    assert heard("calls_end", given, n=len(given["choices"])) == seen


# ---------------------------------------------------------------- counts


def counted(prompt: Any, answer: Any, *choices: dict[str, Any], **details: Any) -> dict[str, Any]:
    """Return an answer with these counts."""
    return completion(*choices, usage={"prompt_tokens": prompt, "completion_tokens": answer, **details})


LONG = "word " * 400
THOUGHT = {"completion_tokens_details": {"reasoning_tokens": 500}}
BOUNDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (counted(9, 2, choice("ready")), {}, "honoured"),
    (counted(None, 2, choice("ready")), {}, "unanswered"),
    (counted(9, None, choice("ready")), {}, "unanswered"),
    (counted(99_999, 2, choice("ready")), {}, "mishandled"),
    (counted(4_000, 2, choice("ready")), {}, "honoured"),  # a system prompt of the provider's own
    (counted(99_999, 2, choice("ready")), {"tools": [{"type": "function"}]}, "honoured"),
    (counted(99_999, 2, choice("ready")), {"messages": [{"content": [{"type": "image_url"}]}]}, "honoured"),
    (counted(99, 2, choice("ready")), {"messages": [{"role": "user", "content": LONG}]}, "mishandled"),
    (counted(99, 2, choice("ready")), {"messages": [{"content": [{"type": "text", "text": LONG}]}]}, "mishandled"),
    (counted(100, 2, choice("ready")), {"messages": [{"role": "user", "content": LONG}]}, "honoured"),
    (counted(9, 99, choice(LONG)), {}, "mishandled"),
    (counted(9, 100, choice(LONG)), {}, "honoured"),
    (counted(9, 500, choice("ready")), {}, "mishandled"),
    (counted(9, 502, choice("ready"), **THOUGHT), {}, "honoured"),
    (counted(9, 600, choice("ready"), **THOUGHT), {}, "mishandled"),
    (counted(9, 60, choice("ready")), {}, "honoured"),  # what a template adds
    (counted(9, 100, *calling(call())["choices"]), {}, "honoured"),
    (counted(9, 400, *calling(call())["choices"]), {}, "mishandled"),
    (counted(9, 400, *calling(call())["choices"]), {"max_tokens": 400}, "honoured"),  # cut arguments may not be shown
]


@over("given, sent, seen", BOUNDS)
def test_counts_fit_the_texts(given: dict[str, Any], sent: dict[str, Any], seen: str) -> None:
    """No more tokens than the bytes can be, no fewer than the words need; what the provider may add is allowed for."""
    assert heard("usage_bounds", given, **sent) == seen


def test_a_model_that_reasons_may_count_what_no_field_shows() -> None:
    """Only the class of models says that; its words still need tokens."""
    reasoning = case("chat.reply.usage_bounds", model="reasoning")
    hidden, few = counted(9, 500, choice("ready")), counted(9, 1, choice(LONG))
    assert hear("chat.reply.usage_bounds", asked(hidden), bound=reasoning).seen == "honoured"
    assert hear("chat.reply.usage_bounds", asked(few), bound=reasoning).seen == "mishandled"


def test_a_stream_without_usage_shows_nothing_about_it() -> None:
    """Usage was not asked for there; an answer that is no stream has it."""
    bare = completion(choice("ready"))
    assert hear("chat.reply.usage", asked(bare, streamed=True)).seen == "unanswered"
    assert hear("chat.reply.usage", asked(bare)).seen == "mishandled"
    assert heard("usage", counted(9, 2, choice("ready"), total_tokens=12)) == "mishandled"
    assert heard("usage_details", counted(9, 2, choice("ready"), **THOUGHT)) == "mishandled"


# ---------------------------------------------------------------- calls

WEATHER = {"type": "function", "function": {"name": "get_weather"}}
DECLARED = [
    (calling(call()), [WEATHER], "honoured"),
    (calling(call("get_time")), [WEATHER], "mishandled"),
    (calling(call(), call("get_time", "call_2")), [WEATHER], "mishandled"),
    (calling(call("get_weatherget_weather")), [WEATHER], "mishandled"),
    (calling(call("")), [WEATHER], "mishandled"),
    (completion(choice("a")), [WEATHER], "unanswered"),
    (calling(call()), None, "unanswered"),  # chat.tools.not_declared judges that
    (calling(call()), "get_weather", "unanswered"),
]


@over("given, tools, seen", DECLARED)
def test_every_call_is_of_a_declared_tool(given: dict[str, Any], tools: Any, seen: str) -> None:
    """The second call as well as the first."""
    assert heard("calls_declared", given, tools=tools) == seen


def test_a_call_without_a_function_is_of_no_declared_tool() -> None:
    """Nor one in the second choice."""
    bare = {"id": "call_1", "type": "function", "function": "get_weather"}
    assert hear("chat.reply.calls_declared", asked(calling(bare), tools=[WEATHER])).seen == "mishandled"
    second = {**calling(call("get_time"))["choices"][0], "index": 1}
    given = completion(calling(call())["choices"][0], second)
    assert heard("calls_declared", given, tools=[WEATHER], n=2) == "mishandled"


def test_the_claim_about_declared_tools_asks_for_a_call() -> None:
    """Plain and streamed."""

    def speak(name: str) -> Callable[..., Any]:
        return lambda body, *_: as_stream(calling(call(name))) if body.get("stream") else calling(call(name))

    found = see_claim("chat.reply.calls_declared", speak("get_weather"))
    assert (found.seen, found.detail) == ("honoured", "every call names a declared tool: 2 of 2 answers")
    assert "got 'get_tide'" in see_claim("chat.reply.calls_declared", speak("get_tide")).detail
