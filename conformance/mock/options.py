"""How a mock gateway is started: one frozen record, whoever starts it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Where to listen (port 0 takes a free one), what to accept, how to lie, how long to wait (seconds).

    `models` are spelled COLUMN=ID[,class=NAME] and come on top of the mock's own.
    """

    host: str = "127.0.0.1"
    port: int = 8123
    api_key: str = "sk-test"
    defects: tuple[str, ...] = ()
    latency: float = 0.0
    models: tuple[str, ...] = ()
    until_stdin_closes: bool = False
