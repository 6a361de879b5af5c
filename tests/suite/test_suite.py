"""The suite's functions: their form, their claims, and what each observes of scripted replies."""

import ast
import importlib
import inspect
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from conformance import suite
from conformance.base.observation import Observation, Seen
from conformance.contract.claims import Says
from conformance.contract.contract import Contract
from conformance.contract.loading import built_in, load
from conformance.surfaces import registry
from conformance.surfaces.chat.asked import CAPS
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase, PromptCase
from conformance.trial.ask import NoControl
from conformance.trial.invariants import invariant_of
from tests.support.collecting import over
from tests.support.making import (
    case,
    choice,
    completion,
    contract,
    events,
    observe,
    observe_with_bodies,
    refusal,
    see,
    surface_context,
    unmarked,
)

ONCE = suite.functions(suite.PROBES, *registry.suites().values())
BY_CLAIM = suite.tests(contract())
INVARIANTS = [function for function in ONCE if invariant_of(function)]


def types_of(folder: str) -> tuple[type[BoundCase], type[Reply]]:
    """The types of case and reply that the functions of a folder of the suite are given."""
    if folder == "probes":
        return PromptCase, Reply
    surface = registry.named(folder)
    annotated = (
        inspect.get_annotations(type(surface).bind, eval_str=True),
        inspect.get_annotations(type(surface).read, eval_str=True),
    )
    return annotated[0]["return"], annotated[1]["return"]


for_every_function = over("function", ONCE, ids=lambda function: f"{function.__module__}.{function.__name__}")
READY = completion(choice("ready"))
COUNTED = " ".join(map(str, range(1, 41)))


# ---------------------------------------------------------------- form


@for_every_function
def test_a_suite_function_is_a_coroutine_of_case_and_ask(function: Any) -> None:
    """It has no other parameters and returns an observation."""
    assert inspect.iscoroutinefunction(function)
    signature = inspect.signature(function)
    assert list(signature.parameters) == ["case", "ask"]
    if invariant_of(function):
        return  # what its author wrote is the look inside it
    folder = function.__module__.split(".")[2]
    asks = importlib.import_module(f"conformance.suite.{folder}").Ask
    annotations = inspect.get_annotations(function, eval_str=True)
    assert issubclass(annotations.pop("case"), types_of(folder)[0])
    assert annotations == {"ask": asks, "return": Observation}


@over("function", INVARIANTS, ids=lambda function: f"{function.__module__}.{function.__name__}")
def test_an_invariant_is_a_function_of_case_and_reply(function: Any) -> None:
    """It asks nothing and waits for nothing."""
    (written,) = [part for part in _module_of(function).body if getattr(part, "name", "") == function.__name__]
    assert isinstance(written, ast.FunctionDef)
    assert not any(isinstance(node, ast.Await | ast.AsyncFunctionDef) for node in ast.walk(written))
    parameters = {each.arg: ast.unparse(each.annotation) for each in written.args.args if each.annotation}
    folder = function.__module__.split(".")[2]
    wanted = ["DialogueCase", "Reply"] if folder == "probes" else [each.__name__ for each in types_of(folder)]
    assert list(parameters.items()) == [*zip(("case", "reply"), wanted, strict=True)]
    assert ast.unparse(written.returns or ast.Constant(None)) == "Finding"


def test_an_invariant_lives_in_a_module_of_its_kind() -> None:
    """What is looked at in every reply is found in one place, and nothing else is there."""
    kinds = {(invariant_of(each) is not None, each.__module__.rsplit(".", 1)[1].split("_")[1]) for each in ONCE}
    assert {name for holds, name in kinds if holds} == {"every", "across"}
    assert not {name for holds, name in kinds if not holds} & {"every", "across"}


@for_every_function
def test_a_suite_function_has_a_docstring_of_one_line(function: Any) -> None:
    """The list of tests shows it to readers."""
    assert function.__doc__
    assert "\n" not in function.__doc__
    assert function.__doc__.endswith(".")


@for_every_function
def test_a_suite_function_asserts_nothing(function: Any) -> None:
    """It returns an observation; the judge decides."""
    parts = _module_of(function).body
    assert not any(isinstance(node, ast.Assert | ast.Raise | ast.Try) for part in parts for node in _asked(part))


def _module_of(function: Any) -> ast.Module:
    """Return the module in which a suite function was written; the code of an invariant's own is in the decorator."""
    return _parsed(inspect.getfile(importlib.import_module(function.__module__)))


