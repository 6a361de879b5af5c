"""What the suite observes of the text of messages, results, arguments and streams: whole, filtered, or not repeated."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.suite.notes import NOTE, REPETITIVE, REQUEST, copy_of, is_reduced
from tests.support.collecting import over
from tests.support.making import as_mode, as_stream, case, choice, completion, observe, refusal, see
from tests.support.making import suite_functions as functions

Change = Callable[[str], str]
PLACES = [("chat.messages.text", None), *(("chat.messages.text_everywhere", name) for name in ("system", "result"))]


def keep(text: str) -> str:
    """Return the text."""
    return text


def without(pattern: str, left: str = "") -> Change:
    """Return a filter that replaces what matches."""
    return lambda text: re.sub(pattern, left, text)


def said_in(body: dict[str, Any]) -> str:
    """Return all texts of the messages, and the arguments of their calls."""
    texts = [each.get("content") or "" for each in body["messages"]]
    calls = [call for each in body["messages"] for call in each.get("tool_calls") or ()]
    return "\n".join([*texts, *(str(json.loads(call["function"]["arguments"])) for call in calls)])


def repeating(
    received: Change = keep,
    said: Change = keep,
    *,
    sent: Change = keep,
    streamed: Change = keep,
    counts: bool = True,
    finish: str = "stop",
) -> Any:
    """Return an endpoint whose model repeats the note that it receives: filtered on its way, by the model, on its way back."""

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        seen = received(said_in(body))
        note = re.search(r"note: (alpha.*)", seen, re.DOTALL)
        text = said(note[1].partition("\n")[0]) if note else "1 2 3 4 5"
        count = {"prompt_tokens": len(seen.encode()) // 2, "completion_tokens": len(text.encode()) // 2}
        text = streamed(text) if body.get("stream") else sent(text)
        whole = completion(choice(text, finish=finish), **({"usage": count} if counts else {}))
        return as_stream(whole) if body.get("stream") else whole

    return answer


TAGS, FOUR_BYTES = without(r"<thinking>.*?</thinking>"), without(r"[^\u0000-\uffff]")
FILTERS = [
    (TAGS, keep, "ignored"),
    (FOUR_BYTES, keep, "ignored"),
    (without(r" +", " "), keep, "ignored"),
    (without(r"&\w+;"), keep, "ignored"),
    (without(r"[^\x00-\x7f]", "?"), keep, "ignored"),
    (keep, TAGS, "unanswered"),
    (keep, FOUR_BYTES, "unanswered"),
    (keep, lambda text: f"Here it is: {text} Anything else?", "honoured"),
    (keep, lambda text: "I cannot do that.", "unanswered"),
    (keep, lambda text: f"Here it is: {TAGS(text)} Anything else?", "unanswered"),
    (without(r"< "), keep, "unanswered"),
]


@pytest.mark.parametrize(("claim_id", "value"), PLACES)
@pytest.mark.parametrize(("received", "said", "seen"), FILTERS)
def test_only_what_costs_no_tokens_was_lost(
    claim_id: str, value: str | None, received: Change, said: Change, seen: str
) -> None:
    """A part that the model leaves out is in the prompt; one that the prompt does not have was removed on the way."""
    found = see(claim_id, repeating(received, said), value)
    assert (found.seen, found.enforced) == (seen, seen == "ignored")


def test_without_counts_and_in_a_cut_answer_nothing_is_seen() -> None:
    """Neither shows whether the model received the note."""
    assert see("chat.messages.text", repeating(TAGS, counts=False)).seen is Seen.UNANSWERED
    assert see("chat.messages.text", repeating(TAGS, finish="length")).seen is Seen.UNANSWERED
    assert see("chat.messages.text", refusal()).seen is Seen.REFUSED


@pytest.mark.parametrize(
    ("received", "said", "sent", "seen"),
    [
        (keep, keep, keep, "honoured"),
        (keep, keep, TAGS, "mishandled"),
        (keep, TAGS, keep, "unanswered"),
        (TAGS, keep, keep, "unanswered"),
        (keep, lambda text: "I cannot do that.", keep, "unanswered"),
    ],
)
def test_what_is_billed_and_missing_was_removed_from_the_answer(
    received: Change, said: Change, sent: Change, seen: str
) -> None:
    """What the model did not read or write is not billed."""
    found = see("chat.reply.any_text", repeating(received, said, sent=sent))
    assert (found.seen, found.enforced) == (seen, seen == "mishandled")


@pytest.mark.parametrize("value", ["any script", "repetitions"])
def test_a_stream_holds_what_the_plain_answer_repeats(value: str) -> None:
    """A damaged copy is the stream's fault; another answer, or one that is damaged without streaming too, is not."""
    test = functions()["chat.stream.text"]
    bound = as_mode(case("chat.stream.text", value), test)
    damaged = without(r"[^\u0000-\uffff]|no no ")
    assert observe(test, bound, repeating()).seen is Seen.HONOURED
    assert observe(test, bound, repeating(streamed=damaged)).seen is Seen.MISHANDLED
    assert observe(test, bound, repeating(streamed=lambda _: "Why do you ask?")).seen is Seen.UNANSWERED
    assert observe(test, bound, repeating(said=damaged)).seen is Seen.UNANSWERED


