"""Fronts: another package adds an API to the mock, with routes, errors, defects and seams of its own."""

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
            ToyDefect("empties_errors", "Errors are empty.", ("toy.error.says",), refusal=lambda error: error.with_json({})),
        )
    },
)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package with an entry point for a front; another entry of the group fails if it is loaded."""
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
    """Clear the caches, so that fronts are looked up again."""
    for function in CACHED:
        function.cache_clear()


@pytest.fixture
def toy(installed: None) -> Iterator[httpx.Client]:
    """Yield a client of a gateway that serves the front, with the right key."""
    with running(Options(port=0)) as url:
        base_url = url.removesuffix("/v1")
        with httpx.Client(base_url=base_url, headers={"x-toy-key": "sk-test"}) as client:
            yield client


def say(client: httpx.Client, *defects: str, **headers: str) -> httpx.Response:
    """Return the answer to a request for a word, with these defects."""
    asked = {"model": "mock-openai", "say": "Reply with exactly: river"}
    return client.post("/toy/speak", json=asked, headers={"x-mock-defect": ",".join(defects)} | headers)


def test_a_front_of_another_package_is_served(toy: httpx.Client) -> None:
    """Its route is served together with the built-in ones, checks its own key and answers from the engine."""
    assert say(toy).json() == {"said": "river"}
    refused = say(toy, **{"x-toy-key": "", "authorization": "Bearer sk-test"})
    assert (refused.status_code, refused.json()) == (403, {"wrong": "No key."})
    assert toy.get("/v1/models", headers={"authorization": "Bearer sk-test"}).status_code == 200


def test_errors_are_written_by_the_front_of_their_route(toy: httpx.Client) -> None:
    """Invalid requests and wrong methods get the envelope of the route's front, and unknown paths that of the fallback."""
    assert toy.post("/toy/speak", json={"model": "mock-openai"}).json() == {"wrong": "There is nothing to say."}
    assert set(toy.get("/toy/speak").json()) == {"wrong"}
    assert set(toy.get("/nowhere").json()) == {"error"}


def test_a_front_may_have_seams_of_its_own(toy: httpx.Client) -> None:
    """Its defects are chosen like any others, act at a seam that only this front has, and on its routes only."""
    assert say(toy, "shouts").json() == {"said": "RIVER"}
    assert toy.post("/toy/speak", json={}, headers={"x-mock-defect": "empties_errors"}).json() == {}
    assert (
        toy.get("/v1/models", headers={"x-mock-defect": "empties_errors"}).json()["error"]["code"] == "invalid_api_key"
    )
    (front,) = (front for front in registry.fronts() if front.name == "toy")
    assert front.seams == {"echo", "refusal"}


def test_defects_of_other_fronts_leave_it_alone(toy: httpx.Client) -> None:
    """A defect of one API does not act on another, neither on answers nor on errors."""
    assert say(toy, "flat_errors", "drops_system_messages").json() == {"said": "river"}
    refused = toy.post("/toy/speak", json={"model": "mock-openai"}, headers={"x-mock-defect": "flat_errors"})
    assert set(refused.json()) == {"wrong"}


def test_a_degraded_gateway_is_degraded_on_every_front(toy: httpx.Client) -> None:
    """Degradations act at the seams that all fronts share."""
    assert say(toy, "follows_no_instruction").json() != {"said": "river"}


def test_two_defects_with_one_name_are_refused(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fronts that have a defect of the same name cannot be served together."""
    first, *others = registry.fronts()
    monkeypatch.setattr(registry, "fronts", lambda: (first, first, *others))
    with pytest.raises(StartError, match="names of defects must be unique"):
        registry.defects()


def test_a_front_that_cannot_be_loaded_is_named(installed: None, tmp_path: Path) -> None:
    """The error names the entry point and why it cannot be loaded."""
    (tmp_path / "toy-1.dist-info" / "entry_points.txt").write_text("[conformance.surfaces]\ntoy.mock = nothing:FRONT\n")
    with pytest.raises(StartError, match=r"toy\.mock = nothing:FRONT cannot be loaded: No module named 'nothing'"):
        registry.fronts()


def test_without_any_front_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source tree that is not installed has no entry points."""
    forget()
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    with pytest.raises(StartError, match="install the package"):
        registry.fronts()


@pytest.mark.parametrize("folder", ["engine", "server"])
def test_engine_and_server_know_no_surface(folder: str) -> None:
    """Engine and server mention no front, no defects of a front and no path of a route."""
    names = [front.name for front in registry.fronts()]
    assert {"chat", "models"} <= set(names)
    forbidden = ["/v1/", *(f"{place}.{name}" for place in ("surfaces", "defects") for name in names)]
    texts = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / folder).glob("*.py")}
    assert [(name, word) for name, text in texts.items() for word in forbidden if word in text] == []