@cache
def _parsed(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _asked(part: ast.stmt) -> list[ast.AST]:
    """Return the nodes of a suite function; helpers of its module are left out."""
    is_function = isinstance(part, ast.AsyncFunctionDef | ast.FunctionDef) and part.name.startswith("test_")
    return list(ast.walk(part)) if is_function else []


def test_every_claim_has_exactly_one_function_and_every_function_a_claim() -> None:
    """Each claim is tested once, and nothing is tested that is not a claim."""
    known = {claim_id for name in built_in() for claim_id in load(name).claims}
    for each in map(load, built_in()):
        counted = Counter(claim_id for function in ONCE for claim_id in suite.observed(function, each))
        assert {claim_id for claim_id, count in counted.items() if count > 1} == set()
        assert set(each.claims) <= set(counted) <= known


def test_every_test_function_of_the_suite_names_claims() -> None:
    """No test function belongs to no claim."""
    for function in ONCE:
        module = importlib.import_module(function.__module__)
        for name, found in vars(module).items():
            if name.startswith("test_"):
                assert suite.claims_of(found) or suite.probes_of(found), f"{function.__module__}.{name}"


def changed(claim_id: str, **parts: Any) -> Contract:
    """Return the built-in contract with one claim changed."""
    claims = {**contract().claims, claim_id: replace(contract().claims[claim_id], **parts)}
    return replace(contract(), claims={claim.id: claim for claim in claims.values()})


def test_the_built_in_contract_has_no_fault() -> None:
    """Every claim has a test or a probe, and every probe a claim."""
    assert suite.faults(contract()) == []
    assert suite.unnamed_probes(contract()) == []


@pytest.mark.parametrize(
    ("claim_id", "parts", "said"),
    [
        ("chat.n.count", {"id": "chat.n.cuont"}, "claim chat.n.cuont has no test; name a probe, or check its id: did you"),
        ("chat.n.count", {"probe": "value.acceptance"}, "claim chat.n.count names probe 'value.acceptance', and a test names"),
        ("chat.stop.count", {"probe": "stop_sequence.cuont"}, "names an unknown probe 'stop_sequence.cuont'; did you"),
        ("chat.stop.count", {"probe": None}, "claim chat.stop.count has no test"),
    ],
)  # fmt: skip
def test_a_claim_that_nothing_observes_is_a_fault(claim_id: str, parts: dict[str, Any], said: str) -> None:
    """So is a claim that is observed twice; otherwise it would be missing from the matrix."""
    (fault,) = suite.faults(changed(claim_id, **parts))
    assert said in fault


def test_traits_that_a_surface_cannot_use_are_a_fault() -> None:
    """The surface says what is wrong with its traits."""
    chat = contract().surfaces["chat"]
    traits = {**chat.traits, "claude": {"cap": "max_tokens", "room": -1, "sampling": True}}
    wrong = replace(contract(), surfaces={**contract().surfaces, "chat": replace(chat, traits=traits)})
    (fault,) = suite.faults(wrong)
    assert fault == "surface chat, traits of class claude: room must be a number of tokens, 0 or more, got -1"


# ---------------------------------------------------------------- any endpoint at all


def anything(claim_id: str, answer: Any) -> Observation | None:
    """Return the observation of the first case of a claim; None if a control was not answered."""
    first = first_case(claim_id)
    if first is None:
        return None
    try:
        return observe(BY_CLAIM[claim_id], first, answer)
    except NoControl:
        return None


@cache
def first_case(claim_id: str) -> BoundCase | None:
    """Return the first case of a claim that applies to one of three models, bound to its surface."""
    found, surface = contract(), registry.named(claim_id.split(".")[0])
    models = [
        found.classify("openai", "o3"),
        found.classify("openai", "gpt-4.1-mini"),
        found.classify("claude", "claude-sonnet-4-5"),
    ]
    asked = (case for case in found.cases([claim_id], models) if case.rule.says is not Says.NOT_APPLICABLE)
    first = next(asked, None)
    return None if first is None else surface.bind(first, surface_context(surface.name))


OUTAGES = [refusal(429), refusal(503, "overloaded"), {"failure": "timeout"}, {"failure": "connection"}, refusal(402)]


@over("claim_id", sorted(BY_CLAIM))
def test_an_outage_is_never_evidence(claim_id: str) -> None:
    """An endpoint that limits, fails or does not answer is no evidence for any claim."""
    for outage in OUTAGES:
        found = anything(claim_id, lambda *_, outage=outage: outage)
        assert found is None or found.seen is Seen.UNANSWERED, outage


PART = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 2) | st.none() | st.text(max_size=2),
        "message": st.fixed_dictionaries(
            {},
            optional={
                "content": st.text(max_size=20) | st.none() | st.just("\ud83d") | st.just(COUNTED),
                "tool_calls": st.lists(
                    st.fixed_dictionaries({"function": st.fixed_dictionaries(
                        {}, optional={"name": st.text(max_size=3), "arguments": st.text(max_size=9) | st.integers()}
                    )}), max_size=2),
            },
        ),
        "finish_reason": st.sampled_from(["stop", "length", "tool_calls", None, 7, [], {}]),
        "logprobs": st.none() | st.fixed_dictionaries({"content": st.lists(st.fixed_dictionaries({}, optional={
            "token": st.text(max_size=2) | st.just("\ud83d"), "logprob": st.floats() | st.none(),
            "bytes": st.none() | st.lists(st.integers(), max_size=3),
            "top_logprobs": st.lists(st.none(), max_size=3) | st.integers(),
        }), max_size=3)}),
    },
)  # fmt: skip
BODY = st.fixed_dictionaries(
    {"choices": st.lists(PART, max_size=3)},
    optional={
        "usage": st.fixed_dictionaries({}, optional={"completion_tokens": st.integers(0, 99) | st.text(max_size=1)})
    },
)


