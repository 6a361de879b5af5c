"""Settings of the project's own tests: generated examples are the same every time, and slowness is no failure."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=100)
settings.load_profile("repeatable")
