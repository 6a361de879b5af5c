"""Instructions that the mock can follow in a prompt: repeat a text, count, answer in JSON.

Each instruction is a function that returns the answer to a prompt, or None if the prompt does not contain it; the first
that returns a text wins.  Such answers are the same at any temperature.  The patterns cover the prompts of the suite and of
the tests, not English in general.
"""

import json
import re
from collections.abc import Callable

# Numbers counted or words repeated in one answer.  Enough for any cap or stop sequence that a test reaches, and few enough that
# "count to a billion" costs about a millisecond.
MAX_REPETITIONS = 5000

# In the patterns, {0,30} and the like bound how far apart two words of an instruction may be, and [^:\n] keeps both in the
# same clause; without bounds a long prompt is matched across unrelated sentences, in quadratic time.

# "reply with exactly: TEXT", "repeat this: TEXT", "write the following text: TEXT": everything after the colon.
ECHO = re.compile(
    r"\b(?:(?:reply|respond|answer)\b[^:\n]{0,60}\bwith\b|repeat\b|say\b|echo\b|(?:write|output|print|return)\b"
    r"[^:\n]{0,30}\b(?:exactly|following|only|just|word|text)\b)[^:\n]{0,60}:\s*(?P<text>\S.*)",
    re.IGNORECASE,
)
# "reply with the word WORD", in quotes or not.
WORD = re.compile(
    r"\b(?:reply|respond|answer|say|repeat|write|output)\b[^:.\n]{0,40}\bword\s+(?P<mark>[\"'`])?(?P<word>[^\s\"'`]+)",
    re.IGNORECASE,
)
# `reply with "TEXT"`, in double quotes or backticks; a single quote could be an apostrophe.
QUOTED = re.compile(
    r"\b(?:reply|respond|answer|say|repeat|write|output)\b[^:.\n]{0,40}[\"`](?P<text>[^\"`]+)[\"`]", re.I
)
# `First write "TEXT" and then ... call`: a sentence before a call.
BEFORE_A_CALL = re.compile(r"\bfirst write \"(?P<text>[^\"]+)\" and then\b[^.?!]*\bcall\b", re.IGNORECASE)
# "WORD 3 times".  The lookbehind lets a match begin only where a word begins, so that one long word is tried once and not from
# each of its letters, which takes quadratic time.  18 digits, here and below, are what fits into 64 bits.
TIMES = re.compile(
    r"(?<![^\s\"'`])(?P<word>[^\s\"'`]+)[\"'`]?,?\s+(?:exactly\s+)?(?P<times>\d{1,18})\s+times", re.IGNORECASE
)
# "count from 1 to 30", "write the numbers from 30 down to 1", within one sentence.
RANGE = re.compile(
    r"\b(?:count|list|write|print|say|output|recite|type)\b[^.?!\n]*"
    r"\bfrom\s+(?P<first>\d{1,18})\s+(?:up\s+|down\s+)?(?:to|through|until)\s+(?P<last>\d{1,18})(?!\d)",
    re.IGNORECASE,
)
# "count to 5".
UPTO = re.compile(r"\bcount\s+(?:up\s+)?to\s+(?P<last>\d{1,18})(?!\d)", re.IGNORECASE)
# "answer ... json" in any part of the prompt, or "as json", "in json".
JSON_REQUEST = re.compile(
    r"\b(?:answer|reply|respond|return|output|give|produce)\b.*\bjson\b|\b(?:as|in)\s+json\b", re.I | re.S
)
# "note: TEXT": the rest of the text is a note, to be kept as it is.
NOTE = re.compile(r"\bnote: (?P<text>\S.*)", re.I | re.S)
# "the keys NAMES": the rest of the sentence.
KEYS = re.compile(r"\b(?:keys?|fields?|properties|property)\b(?P<names>[^.\n]*)", re.IGNORECASE)


def follow(prompt: str) -> str | None:
    """Return the text that the prompt asks for, or None if it leaves the answer open."""
    for instruction in INSTRUCTIONS:
        text = instruction(prompt)
        if text is not None:
            return text
    return None


