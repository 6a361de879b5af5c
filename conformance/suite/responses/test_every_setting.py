"""What holds for the settings that every answer repeats: those of its request, and the defaults of what that leaves out.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from typing import Any

from conformance.suite.baselines import calls, plain
from conformance.suite.invariants import invariant
from conformance.suite.responses.baselines import alternatives, chains, echoes
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import CAP, ResponsesCase
from conformance.trial.invariants import SILENT, Finding, Subject

DEFAULTS: dict[str, Any] = {
    "temperature": 1,
    "top_p": 1,
    "store": True,
    "truncation": "disabled",
    "tool_choice": "auto",
    "parallel_tool_calls": True,
}


def _echo(reply: ResponsesReply, name: str) -> Finding:
    """Check that a setting of the request is repeated."""
    if reply.request_body.get(name) is None:
        return SILENT
    sent, got = reply.request_body[name], reply.body.get(name)
    return None if got == sent else f"{name} must be {sent!r:.60} as in the request, got {got!r:.60}"


@invariant("responses.reply.echo_temperature", about=Subject.ANSWER, good="temperature is repeated", asks=echoes)
def test_echo_temperature(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The temperature of the request is in the response."""
    return _echo(reply, "temperature")


@invariant("responses.reply.echo_top_p", about=Subject.ANSWER, good="top_p is repeated", asks=echoes)
def test_echo_top_p(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The top_p of the request is in the response."""
    return _echo(reply, "top_p")


@invariant("responses.reply.echo_instructions", about=Subject.ANSWER, good="instructions are repeated", asks=echoes)
def test_echo_instructions(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The instructions of the request are in the response."""
    return _echo(reply, "instructions")


@invariant("responses.reply.echo_metadata", about=Subject.ANSWER, good="metadata is repeated", asks=echoes)
def test_echo_metadata(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The metadata of the request is in the response."""
    return _echo(reply, "metadata")


@invariant("responses.reply.echo_max_output_tokens", about=Subject.ANSWER, good="the cap is repeated", asks=plain)
def test_echo_max_output_tokens(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The cap of the request is in the response."""
    return _echo(reply, CAP)


@invariant("responses.reply.echo_parallel_tool_calls", about=Subject.ANSWER, good="it is repeated", asks=echoes)
def test_echo_parallel_tool_calls(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """What the request says about parallel calls is in the response."""
    return _echo(reply, "parallel_tool_calls")


@invariant("responses.reply.echo_tool_choice", about=Subject.ANSWER, good="the choice is repeated", asks=calls)
def test_echo_tool_choice(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The choice of tools of the request is in the response."""
    return _echo(reply, "tool_choice")


@invariant("responses.reply.echo_tools", about=Subject.ANSWER, good="the tools are repeated", asks=calls)
def test_echo_tools(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The tools of the request are in the response, by type and name."""
    sent, got = reply.request_body.get("tools"), reply.body.get("tools")
    if not isinstance(sent, list) or not sent:
        return SILENT

    def named(tools: Any) -> list[Any]:
        rows = tools if isinstance(tools, list) else []
        return [(tool.get("type"), tool.get("name")) for tool in rows if isinstance(tool, dict)]

    return None if named(got) == named(sent) else f"tools must be {named(sent)!r:.80}, got {named(got)!r:.80}"


@invariant(
    "responses.reply.echo_top_logprobs", about=Subject.ANSWER, good="top_logprobs is repeated", asks=alternatives
)
def test_echo_top_logprobs(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The number of alternatives of the request is in the response."""
    return _echo(reply, "top_logprobs")


@invariant("responses.reply.echo_store", about=Subject.ANSWER, good="it is repeated", asks=echoes)
def test_echo_store(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Whether the request asks for storing is in the response."""
    return _echo(reply, "store")


@invariant("responses.reply.echo_truncation", about=Subject.ANSWER, good="truncation is repeated", asks=echoes)
def test_echo_truncation(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The truncation of the request is in the response."""
    return _echo(reply, "truncation")


@invariant("responses.reply.echo_text_format", about=Subject.ANSWER, good="the format is repeated", asks=echoes)
def test_echo_text_format(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The type of the format that the request asks for is in the response."""
    sent = _format(reply.request_body)
    if sent is None:
        return SILENT
    got = _format(reply.body)
    return None if got == sent else f"text.format must be of type {sent!r:.40}, got {got!r:.40}"


@invariant(
    "responses.reply.echo_previous_response_id", about=Subject.ANSWER, good="the earlier id is repeated", asks=chains
)
def test_echo_previous_response_id(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The id of the response that the request goes on from is in the response."""
    return _echo(reply, "previous_response_id")


@invariant("responses.reply.echo_defaults", about=Subject.ANSWER, good="what is left out has its default", asks=plain)
def test_echo_defaults(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """What the request leaves out is in the response with its documented default."""
    for name, value in DEFAULTS.items():
        if reply.request_body.get(name) is None and reply.body.get(name) != value:
            return f"{name} must be {value!r} where it is left out, got {reply.body.get(name)!r:.40}"
    if reply.request_body.get("text") is None and _format(reply.body) != "text":
        return f"text.format must be of type 'text' where it is left out, got {_format(reply.body)!r:.40}"
    return None


def _format(body: dict[str, Any]) -> Any:
    """Return the type of the format in a request or a response; None without one."""
    text = body.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    return wanted.get("type") if isinstance(wanted, dict) else None