@settings(max_examples=20, phases=(Phase.generate,))
@given(st.lists(BODY, min_size=1, max_size=5), st.booleans())
def test_no_endpoint_makes_the_suite_raise(bodies: list[Any], streams: bool) -> None:
    """For every claim, every reply, streamed or not, leads to an observation or a failed control."""
    for claim_id in BY_CLAIM:
        note(claim_id)
        turn = itertools.cycle(bodies)

        def answer(body: dict[str, Any] | None, *_: int, turn: Iterator[Any] = turn) -> Any:
            given = next(turn)
            return events(given) if streams and body and body.get("stream") else {"body": given}

        found = anything(claim_id, answer)
        assert found is None or isinstance(found, Observation), claim_id


# ---------------------------------------------------------------- values that are accepted or refused

VALUES = {
    "temperature": ("range", 0.5), "top_p": ("range", 0.5), "presence_penalty": ("range", 1), "frequency_penalty": ("range", 1),
    "stop": ("wrong_type", 7), "tools": ("wrong_type", 7), "tool_choice": ("unknown_value", "x"), "logprobs": ("wrong_type", "x"),
    "top_logprobs": ("wrong_type", "x"), "reasoning_effort": ("values", "low"), "max_tokens": ("wrong_type", "x"),
    "max_completion_tokens": ("wrong_type", "x"), "response_format": ("wrong_type", "x"), "service_tier": ("values", "auto"),
    "logit_bias": ("wrong_type", "x"), "n": ("wrong_type", "x"), "stream_options": ("wrong_type", "x"),
}  # fmt: skip
CARRIED = {"tool_choice": {"tools"}, "top_logprobs": {"logprobs"}, "stream_options": {"stream"}}


@over("parameter", VALUES)
def test_a_value_is_sent_as_the_one_change_from_the_baseline(parameter: str) -> None:
    """The request has the value, what the parameter depends on, and nothing else."""
    statement, value = VALUES[parameter]
    claim_id = f"chat.{parameter}.{statement}"
    _, bodies = observe_with_bodies(claim_id, lambda *_: READY, value)
    body, plain = unmarked(bodies[0]), unmarked(case(claim_id, value).plain().json)
    assert body[parameter] == value
    changed = {name for name in body.keys() | plain.keys() if body.get(name) != plain.get(name)}
    assert changed - CAPS - {parameter} == CARRIED.get(parameter, set())


ANSWERS = [
    (READY, "accepted"),
    (refusal(), "refused"),
    (refusal(500), "mishandled"),
    ({"text": "<html>"}, "mishandled"),
]


@over("parameter, answer", itertools.product(VALUES, ANSWERS))
def test_a_value_is_accepted_or_refused(parameter: str, answer: tuple[dict[str, Any], str]) -> None:
    """Nothing more can be observed."""
    statement, value = VALUES[parameter]
    given, seen = answer
    assert see(f"chat.{parameter}.{statement}", given, value).seen == seen


def test_a_bias_is_put_on_one_token() -> None:
    """The value is the bias of one token."""
    _, bodies = observe_with_bodies("chat.logit_bias.range", lambda *_: READY, 100)
    assert list(bodies[0]["logit_bias"].values()) == [100]


def test_the_limit_of_temperature_is_measured() -> None:
    """It is the largest value that is accepted."""
    found = see("chat.temperature.limit", lambda body, *_: READY if body["temperature"] <= 1.5 else refusal())
    assert (found.seen, found.measured) == (Seen.REFUSED, "0-1.5")


def test_the_negative_control_sends_an_unknown_parameter() -> None:
    """An unknown parameter is accepted or refused."""
    assert see("chat.unknown_parameter.refused", READY, "conformance").seen is Seen.ACCEPTED
    assert see("chat.unknown_parameter.refused", refusal(), "conformance").seen is Seen.REFUSED


@over("surface", sorted(contract().surfaces))
def test_a_statement_about_every_reply_presupposes_the_same_on_every_surface(surface: str) -> None:
    """If one API has a probe's statement presuppose what another probe tests, so has each API, and a cause is counted once."""
    claims = list(contract().claims.values())
    probed = {claim.id: claim.probe for claim in claims}
    about_all = [claim for claim in claims if claim.probe and invariant_of(BY_CLAIM[claim.id])]
    streams = {other.streams for other in contract().surfaces.values()}  # what all of a stream presupposes anyway
    wanted = {
        (claim.probe, probe)
        for claim in about_all
        for cause in claim.presupposes
        if cause not in streams and (probe := probed[cause])
    }
    for claim in about_all:
        own = {probed[cause] for cause in claim.presupposes}
        for probe in {cause for statement, cause in wanted if statement == claim.probe} - own:
            causes = [
                other.id for other in claims if other.surface == surface == claim.surface and other.probe == probe
            ]
            assert not causes, f"{claim.id} must presuppose {' or '.join(causes)}"