@over("text, copy", [("Sure: alpha x omega.", "alpha x omega"), ("alpha x", "alpha x"), ("no idea", "no idea")])
def test_a_copy_is_found_in_an_answer(text: str, copy: str) -> None:
    """What a model writes before and after it does not count."""
    assert copy_of(text) == copy


@over(
    "copy, reduced",
    [(NOTE, False), (NOTE[6:], True), (f"{NOTE}!", False), (NOTE.replace("hidden", "secret"), False), ("", True)],
)
def test_a_reduced_copy_has_nothing_of_its_own(copy: str, reduced: bool) -> None:
    """Only characters are missing, and more than a token may hold."""
    assert is_reduced(copy, NOTE) == reduced


def test_no_part_of_the_notes_is_an_instruction_or_has_another_form() -> None:
    """They are one line, begin and end with the words by which a copy is found, and the request has none of these."""
    for note in (NOTE, REPETITIVE):
        assert note.splitlines() == [note]
        assert copy_of(note) == note
        assert copy_of(REQUEST) == REQUEST


def counting(change: Change = keep, counted: bool = True) -> Any:
    """Return an endpoint that counts the characters of what it has left of a prompt."""

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        count = {"usage": {"prompt_tokens": len(change(said_in(body))) if counted else 9}}
        return completion(choice("ready"), **count)

    return answer


@pytest.mark.parametrize(
    ("claim_id", "value", "change"),
    [
        ("chat.messages.tags", "</think>", without("</think>")),
        ("chat.messages.text_form", "accents", lambda text: re.sub("[\u0300-\u036f]", "", text)),
        ("chat.messages.text_form", "white space", str.strip),
    ],
)
def test_what_adds_no_tokens_did_not_reach_the_model(claim_id: str, value: str, change: Change) -> None:
    """Whatever the model answers; where tokens are not counted, nothing is seen."""
    assert see(claim_id, counting(), value).seen is Seen.HONOURED
    assert see(claim_id, counting(change), value).seen is Seen.IGNORED
    assert see(claim_id, counting(counted=False), value).seen is Seen.UNANSWERED
    assert see(claim_id, refusal(), value).seen is Seen.REFUSED


def memo(arguments: Any, text: str = NOTE) -> Any:
    """Return an endpoint that calls with these arguments if it must, else answers with a text."""
    function = {"name": "save_memo", "arguments": arguments}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    called = completion(
        choice(message={"role": "assistant", "content": None, "tool_calls": calls}, finish="tool_calls")
    )
    return lambda body, *_: called if body.get("tool_choice") == "required" else completion(choice(text))


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (memo(json.dumps({"note": NOTE})), "honoured"),
        (memo(json.dumps({"note": f" {NOTE}\n"}, ensure_ascii=False)), "honoured"),
        (memo(json.dumps({"note": TAGS(NOTE)})), "mishandled"),
        (memo(json.dumps({"note": TAGS(NOTE)}), TAGS(NOTE)), "unanswered"),
        (memo(json.dumps({"note": "something else"})), "unanswered"),
        (memo("{"), "unanswered"),
        (memo({"note": NOTE}), "unanswered"),
        (completion(choice("I will.")), "unanswered"),
        (refusal(), "refused"),
    ],
)
def test_arguments_carry_the_text_that_an_answer_repeats(answer: Any, seen: str) -> None:
    """They are at fault only if the model repeats the same note in an answer."""
    assert see("chat.tools.text_in_arguments", answer).seen == seen


@pytest.mark.parametrize(("value", "character"), [("lone surrogate", "\ud83d"), ("null character", "\0")])
def test_broken_text_is_sent_as_valid_json(value: str, character: str) -> None:
    """It may be answered or refused; a fault of the server, or an error in place of a stream, is neither."""
    claim_id = "chat.error.broken_text"
    test, bodies = functions()[claim_id], []
    assert see(claim_id, completion(choice()), value).seen is Seen.HONOURED
    assert see(claim_id, refusal(), value).seen is Seen.HONOURED
    assert see(claim_id, refusal(500, "server_error"), value).suspect
    streamed = as_mode(case(claim_id, value), test)
    error = {
        "text": 'data: {"error": "TypeError"}\n\ndata: [DONE]\n\n',
        "headers": {"content-type": "text/event-stream"},
    }

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        bodies.append(body)
        return error

    assert observe(test, streamed, answer).seen is Seen.MISHANDLED
    assert character in bodies[0]["messages"][0]["content"]
