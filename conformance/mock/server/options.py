"""The options of a mock gateway, for the command line, the suite and the tests alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Where to listen, which key to accept, which defects to show, and the latency and limits of answers.

    Port 0 takes a free one; `latency` is in seconds.  The defects show on a `share` of the requests, drawn from `seed`, or at
    random without one.  `requests_per_minute` of 0 means no rate limit; otherwise requests are counted in windows of
    `limit_window` seconds, by the kind `limit` (see limiting.LIMIT_KINDS), and `retry_after` says whether a 429 has a Retry-After
    header.  `tokens_per_minute` is such a limit too, where four bytes of a request are a token; `at_once` is the number of
    requests that may be in flight, 0 for any.  `models` are COLUMN=ID[,class=NAME], in addition to the mock's own.  `contract` is
    the built-in name or the path of the contract that the gateway keeps.
    """

    host: str = "127.0.0.1"
    port: int = 8123
    api_key: str = "sk-test"
    defects: tuple[str, ...] = ()
    share: float = 1.0
    seed: int | None = None
    latency: float = 0.0
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    at_once: int = 0
    limit: str = "fixed"
    limit_window: float = 60.0
    retry_after: bool = True
    models: tuple[str, ...] = ()
    contract: str = "cometapi"
    until_stdin_closes: bool = False
