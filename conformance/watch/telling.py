"""Whom a watch tells what turned: a webhook, an issue on GitHub, or both.

An address of a webhook and a token are secrets.  They come from a variable or a file, are read when they are needed, and are
never printed or written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.base import quoting
from conformance.base.errors import ConfigurationError, UsageError
from conformance.base.reading import MAX_SECRET, read_text
from conformance.render.turns import document, issue
from conformance.results.turning import Turned
from conformance.sending.posting import post

WEBHOOK, ISSUE = "webhook", "issue"
GITHUB = "https://api.github.com"
GITHUB_VARIABLE = "GITHUB_API_URL"  # which GitHub sets in workflows; GitHub Enterprise has another address
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Recipients:
    """Who is told: variables or files that hold secrets, the repository of issues, and the link that a message ends with."""

    webhook_env: str | None = None
    webhook_file: Path | None = None
    github_issue: str | None = None
    github_token_env: str = "GITHUB_TOKEN"
    link: str = ""

    def check(self) -> None:
        """Raise UsageError or ConfigurationError for what could not be used at night, before anything is asked."""
        if self.webhook_env and self.webhook_file:
            raise UsageError("--webhook-env and --webhook-file cannot be combined", "give one of them")
        if self.github_issue is not None and not _REPOSITORY.fullmatch(self.github_issue):
            raise UsageError(
                f"--github-issue must be OWNER/REPO, got {self.github_issue!r}", "for instance acme/gateway"
            )
        self._webhook()
        self._token()

    @property
    def names(self) -> list[str]:
        """Who is told, by the names under which the state keeps what they were not told yet."""
        webhook = [WEBHOOK] if self.webhook_env or self.webhook_file else []
        return [*webhook, *([ISSUE] if self.github_issue else [])]

    def tell(self, name: str, target: str, contract: str, turns: Sequence[Turned]) -> None:
        """Tell one of them; raises NotDelivered if it could not be reached."""
        if name == WEBHOOK:
            where = f"the webhook in {self.webhook_env or self.webhook_file}"
            post(self._webhook(), document(target, contract, turns, self.link), {}, where)
        else:
            address = f"{os.environ.get(GITHUB_VARIABLE) or GITHUB}/repos/{self.github_issue}/issues"
            headers = {"authorization": f"Bearer {self._token()}", "accept": "application/vnd.github+json"}
            post(address, issue(target, turns, self.link), headers, f"the issues of {self.github_issue}")

    def _webhook(self) -> str:
        """Return the address of the webhook; empty if there is none."""
        if self.webhook_file:
            place, shown = self.webhook_file.expanduser(), quoting.path(str(self.webhook_file))
            found = read_text(place, "correct --webhook-file", MAX_SECRET, shown=shown).strip()
            return _held(found, f"file {self.webhook_file}", "the address of the webhook")
        if self.webhook_env:
            return _held(
                _value(self.webhook_env), f"variable {quoting.variable(self.webhook_env)}", "the address of the webhook"
            )
        return ""

    def _token(self) -> str:
        """Return the token for issues; empty if none are made."""
        if self.github_issue is None:
            return ""
        where = f"variable {quoting.variable(self.github_token_env)}"
        return _held(_value(self.github_token_env), where, "a token that may make issues")


def _value(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def _held(value: str, where: str, what: str) -> str:
    if not value:
        raise ConfigurationError(f"{where} must hold {what}, and is not set", "set it, or leave the option out")
    return value
