"""`python -m conformance`: the command line without its script."""

from conformance.cli import main

main()
