"""Runs that answer from a recording: instead of an endpoint (replay), or before one is asked (resume).

What was recorded, and which recorded exchange may be trusted, is decided here; how it lies on disk is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.base.observation import Reason
from conformance.evidence import recording
from conformance.evidence.recording import Archive
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent, Sender, endpoint_dead
from conformance.surfaces import registry as surfaces

_OF_THE_ACCOUNT = frozenset({402, 429})  # never about a request, and over when somebody has paid


@dataclass(frozen=True)
class EarlierRun:
    """A recorded run that another one answers from: its directory, its facts, the files that end in a torn line.

    With `resumed` it is gone on with in the same directory; without, nothing is sent.
    """

    folder: Path
    facts: dict[str, Any] = field(repr=False)
    resumed: bool = False
    torn: tuple[tuple[str, int], ...] = ()

    @property
    def keyword(self) -> str:
        """What -k selected; empty where nothing was."""
        return str(self.facts.get("keyword", ""))

    def archive(self) -> Archive:
        """Its exchanges.

        Where it is gone on with, what failed for a time is asked again, since the outage may be over, and so is what lacks a
        secret, which must not be judged.
        """
        if self.resumed:
            return Archive(
                [self.folder / recording.EVIDENCE_FILE], trusted=lambda each: not (each.taken or _passing(each))
            )
        return Archive(recording.files(self.folder))

    def notes(self, digest: str) -> list[str]:
        """What a person should know of it, one sentence each; `digest` is that of the contract it is judged under now."""
        started = self.facts["started"]
        how = "resume of {}, begun {}: what it recorded is not asked again"
        lines = [(how if self.resumed else "replay of {}, begun {}: nothing is sent").format(self.folder, started)]
        if self.keyword:
            lines.append(f"it was a selection, -k '{self.keyword}', and is one again unless another -k is given")
        for name, count in self.torn:
            lines.append(f"{name} ends in a line that was cut off in writing; its {count} bytes are left out")
        if self.facts["digest"] != digest:
            lines.append(f"the contract has changed: recorded under {self.facts['digest']}, judged under {digest}")
        return lines


def earlier_run(run: Path, *, resumed: bool) -> EarlierRun:
    """The recording of a run directory or of a file in it; raises UsageError where there is none."""
    folder = (run if run.is_dir() else run.parent if run.is_file() else run).resolve()
    facts = recording.facts(folder)
    torn = tuple((path.name, count) for path, count in recording.torn(folder).items())
    return EarlierRun(folder, facts, resumed, torn)


class ReplaySource:
    """Answers from a recording and sends nothing; `sent` is what was sent for the answers when they were recorded."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.dead = False
        self.sent = 0

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """The recorded exchange, or NotSent with the name of what is missing."""
        name = request.exchange_id(sample, attempt)
        if name not in self._archive:
            raise NotSent(Reason.NOT_RECORDED, missing(request, sample, attempt))
        self.sent += self._archive.requests(name)
        return self._archive.get(name)

    async def close(self) -> None:
        """Nothing is open."""


class ResumeSource:
    """Answers from a recording what it holds, and asks the endpoint for the rest.

    A dead endpoint does not keep it from answering what is recorded.
    """

    def __init__(self, archive: Archive, sender: Sender) -> None:
        self._archive = archive
        self._sender = sender
        self._before = 0
        self._counted: set[str] = set()
        self.dead = False

    @property
    def sent(self) -> int:
        """Requests sent, now and when the answers were recorded."""
        return self._before + self._sender.sent

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        name = request.exchange_id(sample, attempt)
        self.count(name)
        if name in self._archive:
            return self._archive.get(name)
        if self._sender.dead:
            raise endpoint_dead()
        return await self._sender.send(request, sample, attempt)

    def count(self, name: str) -> None:
        """Count the requests that were sent for what is recorded under this id, once."""
        if name not in self._counted:
            self._counted.add(name)
            self._before += self._archive.requests(name)

    async def close(self) -> None:
        await self._sender.close()


def missing(request: Request, sample: int, attempt: int) -> str:
    """Why a request is not answered from a recording."""
    what = f"{request.method} {request.path} {request.key[:8]}.. sample {sample} attempt {attempt}"
    return f"not in the recording: {what}; ask for it with --resume RUN, or run anew"


def _passing(exchange: Exchange) -> bool:
    """Whether an exchange failed for a reason that may be gone: an outage, an overload, a rate limit, no answer in time, no
    credit."""
    return (
        exchange.failure == "timeout"
        or exchange.status in _OF_THE_ACCOUNT
        or surfaces.for_request(exchange.request).is_transient(exchange)
    )
