"""The suite: pytest modules that ask, look and return what they saw, one per parameter or behaviour, by surface.

A test here takes `case` and `ask`, returns an Observation and asserts nothing; what the observation means is for the judge.
"""

import pytest

claim = pytest.mark.claim
"""Names the rows of the contract that a test function can observe."""
