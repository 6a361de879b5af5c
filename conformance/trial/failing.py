"""How often the server fails on the requests of a model, whatever they are about.

A failure of the server that comes at times may be an accident.  It is blamed on a request only if others fail more rarely.
"""

from __future__ import annotations

from collections.abc import Collection

from conformance.http.exchange import Exchange
from conformance.surfaces.reply import Reply


class Failing:
    """The exchanges of a model that were the first of their request, and those of them in which the server failed.

    What is sent again because it failed would fail more often than others.
    """

    def __init__(self) -> None:
        self._first: set[str] = set()
        self._failed: set[str] = set()

    def add(self, exchange: Exchange, reply: Reply) -> None:
        """Count an exchange, unless it repeats another one."""
        if exchange.attempt:
            return
        self._first.add(exchange.id)
        if not reply.ok and reply.refusal().suspect:
            self._failed.add(exchange.id)

    def without(self, own: Collection[str]) -> tuple[int, int]:
        """Return how many of the exchanges failed and how many there are, apart from these."""
        return len(self._failed.difference(own)), len(self._first.difference(own))

    @classmethod
    def together(cls, several: Collection[Failing]) -> Failing:
        """Return the exchanges of several models."""
        every = cls()
        for each in several:
            every._first |= each._first
            every._failed |= each._failed
        return every
