"""Messages repeat what the user gave, but nothing that may be a secret."""

import pytest

from conformance.base import quoting
from conformance.base.errors import ConformanceError
from conformance.base.quoting import HIDDEN, harmless, masked

SECRETS = [
    "sk-proj-Qw3rTy9uIoPzXcVb77",
    "sk_live_Qw3rTy9uIoPzXcVb77",
    "sk-or-v1-0123456789abcdef",
    "AIzaSyD-0123456789abcdefghijklm",
    "ghp_0123456789abcdefghij",
    "xoxb-1234-5678-abcdefgh",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    "0123456789abcdef0123456789abcdef",
    "aB3dE5gH7jK9mN1pQ3sT",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_not_repeated(secret: str) -> None:
    """By its beginning, or because only keys have so many letters and digits; in message and hint, anywhere in them."""
    for text in (secret, f"got '{secret}'", f"X-Api-Key: {secret}", f"/run/{secret}/x", f"name = {secret}\nmore"):
        assert secret not in masked(text)
        assert secret not in str(ConformanceError(text, text))
    assert secret not in quoting.variable(secret)
    assert secret not in quoting.path(secret)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://user:pa.ss@a.example/v1", f"https://{HIDDEN}@a.example/v1"),
        ("https://a.example/v1?key=pass-word", f"https://a.example/v1?{HIDDEN}"),
        ("Authorization: Bearer pass word", f"Authorization: Bearer {HIDDEN} word"),
        ("https://hooks.chat.example/services/T1/B2/abc", f"https://hooks.{HIDDEN}"),
    ],
)
def test_the_parts_of_an_address_that_are_secret_are_not_repeated(text: str, left: str) -> None:
    """User and password, a query, and all of a web hook; so is what stands behind the scheme of an authorization."""
    assert masked(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4.1-mini-2025-04-14",
        "accounts/fireworks/models/llama-v3p1-405b-instruct",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free",
        "claude-sonnet-4-5-20250929",
        "chat.temperature.range@openai:gpt-4.1=2",
        "https://gateway.example:8080/api/v1",
        "reports/runs/20260102-030405-mine",
        "contract cometapi 467c109b3c970096",
        "--shard must be I/N with 1 <= I <= N <= 10000, got '3/2'",
        "write to ops@example.com, or see a@b?",
        "did you mean max_completion_tokens?",
        "9e107d9d-372b-4681-8f2c-1a2b3c4d5e6f",
    ],
)
def test_what_users_usually_give_is_repeated(text: str) -> None:
    """Names of models, cells, addresses, folders and digests."""
    assert masked(text) == text


def test_names_of_variables_and_files_are_repeated_if_they_look_like_it() -> None:
    """Anything else may be the key, which somebody gave in place of the name."""
    for name in ("OPENAI_API_KEY", "MY_KEY_2", "key", "my_key", "GITHUB_TOKEN"):
        assert quoting.variable(name) == name
    for name in ("0123456789abcdef", "a_password_in_words", "ABCDEFGHIJ0123456789", "correct horse battery"):
        assert quoting.variable(name) == HIDDEN
    for name in ("/run/secrets/openai_api_key", "~/keys/openai", "../a key/of/mine", "key", "folder/the.key", "k.txt"):
        assert quoting.path(name) == name
    for name in ("a-password-in-words", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "https:/hooks.example/abcdefghij"):
        assert quoting.path(name) == HIDDEN


def test_a_message_does_nothing_in_a_terminal() -> None:
    """Control characters and signs of direction are spelt out; line ends stay, for messages have several lines."""
    assert harmless("a\x1b]52;c;eA==\x07\u202e\nb") == "a\\x1b]52;c;eA==\\x07\\u202e\nb"
