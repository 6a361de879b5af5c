"""`python -m conformance.mock`: the mock gateway alone, without the rest of the project."""

import argparse
import os
import sys

from conformance.mock.server.limiting import LIMIT_KINDS
from conformance.mock.server.options import Options
from conformance.mock.server.serving import serve

NO_KEY = 3  # exit code when the variable that --api-key-env names is not set


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m conformance.mock", description="Serve the mock gateway.")
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=8123, help="port to listen on; 0 takes a free one")
    result.add_argument(
        "--api-key-env", metavar="VAR", help="environment variable with the key to accept; default key: sk-test"
    )
    result.add_argument("--defect", action="append", default=[], metavar="NAME", help="defect to show; repeatable")
    result.add_argument(
        "--share", type=float, default=1.0, help="share of the requests on which the defects show; default: all"
    )
    result.add_argument("--seed", type=int, metavar="N", help="what draws these requests; default: at random")
    result.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each completion; default: 0"
    )
    result.add_argument(
        "--requests-per-minute",
        type=float,
        default=0.0,
        metavar="N",
        help="answer 429 above this rate; 0 (default) sets no limit",
    )
    result.add_argument(
        "--tokens-per-minute",
        type=float,
        default=0.0,
        metavar="N",
        help="answer 429 above this rate, where four bytes of a request are a token; 0 (default) sets no limit",
    )
    result.add_argument(
        "--at-once",
        type=int,
        default=0,
        metavar="N",
        help="answer 429 while N requests are in flight; 0 (default) sets no limit",
    )
    result.add_argument("--limit", choices=LIMIT_KINDS, default="fixed", help="how requests or tokens are counted")
    result.add_argument(
        "--limit-window",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="length of the window in which they are counted",
    )
    result.add_argument("--no-retry-after", action="store_true", help="leave Retry-After out of a 429")
    result.add_argument(
        "--model", action="append", default=[], metavar="COLUMN=ID[,class=NAME]", help="model to serve; repeatable"
    )
    result.add_argument(
        "--contract", default="cometapi", metavar="NAME|PATH", help="contract to keep; default: cometapi"
    )
    result.add_argument("--until-stdin-closes", action="store_true", help="stop when stdin is closed")
    return result


def main() -> int:
    """Serve as the command line says, and return the exit code."""
    arguments = parser().parse_args()
    api_key = os.environ.get(arguments.api_key_env, "") if arguments.api_key_env else "sk-test"
    if not api_key:
        print(
            f"conformance mock: --api-key-env must name a variable that holds the key; {arguments.api_key_env} is not set",
            file=sys.stderr,
        )
        return NO_KEY
    return serve(
        Options(
            host=arguments.host,
            port=arguments.port,
            api_key=api_key,
            defects=tuple(arguments.defect),
            share=arguments.share,
            seed=arguments.seed,
            latency=arguments.latency,
            requests_per_minute=arguments.requests_per_minute,
            tokens_per_minute=arguments.tokens_per_minute,
            at_once=arguments.at_once,
            limit=arguments.limit,
            limit_window=arguments.limit_window,
            retry_after=not arguments.no_retry_after,
            models=tuple(arguments.model),
            contract=arguments.contract,
            until_stdin_closes=arguments.until_stdin_closes,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
