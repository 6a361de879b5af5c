"""Which headers a target may add: those that say something of their own, and that can be sent."""

import pytest

from conformance.base.errors import ConfigurationError
from conformance.target import headers
from tests.support.collecting import over


@over(
    "name, value",
    [
        ("X-Team", "qa"),
        ("HTTP-Referer", "https://example.com/a b"),
        ("Authorization", "Bearer s3cr3t"),
        ("User-Agent", "mine/1.0"),
        ("x_under", ""),
    ],
)
def test_headers_that_can_be_sent_pass(name: str, value: str) -> None:
    """Any token is a name, and any printable text a value, an empty one too."""
    headers.check([(name, value)], "mine")


@over(
    "name, message",
    [
        *(
            (name, "the name of header 1 of target mine must be letters, digits and hyphens; correct it")
            for name in ("a b", "a\nb", "Content-Length ", "", ":authority", "X-é")
        ),
        ("Content-Length", "header Content-Length of target mine is set by the suite for each request; remove it"),
        ("transfer-encoding", "header transfer-encoding of target mine is set by the suite"),
        ("Host", "header Host of target mine is set by the suite for each request; name the host in base_url"),
    ],
)
def test_names_that_would_break_a_request_are_refused(name: str, message: str) -> None:
    """A name that is none, and one that says how the message is to be read."""
    with pytest.raises(ConfigurationError) as raised:
        headers.check([(name, "5")], "mine")
    assert message in str(raised.value)


@over("value", ["s3cr3t…", "s3cr3t日本", "s3cr3té", "s3cr3t\nx: y", "s3cr3t\0", "s3cr3t\tx", " s3cr3t", "s3cr3t "])
def test_values_that_cannot_be_sent_are_refused(value: str) -> None:
    """The error names the header and does not show its value."""
    with pytest.raises(ConfigurationError, match="header x-access of target mine must be printable ASCII") as raised:
        headers.check([("x-access", value)], "mine")
    assert "s3cr3t" not in str(raised.value)
