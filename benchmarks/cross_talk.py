"""Mix up the answers to requests that are in flight at the same time, and count the runs that notice.

    python benchmarks/cross_talk.py [--how whole|pieces|texts] [--share 0.02] [--runs 20] [--seed 1] [-- RUN ARGUMENTS]

A mock gateway that tells the truth runs behind a mixer.  The mixer picks some requests at random; each waits for the next request
of its kind, plain or streamed, and the two get mixed up:

- `whole`: each gets the other's answer, with its id, its text and its usage;
- `pieces`: a chunk from the middle of each stream comes in the other, with its id;
- `texts`: the same, but the chunks keep the ids of the streams they come in, as after a gateway that writes its own.

The share is of the replies that can be mixed up: of all answers, or of the streams, which are far fewer.

How to read the output: `hit` is how many of a run's replies were mixed up.  A run has noticed if a claim is against the endpoint;
the claims are listed with the number of runs in which each was.  A run without a hit has nothing to notice.  The exit code is 0
if all others noticed and it did not, else 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.mock.server import serving
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options

VARIABLE = "CONFORMANCE_BENCHMARK_KEY"
KEY = "sk-test"
PATH = "/v1/chat/completions"
PATIENCE = 2.0  # seconds that a request waits for another to be mixed up with, before it gets its own answer
AGAINST = ("deviates", "differs")

Message = dict[str, Any]
Mix = Callable[[list[Message], list[Message]], tuple[list[Message], list[Message]]]


class Mixer:
    """An ASGI application in front of the gateway's, which mixes up the answers to some pairs of requests."""

    def __init__(self, app: Any, mix: Mix, share: float, seed: int, *, streams: bool) -> None:
        self._app = app
        self._mix = mix
        self._dice = random.Random(seed)
        self._odds = share / 2  # each pair has two replies
        self._streams_only = streams
        self._waiting: dict[bool, tuple[list[Message], asyncio.Future[list[Message]]]] = {}
        self.replies = 0
        self.hit = 0

    async def __call__(self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, collect)
        for message in await self._mixed(messages):
            await send(message)

    async def _mixed(self, messages: list[Message]) -> list[Message]:
        """Return the messages of a reply, mixed up with those of another if it is picked or another waits."""
        self.replies += 1
        headers = dict(messages[0]["headers"])
        streamed = headers.get(b"content-type", b"").startswith(b"text/event-stream")
        if messages[0]["status"] != 200 or (self._streams_only and not streamed):
            return messages
        if streamed in self._waiting:
            other, answered = self._waiting.pop(streamed)
            mine, theirs = self._mix(messages, other)
            answered.set_result(theirs)
            self.hit += 2
            return mine
        if self._dice.random() >= self._odds:
            return messages
        answered = asyncio.get_running_loop().create_future()
        self._waiting[streamed] = (messages, answered)
        try:
            return await asyncio.wait_for(answered, PATIENCE)
        except TimeoutError:
            self._waiting.pop(streamed, None)
            return messages


def whole(one: list[Message], other: list[Message]) -> tuple[list[Message], list[Message]]:
    """Return two replies in each other's place."""
    return other, one


def pieces(one: list[Message], other: list[Message]) -> tuple[list[Message], list[Message]]:
    """Return two streams with a chunk from the middle of each in the other."""
    return _with_chunk_of(one, other, lambda own, foreign: foreign), _with_chunk_of(
        other, one, lambda own, foreign: foreign
    )


def texts(one: list[Message], other: list[Message]) -> tuple[list[Message], list[Message]]:
    """Return two streams with the deltas from the middle of each in the other."""

    def with_delta(own: bytes, foreign: bytes) -> bytes:
        chunk, choices = json.loads(own[6:]), json.loads(foreign[6:])["choices"]
        return b"data: " + json.dumps({**chunk, "choices": choices}).encode() + b"\n\n"

    return _with_chunk_of(one, other, with_delta), _with_chunk_of(other, one, with_delta)


def _with_chunk_of(one: list[Message], other: list[Message], mixed: Callable[[bytes, bytes], bytes]) -> list[Message]:
    """Return a stream in which a chunk in the middle is followed by one of another stream."""
    own, foreign = (_middle(stream) for stream in (one, other))
    changed = {**one[own], "body": one[own]["body"] + mixed(one[own]["body"], other[foreign]["body"])}
    return [*one[:own], changed, *one[own + 1 :]]


def _middle(stream: list[Message]) -> int:
    """Return the position of the message in the middle of those that carry a chunk with choices."""
    found = [number for number, message in enumerate(stream) if b'"choices":[{' in message.get("body", b"")]
    return found[len(found) // 2]


MIXES: dict[str, Mix] = {"whole": whole, "pieces": pieces, "texts": texts}


@contextmanager
def serving_mixed(how: str, share: float, seed: int) -> Iterator[tuple[str, Mixer]]:
    """Serve a truthful gateway behind a mixer; yield its base URL and the mixer."""
    options = Options(port=0, api_key=KEY)
    gateway = Gateway(options)
    mixer = Mixer(gateway.app, MIXES[how], share, seed, streams=how != "whole")
    gateway.app = mixer  # type: ignore[assignment]
    listener = serving.listen(options)
    server = serving.Server(gateway)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    server.listening.wait()
    try:
        yield serving.base_url(options, listener), mixer
    finally:
        server.end()
        thread.join()


def against(url: str, folder: Path, arguments: list[str]) -> set[str]:
    """Run the suite, and return the claims that are against the endpoint."""
    command = [sys.executable, "-m", "conformance", "run", "--target=mock", f"--base-url={url}", f"--out={folder}"]
    command += [f"--api-key-env={VARIABLE}", *arguments]
    subprocess.run(command, env={**os.environ, VARIABLE: KEY}, check=False, capture_output=True)
    cells = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))["cells"]
    return {cell["claim"] for cell in cells if cell["verdict"] in AGAINST}


def main() -> int:
    """Run as the command line says and print the figures; return 1 if a run with a hit noticed nothing, or one without did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--how", choices=MIXES, default="whole")
    parser.add_argument("--share", type=float, default=0.02, help="of the replies that are mixed up")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("arguments", nargs="*", help="further arguments of conformance run")
    options = parser.parse_args()
    hit, noticed, wrong, counted = 0, 0, 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.runs):
            with serving_mixed(options.how, options.share, options.seed + number) as (url, mixer):
                claims = against(url, Path(folder) / str(number), options.arguments or ["--model=openai=mock-openai"])
            hit += mixer.hit > 0
            wrong += bool(claims) != (mixer.hit > 0)
            noticed += bool(claims)
            counted.update(claims)
            print(
                f"run {number + 1}: {mixer.hit} of {mixer.replies} hit; {', '.join(sorted(claims)) or 'NOTHING'}",
                flush=True,
            )
    claims_of_runs = (f"{claim} {count}" for claim, count in counted.most_common())
    print(f"{hit} of {options.runs} runs were hit, {noticed} noticed:", *claims_of_runs)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
