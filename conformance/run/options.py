"""The options of a run, once: `conformance run` and `plan` take them short, pytest with the prefix --conformance-.

What an option is called, what it takes and one line of help live here; what a value means and which are usable is said by
`session.settings`, who gets them all by these names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One option; `key` is the name of the parameter that gets it, `planned` whether `conformance plan` takes it too."""

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
    Option("target", "NAME|FILE", "endpoint under test; default: the embedded mock gateway"),
    Option("base-url", "URL", "base URL in place of the target's, ending in /v1"),
    Option("api-key-env", "VAR", "environment variable that holds the key"),
    Option("api-key-file", "FILE", "file that holds the key and nothing else"),
    Option("model", "COLUMN=ID[,class=NAME]", "model to test; repeatable", repeats=True),
    Option("contract", "NAME|FILE", "contract in place of the target's"),
    Option("concurrency", "N", "requests in flight at once", type=int),
    Option(
        "requests-per-minute", "N", "requests sent in a minute at most; less where the endpoint refuses", type=float
    ),
    Option("tokens-per-minute", "N", "tokens asked for in a minute at most, prompts and answers", type=float),
    Option(
        "too-long",
        "N",
        "ask each model to refuse a prompt of N words, more than its context holds; not asked without",
        type=int,
    ),
    Option("shard", "I/N", "the I-th of N parts, for a report --merge of all of them"),
    Option("profile", "smoke|standard|full", "how much is asked: smoke, standard or full; default: full"),
    Option("samples", "N", "ask what depends on a model's sampling N times, at most 20; default: once", type=int),
    Option("budget", "USD", "stop before more than this is spent; needs prices, see docs/cost.md", planned=False),
    Option("target-version", "TEXT", "version of the gateway, for the record", planned=False),
    Option("replay", "RUN", "judge a recorded run again: nothing is sent, its settings are used", planned=False),
    Option(
        "resume", "RUN", "go on with a run that did not come to its end: only what is missing is sent", planned=False
    ),
)
