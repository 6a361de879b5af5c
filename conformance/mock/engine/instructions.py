"""What a prompt plainly asks for: repeat this, count to, answer in JSON; and the text that follows it.

Each instruction is a function from prompt to text, or None where the prompt does not give it; the first that answers is
followed.  Such answers are the same at any temperature.
"""

import json
import re
from collections.abc import Callable

LONGEST_COUNT = 5000

ECHO = re.compile(
    r"\b(?:(?:reply|respond|answer)\b[^:\n]{0,60}\bwith\b|repeat\b|say\b|echo\b|(?:write|output|print|return)\b"
    r"[^:\n]{0,30}\b(?:exactly|following|only|just|word|text)\b)[^:\n]{0,60}:\s*(?P<text>\S.*)",
    re.IGNORECASE,
)
WORD = re.compile(
    r"\b(?:reply|respond|answer|say|repeat|write|output)\b[^:.\n]{0,40}\bword\s+(?P<mark>[\"'`])?(?P<word>[^\s\"'`]+)",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"\b(?:reply|respond|answer|say|repeat|write|output)\b[^:.\n]{0,40}[\"`](?P<text>[^\"`]+)[\"`]", re.I
)
TIMES = re.compile(  # tried where a word begins, so that one long word costs little
    r"(?<![^\s\"'`])(?P<word>[^\s\"'`]+)[\"'`]?,?\s+(?:exactly\s+)?(?P<times>\d{1,18})\s+times", re.IGNORECASE
)
RANGE = re.compile(
    r"\b(?:count|list|write|print|say|output|recite|type)\b[^.?!\n]*"
    r"\bfrom\s+(?P<first>\d{1,18})\s+(?:up\s+|down\s+)?(?:to|through|until)\s+(?P<last>\d{1,18})(?!\d)",
    re.IGNORECASE,
)
UPTO = re.compile(r"\bcount\s+(?:up\s+)?to\s+(?P<last>\d{1,18})(?!\d)", re.IGNORECASE)
JSON = re.compile(
    r"\b(?:answer|reply|respond|return|output|give|produce)\b.*\bjson\b|\b(?:as|in)\s+json\b", re.I | re.S
)
KEYS = re.compile(r"\b(?:keys?|fields?|properties|property)\b(?P<names>[^.\n]*)", re.IGNORECASE)


def followed(prompt: str) -> str | None:
    """Return the text that the prompt asks for, or None where it leaves the answer open."""
    for instruction in INSTRUCTIONS:
        text = instruction(prompt)
        if text is not None:
            return text
    return None


def counted(prompt: str) -> str | None:
    """Follow "count from A to B", or to B, with the separator that the prompt names."""
    found = RANGE.search(prompt) or UPTO.search(prompt)
    if not found:
        return None
    first, last = int(found.groupdict().get("first") or 1), int(found["last"])
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:LONGEST_COUNT]
    return separator(prompt).join(map(str, numbers))


def separator(prompt: str) -> str:
    """Return what stands between numbers: a space, unless the prompt asks for commas or lines."""
    text = prompt.lower()
    if "comma" in text:
        return "," if re.search(r"\b(?:no|without)\s+(?:any\s+)?spaces?\b", text) else ", "
    if re.search(r"\b(?:own line|per line|newlines?|new lines?|separate lines?)\b", text):
        return "\n"
    return " "


def repeated(prompt: str) -> str | None:
    """Follow "repeat a word so many times"."""
    found = TIMES.search(prompt)
    if not found or not re.search(r"\b(?:repeat|write|say|print|output)\b", prompt, re.IGNORECASE):
        return None
    return " ".join([found["word"]] * min(int(found["times"]), LONGEST_COUNT))


def echoed(prompt: str) -> str | None:
    """Follow "reply with exactly this": what stands after the colon, in quotation marks, or after `the word`."""
    found = ECHO.search(prompt)
    if found:
        text = found["text"].strip()
        if re.search(r"\bword\b", found[0][: found.start("text") - found.start()], re.IGNORECASE):
            text = text.split()[0].rstrip(".,;!")
        return unquoted(text)
    quoted = QUOTED.search(prompt)
    if quoted:
        return quoted["text"]
    word = WORD.search(prompt)
    if word and (word["mark"] or word["word"].lower().rstrip(".") not in {"for", "that", "of", "which", "and", "only"}):
        return word["word"].rstrip(".,;!")
    return None


def unquoted(text: str) -> str:
    """Return a text without the pair of quotation marks around all of it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text


def json_answer(prompt: str) -> str | None:
    """Follow "answer in JSON": fenced, as models do that nothing holds to JSON alone."""
    return f"```json\n{json_object(prompt)}\n```" if JSON.search(prompt) else None


def json_object(prompt: str) -> str:
    """Return a small JSON object with the keys that the prompt names."""
    return json.dumps({key: hint(prompt) for key in keys(prompt)}, ensure_ascii=False, separators=(",", ":"))


def keys(prompt: str) -> list[str]:
    """Return the keys named in a prompt: those in quotation marks, else the words after `keys`, else one."""
    found = KEYS.search(prompt)
    if not found:
        return ["answer"]
    quoted = re.findall(r"[\"'`]([A-Za-z_]\w*)[\"'`]", prompt)
    bare = [name for name in re.findall(r"[A-Za-z_]\w*", found["names"]) if name not in {"and", "named", "called"}]
    return list(dict.fromkeys(quoted or bare[:4])) or ["answer"]


def hint(prompt: str) -> str:
    """Return the first name in a prompt: a capitalised word that does not open a sentence."""
    found = re.search(r"(?<=[a-z,;:] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", prompt.replace("JSON", "json"))
    return found[0] if found else "sample"


INSTRUCTIONS: tuple[Callable[[str], str | None], ...] = (counted, repeated, json_answer, echoed)
