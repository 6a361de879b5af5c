"""`python -m conformance.mock`: the mock gateway alone, without the rest of the project."""

import argparse
import os
import sys

from conformance.mock.server.limiting import KINDS
from conformance.mock.server.options import Options
from conformance.mock.server.serving import serve

NO_KEY = 3  # exit code: a variable was named that is not set


def parser() -> argparse.ArgumentParser:
    """Return the options of the command."""
    result = argparse.ArgumentParser(prog="python -m conformance.mock", description="Serve the mock gateway.")
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=8123, help="0 takes a free port")
    result.add_argument("--api-key-env", metavar="VAR", help="variable with the key to accept; sk-test without it")
    result.add_argument("--defect", action="append", default=[], metavar="NAME", help="lie in this way; repeatable")
    result.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each completion")
    result.add_argument(
        "--requests-per-minute", type=float, default=0.0, metavar="N", help="answer 429 to more than that"
    )
    result.add_argument("--limit", choices=KINDS, default="fixed", help="how they are counted")
    result.add_argument("--limit-window", type=float, default=60.0, metavar="SECONDS", help="in which they are counted")
    result.add_argument("--no-retry-after", action="store_true", help="do not say when to come again")
    result.add_argument("--model", action="append", default=[], metavar="COLUMN=ID[,class=NAME]", help="repeatable")
    result.add_argument("--until-stdin-closes", action="store_true", help="end when stdin reaches its end")
    return result


def main() -> int:
    """Serve as the command line says, and return the exit code."""
    given = parser().parse_args()
    api_key = os.environ.get(given.api_key_env, "") if given.api_key_env else "sk-test"
    if not api_key:
        print(
            f"conformance mock: the variable {given.api_key_env} is not set; it should hold the key.", file=sys.stderr
        )
        return NO_KEY
    return serve(
        Options(
            host=given.host,
            port=given.port,
            api_key=api_key,
            defects=tuple(given.defect),
            latency=given.latency,
            requests_per_minute=given.requests_per_minute,
            limit=given.limit,
            limit_window=given.limit_window,
            retry_after=not given.no_retry_after,
            models=tuple(given.model),
            until_stdin_closes=given.until_stdin_closes,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
