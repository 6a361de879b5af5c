"""Runs that are answered from a recording: instead of an endpoint (replay), or as far as it goes (resume).

Which recorded exchanges can be used again is decided here; how they are stored is known to `recording`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.base.observation import Reason
from conformance.evidence import recording
from conformance.evidence.files import torn
from conformance.evidence.recording import Archive
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent, Sender, endpoint_dead
from conformance.surfaces import registry as surfaces

_OF_THE_ACCOUNT = frozenset({402, 429})  # about the account and not about a request; over once somebody has paid


@dataclass(frozen=True)
class EarlierRun:
    """A recorded run that a replay or a resume is based on: its directory, its facts, and its files with a torn last line.

    With `resumed` the run is continued in the same directory; without it nothing is sent.
    """

    folder: Path
    facts: dict[str, Any] = field(repr=False)
    resumed: bool = False
    torn: tuple[tuple[str, int], ...] = ()

    @property
    def keyword(self) -> str:
        """The expression that -k selected with; empty if there was none."""
        return str(self.facts.get("keyword", ""))

    @property
    def markers(self) -> str:
        """The expression that -m selected with; empty if there was none."""
        return str(self.facts.get("markers", ""))

    @property
    def precedes_invariants(self) -> bool:
        """Whether it was recorded by a version that judged no exchange but those that a test asked for."""
        return not self.facts.get("invariants", False)

    def archive(self) -> Archive:
        """Open its exchanges.

        A resume sends requests again whose failure may be over by now, and those whose recorded reply cannot be judged because a
        secret was removed from it.
        """
        if self.resumed:
            whole = self.folder / recording.EVIDENCE_FILE
            return Archive([whole], trusted=lambda exchange: not (exchange.taken or _may_be_over(exchange)))
        return Archive(recording.files(self.folder))

    def notes(self, digest: str) -> list[str]:
        """Return what the user should know about it, one sentence each; `digest` is that of the contract it is judged under."""
        started = self.facts["started"]
        resume = "resume of {}, started {}: recorded requests are not sent again"
        lines = [(resume if self.resumed else "replay of {}, started {}: nothing is sent").format(self.folder, started)]
        for option, selection in (("-k", self.keyword), ("-m", self.markers)):
            if selection:
                lines.append(f"its selection {option} '{selection}' is used again unless another -k or -m is given")
        for name, count in self.torn:
            lines.append(f"{name} ends in a line that was cut off in writing; its {count} bytes are left out")
        if self.facts["digest"] != digest:
            lines.append(f"the contract has changed: recorded under {self.facts['digest']}, judged under {digest}")
        return lines


def earlier_run(run: Path, *, resumed: bool) -> EarlierRun:
    """Return the recorded run in a directory, or in the directory of a file; raises UsageError if there is none."""
    folder = (run if run.is_dir() else run.parent if run.is_file() else run).resolve()
    facts = recording.facts(folder)
    cut_off = tuple((path.name, count) for path, count in torn(folder).items())
    return EarlierRun(folder, facts, resumed, cut_off)


class ReplaySource:
    """Answers from a recording and sends nothing; `sent` counts the requests that were sent when it was recorded."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.dead = False
        self.sent = 0

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """Return the recorded exchange; raises NotSent with the name of the request if it is missing."""
        exchange_id = request.exchange_id(sample, attempt)
        if exchange_id not in self._archive:
            raise NotSent(Reason.NOT_RECORDED, _not_recorded(request, sample, attempt))
        self.sent += self._archive.requests(exchange_id)
        return self._archive.get(exchange_id)

    async def close(self) -> None:
        """Do nothing: the archive belongs to whoever opened it."""


class ResumeSource:
    """Answers from a recording as far as it goes, and sends the other requests to the endpoint.

    It is never dead itself: it can answer recorded requests even if the endpoint is dead.
    """

    def __init__(self, archive: Archive, sender: Sender) -> None:
        self._archive = archive
        self._sender = sender
        self._sent_before = 0
        self._counted: set[str] = set()
        self.dead = False

    @property
    def sent(self) -> int:
        """The number of requests sent, now and when the answers were recorded."""
        return self._sent_before + self._sender.sent

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """Return the recorded exchange, else send the request; raises NotSent if the endpoint is dead."""
        exchange_id = request.exchange_id(sample, attempt)
        self.count(exchange_id)
        if exchange_id in self._archive:
            return self._archive.get(exchange_id)
        if self._sender.dead:
            raise endpoint_dead()
        return await self._sender.send(request, sample, attempt)

    def count(self, exchange_id: str) -> None:
        """Count the requests that were sent for this recorded exchange, once."""
        if exchange_id not in self._counted:
            self._counted.add(exchange_id)
            self._sent_before += self._archive.requests(exchange_id)

    async def close(self) -> None:
        await self._sender.close()


def _not_recorded(request: Request, sample: int, attempt: int) -> str:
    """Return why a request is not answered from a recording, with the next step."""
    name = f"{request.method} {request.path} {request.key[:8]}.. sample {sample} attempt {attempt}"
    return f"not in the recording: {name}; send it with --resume RUN, or run again"


def _may_be_over(exchange: Exchange) -> bool:
    """Return whether an exchange failed for a reason that may be over: an outage, a rate limit, a timeout, a spent account."""
    return (
        exchange.failure == "timeout"
        or exchange.status in _OF_THE_ACCOUNT
        or surfaces.for_request(exchange.request).is_transient(exchange)
    )
