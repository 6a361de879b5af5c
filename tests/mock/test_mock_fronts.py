"""Fronts: how an API that nobody here knows enters the mock, with routes, errors, defects and seams of its own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import conformance.mock
from conformance.mock.server import registry
from conformance.mock.server.nearest import StartError
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

FOLDER = Path(conformance.mock.__file__).parent
CACHED = (registry.fronts, registry.defects)
TOY = """
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defect, apply
from conformance.mock.engine import request as asked
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.body import parse
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.front import Front


@dataclass(frozen=True)
class ToyDefect(Defect):
    surface: str = "toy"
    echo: Callable[[str], str] | None = None


def routes(gateway):
    async def speak(request: Request) -> Response:
        body = parse(await gateway.receive(request))
        gateway.authorize(request)
        model = gateway.models.find(body.get("model"))
        active = tuple(defect for defect in gateway.defects(request) if defect.concerns(model.model_class.kind, body))
        if "say" not in body:
            raise ApiError("There is nothing to say.", param="say")
        messages = ({"role": "user", "content": body["say"]},)
        wanted = asked.Request(model=model.id, body=body, messages=messages)
        changes = (defect.echo for defect in active if isinstance(defect, ToyDefect))
        text = apply(seams.choice(wanted, 0, active).text, changes)
        return seams.sent(wanted, Wire((json_bytes({"said": text}),)), active).response()

    return [Route("/toy/speak", speak, methods=["POST"])]


FRONT = Front(
    "toy",
    routes,
    lambda request: request.headers.get("x-toy-key"),
    lambda request: ApiError("No key.", status=403),
    lambda error: {"wrong": error.message},
    {
        defect.name: defect
        for defect in (
            ToyDefect("shouts", "The answer is in capital letters.", ("toy.echo.same",), echo=str.upper),
            ToyDefect("blames_nobody", "Errors say nothing.", ("toy.error.says",), refusal=lambda refusal: refusal.with_json({})),
        )
    },
)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package from elsewhere whose entry point brings a front; another entry of the group breaks whoever loads it."""
    (tmp_path / "toy_front.py").write_text(TOY, encoding="utf-8")
    about = tmp_path / "toy-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n", encoding="utf-8")
    entries = "[conformance.surfaces]\ntoy = no_such_module:SURFACE\ntoy.mock = toy_front:FRONT\n"
    (about / "entry_points.txt").write_text(entries, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield
    forget()


def forget() -> None:
    """Look for fronts anew."""
    for known in CACHED:
        known.cache_clear()


@pytest.fixture
def toy(installed: None) -> Iterator[httpx.Client]:
    """A client of a gateway that has the front, with its key."""
    with running(Options(port=0)) as url:
        base_url = url.removesuffix("/v1")
        with httpx.Client(base_url=base_url, headers={"x-toy-key": "sk-test"}) as client:
            yield client


def say(client: httpx.Client, *defects: str, **headers: str) -> httpx.Response:
    """What the toy answers when it is asked to say a word."""
    asked = {"model": "mock-openai", "say": "Reply with exactly: river"}
    return client.post("/toy/speak", json=asked, headers={"x-mock-defect": ",".join(defects)} | headers)


def test_a_front_from_elsewhere_answers_by_the_engine(toy: httpx.Client) -> None:
    """Its route is served beside the built-in ones, with its own key, and the one engine says what is answered."""
    assert say(toy).json() == {"said": "river"}
    refused = say(toy, **{"x-toy-key": "", "authorization": "Bearer sk-test"})
    assert (refused.status_code, refused.json()) == (403, {"wrong": "No key."})
    assert toy.get("/v1/models", headers={"authorization": "Bearer sk-test"}).status_code == 200


def test_errors_are_written_by_the_front_of_their_route(toy: httpx.Client) -> None:
    """A mistake, and a method that it does not serve, come in its envelope; unknown paths in that of the fallback."""
    assert toy.post("/toy/speak", json={"model": "mock-openai"}).json() == {"wrong": "There is nothing to say."}
    assert set(toy.get("/toy/speak").json()) == {"wrong"}
    assert set(toy.get("/nowhere").json()) == {"error"}


def test_a_front_brings_defects_with_seams_of_its_own(toy: httpx.Client) -> None:
    """They are chosen like any other, act at a seam that only this front has, and on its own routes only."""
    assert say(toy, "shouts").json() == {"said": "RIVER"}
    assert toy.post("/toy/speak", json={}, headers={"x-mock-defect": "blames_nobody"}).json() == {}
    assert (
        toy.get("/v1/models", headers={"x-mock-defect": "blames_nobody"}).json()["error"]["code"] == "invalid_api_key"
    )
    (front,) = (front for front in registry.fronts() if front.name == "toy")
    assert front.seams == {"echo", "refusal"}


def test_defects_of_other_fronts_leave_it_alone(toy: httpx.Client) -> None:
    """A lie about one API is none about another, neither in answers nor in errors."""
    assert say(toy, "flat_errors", "drops_system_messages").json() == {"said": "river"}
    refused = toy.post("/toy/speak", json={"model": "mock-openai"}, headers={"x-mock-defect": "flat_errors"})
    assert set(refused.json()) == {"wrong"}


def test_a_degraded_gateway_is_degraded_on_every_front(toy: httpx.Client) -> None:
    """A weak model is weak whatever API asks it."""
    assert say(toy, "follows_no_instruction").json() != {"said": "river"}


def test_a_name_stands_for_one_defect(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fronts whose defects have the same name do not start together."""
    first, *others = registry.fronts()
    monkeypatch.setattr(registry, "fronts", lambda: (first, first, *others))
    with pytest.raises(StartError, match="names of defects must be unique"):
        registry.defects()


def test_a_front_that_cannot_be_loaded_is_named(installed: None, tmp_path: Path) -> None:
    """The sentence names the entry point and what is wrong with it."""
    (tmp_path / "toy-1.dist-info" / "entry_points.txt").write_text("[conformance.surfaces]\ntoy.mock = nothing:FRONT\n")
    with pytest.raises(StartError, match=r"toy\.mock = nothing:FRONT cannot be loaded: No module named 'nothing'"):
        registry.fronts()


def test_without_any_front_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source tree that was never installed has no entry points."""
    forget()
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    with pytest.raises(StartError, match="install the package"):
        registry.fronts()


@pytest.mark.parametrize("folder", ["engine", "server"])
def test_engine_and_server_know_no_surface(folder: str) -> None:
    """They import none of the fronts and none of their defects, by name or otherwise, and have no paths of theirs."""
    names = [front.name for front in registry.fronts()]
    assert {"chat", "models"} <= set(names)
    strange = ["/v1/", *(f"{place}.{name}" for place in ("surfaces", "defects") for name in names)]
    texts = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / folder).glob("*.py")}
    assert [(name, word) for name, text in texts.items() for word in strange if word in text] == []
