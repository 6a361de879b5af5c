"""How a mock gateway is started: one frozen record, whoever starts it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Where to listen (port 0 takes a free one), what to accept, how to lie, how long to wait (seconds).

    `requests_per_minute` of 0 is no limit; else it counts in windows of `limit_window` seconds, `limit` says how, and
    `retry_after` whether a refusal names the time to come again.
    `models` are spelled COLUMN=ID[,class=NAME] and come on top of the mock's own.
    """

    host: str = "127.0.0.1"
    port: int = 8123
    api_key: str = "sk-test"
    defects: tuple[str, ...] = ()
    latency: float = 0.0
    requests_per_minute: float = 0.0
    limit: str = "fixed"
    limit_window: float = 60.0
    retry_after: bool = True
    models: tuple[str, ...] = ()
    until_stdin_closes: bool = False
