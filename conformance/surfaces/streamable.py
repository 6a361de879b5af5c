"""A reply of an API on which models answer, plain or as a stream of server-sent events: what the readers of these APIs share.

How a request asks for a stream, what begins and ends an answer in it and where it reports errors is the API's own.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from conformance.base.observation import Observation, mishandled, unanswered
from conformance.surfaces import errors
from conformance.surfaces.errors import ErrorWords
from conformance.surfaces.reply import Reply

_LONGEST_ERROR = 120  # characters of an error in a stream that a detail quotes


class StreamableReply(Reply):
    """An exchange read as an answer; a stream is joined into the form of a reply without streaming.

    `error_words` are the words of the API's errors, and `last_event` says what a stream lacks that breaks off.
    """

    error_words: ClassVar[ErrorWords] = errors.OPENAI
    last_event: ClassVar[str]

    @abstractmethod
    def _content_problem(self) -> str | None:
        """Return why a reply with status 200 that arrived whole is not an answer; None if it is one."""

    @abstractmethod
    def _steps(self) -> Iterator[tuple[Any, bool]]:
        """Yield for each event of a stream the error that it reports, if any, and whether it has some of the answer."""

    @abstractmethod
    def _is_ended(self) -> bool:
        """Return whether a stream came to its end or to an error, or has nothing of an answer that could break off."""

    @abstractmethod
    def _is_like_an_answer(self) -> bool:
        """Return whether a body that was not sent as a stream is an answer, or looks like a stream."""

    def _problem(self) -> str | None:
        if self.broken_off:
            return self.broken_off
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        return self._content_problem()

    def refusal(self) -> Observation:
        """Return what a reply that is not an answer shows; a stream that did not arrive whole shows nothing about its content."""
        if self.stream_failure:
            return unanswered(self.stream_failure)
        if self.streamed and self.exchange.status == 200 and not self.exchange.failure:
            return mishandled(f"expected an answer in the stream, got {self.problem}", suspect=True)
        return errors.read_refusal(self.exchange, self.error_words)

    @property
    def asks_stream(self) -> bool:
        """Whether the request asks for a stream of server-sent events."""
        return self.request_body.get("stream") is True

    @cached_property
    def streamed(self) -> bool:
        """Whether a stream was requested and an event stream came."""
        return self.asks_stream and self._is_event_stream

    @property
    def _is_event_stream(self) -> bool:
        return "event-stream" in (self.exchange.header("content-type") or "")

    @cached_property
    def stream_failure(self) -> str | None:
        if self.broken_off:
            return self.broken_off
        if self.exchange.status != 200 or self.exchange.failure or not self.asks_stream:
            return None
        if self.streamed:
            return self.unreadable_event or self.stream_error or ("the stream is empty" if self.empty_stream else None)
        kind = self.exchange.header("content-type")
        return f"content type {kind}, expected text/event-stream" if self._is_like_an_answer() else None

    @cached_property
    def broken_off(self) -> str | None:
        """How a stream broke off: its connection was lost, or it stopped without an end; None if it did not."""
        if not self.streamed or self.exchange.status != 200:
            return None
        if self.exchange.failure:
            broken = self.exchange.failure in ("connection", "protocol")
            return f"the stream breaks off: {self.exchange.failure_detail}" if broken else None
        return None if self._is_ended() else f"the stream breaks off without {self.last_event}"

    @cached_property
    def stream_error(self) -> str | None:
        """An error sent after the answer began, which is an outage even if the stream goes on; None if there is none."""
        begun = False
        for error, begins in self._steps():
            if error and begun:
                return f"the stream ends with an error: {json.dumps(error, ensure_ascii=False)[:_LONGEST_ERROR]}"
            begun = begun or begins
        return None
