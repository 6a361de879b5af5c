"""What the mock keeps of responses, what it recognises of reasoning, and what it reads of files."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options
from conformance.mock.surfaces.responses import sealing, store
from conformance.mock.surfaces.responses.items import Conversation, read_part
from conformance.mock.surfaces.responses.store import Store
from tests.support.collecting import over

Json = dict[str, Any]
Send = Callable[..., httpx.Response]
PDF = b"%PDF-1.4\nBT (Note: oak) Tj ET\n%%EOF"


@pytest.fixture
def send() -> Iterator[Send]:
    """Yield a function that sends a request to the application, whose path begins with that of responses."""
    transport = httpx.ASGITransport(Gateway(Options(port=0)).app)
    headers = {"authorization": "Bearer sk-test"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://mock/v1", headers=headers)

        def ask(method: str, path: str = "", **body: Any) -> httpx.Response:
            given = {"model": "mock-openai", **body} if body else None
            return runner.run(client.request(method, f"/responses{path}", json=given))

        yield ask
        runner.run(client.aclose())


def answered(number: int) -> Json:
    """A finished response with one item."""
    part = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}
    item = {"id": f"msg_{number}", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {"id": f"resp_{number}", "status": "completed", "model": "m", "output": [item]}


def test_the_oldest_response_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its items, as soon as there are more than the store keeps."""
    monkeypatch.setattr(store, "MOST", 2)
    kept = Store()
    for number in range(4):
        kept.keep(answered(number), [{"id": f"in_{number}"}], Conversation())
    assert list(kept.responses) == ["resp_2", "resp_3"]
    assert list(kept.items) == ["in_2", "msg_2", "in_3", "msg_3"]
    with pytest.raises(ApiError, match="resp_0"):
        kept.find("resp_0")


def test_a_response_is_read_listed_and_deleted_by_its_id(send: Send) -> None:
    """As it was given; afterwards nothing goes on from it."""
    given = send("POST", input="Reply with the single word: oak").json()
    path = f"/{given['id']}"
    assert send("GET", path).json() == given
    (item,) = send("GET", f"{path}/input_items").json()["data"]
    assert item["content"] == [{"type": "input_text", "text": "Reply with the single word: oak"}]
    assert send("DELETE", path).json()["deleted"] is True
    assert send("GET", path).status_code == send("DELETE", path).status_code == 404
    error = send("POST", input="Hello.", previous_response_id=given["id"]).json()["error"]
    assert error["code"] == "previous_response_not_found"


def test_a_response_that_is_not_stored_cannot_be_read(send: Send) -> None:
    """With store false."""
    assert send("GET", f"/{send('POST', input='Hello.', store=False).json()['id']}").status_code == 404


def test_a_response_in_the_background_can_be_cancelled_twice(send: Send) -> None:
    """The second time it stays as it is; any other response cannot be cancelled."""
    queued = send("POST", input="Hello.", background=True).json()
    assert queued["status"] == "queued"
    for _ in range(2):
        assert send("POST", f"/{queued['id']}/cancel").json()["status"] == "cancelled"
    whole = send("POST", input="Hello.").json()
    assert send("POST", f"/{whole['id']}/cancel").status_code == 400


def test_reasoning_is_recognised_only_unchanged_and_by_its_model() -> None:
    """A changed letter, another model, and what is no base64 are not what the model wrote."""
    content = sealing.sealed("A thought.", "m")
    changed = content[:-4] + ("A" if content[-4] != "A" else "B") + content[-3:]
    assert sealing.is_sealed(content, "m")
    for other, model in ((content, "n"), (changed, "m"), ("?", "m"), ("", "m")):
        assert not sealing.is_sealed(other, model), (other, model)


@over(
    "part, said",
    [
        ({"filename": "a.pdf", "file_data": PDF}, "The document says: Note: oak"),
        ({"file_data": PDF}, "filename"),
        ({"filename": "a.pdf", "file_data": b"text"}, "not a valid PDF"),
        ({"filename": "a.pdf", "file_url": "https://example.com/a.pdf"}, "could not be downloaded"),
    ],
)
def test_a_file_is_read_or_refused(part: Json, said: str) -> None:
    """A PDF with a name is read; without one, of another type or at a URL it is refused."""
    data = part.get("file_data")
    sent = {"file_data": f"data:application/pdf;base64,{base64.b64encode(data).decode()}"} if data else {}
    try:
        found = json.dumps(read_part("input[0]", {"type": "input_file", **part, **sent}))
    except ApiError as error:
        found = str(error)
    assert said in found
