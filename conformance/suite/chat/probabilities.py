"""Log probabilities in a reply: whether there are any, and whether they are well-formed."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, ignored
from conformance.surfaces.chat.reply import ChatReply


def unsupported(reply: ChatReply) -> Observation:
    """Return what the reply to a request for log probabilities shows of a model that should not have any."""
    if not reply.ok:
        return reply.refusal()
    if reply.has_logprobs:
        return honoured(f"{len(reply.logprobs or [])} tokens have log probabilities")
    return ignored("answered without log probabilities")


def fault(entries: list[dict[str, Any]], text: str, counted: int | None) -> str | None:
    """Return the first thing that is wrong with the log probabilities of a text; None if nothing is.

    `counted` is the number of completion tokens; None where it says nothing about this text alone.
    """
    faults = (_entry_fault(entry) for entry in entries)
    return next((one for one in faults if one), None) or _joint_fault(entries, text, counted)


def _entry_fault(entry: dict[str, Any]) -> str | None:
    """Return what is wrong with the entry of one token; None if nothing is."""
    token, probability, data = entry.get("token"), entry.get("logprob"), entry.get("bytes")
    if not isinstance(token, str) or not token:
        return f"an entry has no token: {str(entry)[:80]}"
    if not isinstance(probability, int | float) or isinstance(probability, bool) or probability > 0:
        return f"log probability of token {token!r} must be a number of at most 0, got {probability!r}"
    if data is not None and (not isinstance(data, list) or not all(isinstance(byte, int) for byte in data)):
        return f"bytes of token {token!r} must be a list of integers"
    if data is not None and "\ufffd" not in token and data != list(token.encode("utf-8", "surrogatepass")):
        return f"bytes of token {token!r} must be its UTF-8, got {data}"
    return None


def _joint_fault(entries: list[dict[str, Any]], text: str, counted: int | None) -> str | None:
    """Return what is wrong with all entries together; None if nothing is."""
    if all(isinstance(entry.get("bytes"), list) for entry in entries):
        joined = bytes(byte % 256 for entry in entries for byte in entry["bytes"]).decode("utf-8", "replace")
    else:
        joined = "".join(entry["token"] for entry in entries)
    if joined != text:
        return f"the tokens must join to the content {text[:60]!r}, got {joined[:60]!r}"
    if counted and len(entries) > counted:
        return f"{len(entries)} log probabilities for {counted} completion tokens"
    return None
