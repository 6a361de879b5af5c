"""The table of the options of a run, whose names `conformance run` and `plan` use, and pytest with the prefix --conformance-.

The name, the value and one line of help of each option live here; the values that the user gave are in `options`.  Every pytest
of the environment imports this module, so it imports nothing of the package.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Show(StrEnum):
    """What is printed of a run: what matters, or the problems, the table of the documentation or all cells in full."""

    SHORT = "short"
    PROBLEMS = "problems"
    TABLE = "table"
    ALL = "all"


# The value and the help of the option that chooses among them.
SHOW = (
    "|".join(Show),
    "what is printed at the end: what matters, the problems, the table or all cells; default: short",
)


class Option(NamedTuple):
    """One option; `key` is the name of its parameter, `planned` says whether `conformance plan` has it too."""

    name: str
    metavar: str
    help: str
    type: type = str
    repeats: bool = False
    planned: bool = True

    @property
    def key(self) -> str:
        return self.name.replace("-", "_") + ("s" if self.repeats else "")


SETTINGS = (
    Option(
        "target",
        "NAME|FILE",
        "endpoint to test, a built-in target or a target file; default: the embedded mock gateway",
    ),
    Option("base-url", "URL", "base URL of the endpoint, ending in /v1; default: the target's"),
    Option("api-key-env", "VAR", "environment variable that holds the key; default: the target's"),
    Option("api-key-file", "FILE", "file that holds the key and nothing else; default: none"),
    Option(
        "model",
        "COLUMN=ID[,class=NAME][,version=DATE]",
        "model to test and its column; repeatable; default: the target's",
        repeats=True,
    ),
    Option("contract", "NAME|PATH", "contract to test, built in or a folder or file; default: the target's"),
    Option("surface", "NAME", "surface to test, such as chat; repeatable; default: all of the target", repeats=True),
    Option(
        "claim",
        "GLOB",
        "claims to test, CLAIM or CLAIM@COLUMN:MODEL, such as 'chat.n.*@claude:*'; repeatable; default: the target's, else all",
        repeats=True,
    ),
    Option("concurrency", "N", "most requests in flight at once; default: the target's", type=int),
    Option(
        "requests-per-minute",
        "N",
        "most requests sent in a minute; default: the target's, else as many as the endpoint accepts",
        type=float,
    ),
    Option(
        "tokens-per-minute",
        "N",
        "most tokens requested in a minute, prompts and answers; default: the target's, else no limit",
        type=float,
    ),
    Option(
        "too-long",
        "N",
        "test that each model refuses a prompt of N words, more than its context holds; default: not tested",
        type=int,
    ),
    Option("shard", "I/N", "test only shard I of N, to be joined by conformance report --merge; default: everything"),
    Option("profile", "smoke|standard|full", "how much is tested; default: the target's, else full"),
    Option(
        "samples",
        "N",
        "test claims that depend on a model's sampling N times, 1 to 20; default: the target's, else 1",
        type=int,
    ),
    Option(
        "share",
        "S",
        "notice a fault that shows on this share of the requests, 0.01 to 1, with 95 %; default: the target's, else one look",
        type=float,
    ),
    Option(
        "budget",
        "USD",
        "most US dollars to spend; needs prices, see docs/cost.md; default: the target's, else no limit",
        planned=False,
    ),
    Option(
        "target-name",
        "NAME",
        "name of the endpoint in results and on the site; default: the target's, else from the base URL",
        planned=False,
    ),
    Option(
        "target-version", "TEXT", "version of the gateway, to be recorded in the matrix; default: none", planned=False
    ),
    Option("replay", "RUN", "judge a recorded run again, with its settings; sends nothing", planned=False),
    Option("resume", "RUN", "continue an incomplete run, with its settings; sends only what is missing", planned=False),
)
