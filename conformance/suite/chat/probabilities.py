"""What log probabilities in a reply show: that they are there, and whether they are well-formed."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, ignored
from conformance.surfaces.chat.reply import ChatReply


def asked_in_vain(reply: ChatReply) -> Observation:
    """Whether a request for log probabilities that may have no effect has one."""
    if not reply.ok:
        return reply.refusal()
    if reply.has_logprobs:
        return honoured(f"log probabilities of {len(reply.logprobs or [])} tokens")
    return ignored("answered without log probabilities")


def fault(reply: ChatReply) -> str | None:
    """The first thing that is wrong with a reply's log probabilities; None if nothing is."""
    found = (_entry_fault(entry) for entry in reply.logprobs or [])
    return next((each for each in found if each), None) or _joint_fault(reply)


def _entry_fault(entry: dict[str, Any]) -> str | None:
    """What is wrong with one token's entry; None if nothing is."""
    token, probability, spelled = entry.get("token"), entry.get("logprob"), entry.get("bytes")
    if not isinstance(token, str) or not token:
        return f"an entry without a token: {str(entry)[:80]}"
    if not isinstance(probability, int | float) or isinstance(probability, bool) or probability > 0:
        return f"log probability {probability!r} of token {token!r} is not a number of at most 0"
    if spelled is not None and (not isinstance(spelled, list) or not all(isinstance(each, int) for each in spelled)):
        return f"bytes of token {token!r} are not a list of integers"
    if spelled is not None and "\ufffd" not in token and spelled != list(token.encode("utf-8", "surrogatepass")):
        return f"bytes {spelled} do not spell the token {token!r}"
    return None


def _joint_fault(reply: ChatReply) -> str | None:
    """What is wrong with all entries together; None if nothing is."""
    entries, counted = reply.logprobs or [], reply.completion_tokens
    if all(isinstance(entry.get("bytes"), list) for entry in entries):
        joined = bytes(each % 256 for entry in entries for each in entry["bytes"]).decode("utf-8", "replace")
    else:
        joined = "".join(entry["token"] for entry in entries)
    if joined != reply.text:
        return f"the tokens join to {joined[:60]!r}, the content is {reply.quoted_text()}"
    if counted and len(entries) > counted:
        return f"{len(entries)} entries for {counted} completion tokens"
    return None