def count(prompt: str) -> str | None:
    """Follow "count from A to B" or "count to B", with the separator that the prompt names."""
    request = RANGE.search(prompt) or UPTO.search(prompt)
    if not request:
        return None
    first, last = int(request.groupdict().get("first") or 1), int(request["last"])
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:MAX_REPETITIONS]
    return separator(prompt).join(map(str, numbers))


def separator(prompt: str) -> str:
    """Return the separator of numbers: a space, unless the prompt asks for commas or lines."""
    text = prompt.lower()
    if "comma" in text:
        return "," if re.search(r"\b(?:no|without)\s+(?:any\s+)?spaces?\b", text) else ", "
    if re.search(r"\b(?:own line|per line|newlines?|new lines?|separate lines?)\b", text):
        return "\n"
    return " "


def repeat(prompt: str) -> str | None:
    """Follow "repeat WORD N times"."""
    if "times" not in prompt.lower():
        return None  # before a search that tries every word of a long prompt
    request = TIMES.search(prompt)
    if not request or not re.search(r"\b(?:repeat|write|say|print|output)\b", prompt, re.IGNORECASE):
        return None
    return " ".join([request["word"]] * min(int(request["times"]), MAX_REPETITIONS))


def echo(prompt: str) -> str | None:
    """Follow "reply with exactly ...": the text after the colon, in quotation marks, or after "the word"."""
    request = ECHO.search(prompt)
    if request:
        text = request["text"].strip()
        if re.search(r"\bword\b", request[0][: request.start("text") - request.start()], re.IGNORECASE):
            text = text.split()[0].rstrip(".,;!")
        return unquoted(text)
    quoted = QUOTED.search(prompt)
    if quoted:
        return quoted["text"]
    word = WORD.search(prompt)
    # Without quotes, "the word for water" or "a word that rhymes" do not name the word to reply with.
    if word and (word["mark"] or word["word"].lower().rstrip(".") not in {"for", "that", "of", "which", "and", "only"}):
        return word["word"].rstrip(".,;!")
    return None


def before_call(prompt: str) -> str:
    """Return the text that a prompt asks for before a call; empty if it asks for none."""
    request = BEFORE_A_CALL.search(prompt)
    return request["text"] if request else ""


def unquoted(text: str) -> str:
    """Return a text without a pair of quotation marks that encloses all of it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text


def noted(text: str) -> str | None:
    """Return the note in a text, or None if there is none."""
    note = NOTE.search(text)
    return note["text"].strip() if note else None


def json_answer(prompt: str) -> str | None:
    """Follow "answer in JSON", in a Markdown code block, as models do without response_format."""
    return f"```json\n{json_object(prompt)}\n```" if JSON_REQUEST.search(prompt) else None


def json_object(prompt: str) -> str:
    """Return a small JSON object with the keys that the prompt names."""
    return json.dumps(
        {key: proper_noun(prompt) for key in named_keys(prompt)}, ensure_ascii=False, separators=(",", ":")
    )


def named_keys(prompt: str) -> list[str]:
    """Return the keys that a prompt names: those in quotation marks, else up to four words after "keys", else "answer"."""
    request = KEYS.search(prompt)
    if not request:
        return ["answer"]
    quoted = re.findall(r"[\"'`]([A-Za-z_]\w*)[\"'`]", prompt)
    bare = [name for name in re.findall(r"[A-Za-z_]\w*", request["names"]) if name not in {"and", "named", "called"}]
    return list(dict.fromkeys(quoted or bare[:4])) or ["answer"]


def proper_noun(prompt: str) -> str:
    """Return the first proper noun of a prompt, or "sample": capitalised words that do not begin a sentence."""
    # The lookbehind asks for a lower-case letter or a mark inside a sentence before the noun; "JSON" would be a noun too.
    noun = re.search(r"(?<=[a-z,;:] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", prompt.replace("JSON", "json"))
    return noun[0] if noun else "sample"


INSTRUCTIONS: tuple[Callable[[str], str | None], ...] = (count, repeat, json_answer, echo)
