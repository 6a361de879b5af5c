"""What holds for every error in OpenAI's envelope; what all APIs share is in the probes.

Each is an invariant: a function of one error, applied to every error of a model.
"""

from conformance.suite.baselines import refusals
from conformance.suite.invariants import invariant
from conformance.suite.mistakes import of_error
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant("chat.error.envelope_keys", about=Subject.REFUSAL, good="message, type, param and code", asks=refusals)
def test_envelope_keys(case: ChatCase, reply: ChatReply) -> Finding:
    """The error has all four keys; their values may be empty or null."""
    error = reply.error_as_sent
    missing = [name for name in ("message", "type", "param", "code") if name not in error]
    fault = f"the error must have the keys message, type, param and code, it lacks {', '.join(missing)}"
    return of_error(reply, fault if missing else None) if error else SILENT


@invariant("chat.error.envelope_code", about=Subject.REFUSAL, good="every code is a word or null", asks=refusals)
def test_envelope_code(case: ChatCase, reply: ChatReply) -> Finding:
    """The code, where there is one, is a word or null, and not a number as text."""
    error = reply.error_as_sent
    code = error.get("code")
    right = code is None or (isinstance(code, str) and not code.strip().isdigit())
    return of_error(reply, None if right else f"code must be a word or null, got {code!r}") if error else SILENT
