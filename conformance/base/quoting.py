"""What a message may repeat of what the user gave: everything but what may be a secret.

A secret is given in the wrong place by mistake: as the name of a variable, as a path, in an address, or as the value of any other
option.  The look of such a text decides here, since nobody knows yet whether it is one.
"""

from __future__ import annotations

import re

HIDDEN = "[not shown: it may be a secret]"

# What keys of providers begin with, and what follows; a scheme of an authorization header and its value; user and password of an
# address, which end at its last @; a query, which holds keys of web hooks; and long runs of letters and digits as only a key has
# them: in both cases with digits, or 32 and more hexadecimal digits, while names of models have words of one case.
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|hf|gsk|gh[a-z]|xox[a-z]|github_pat)[-_]|AIza|AKIA|ASIA|eyJ)[-_.A-Za-z0-9+/=%]{8,}"
    r"|(?<=[Bb]earer )\S{4,}"
    r"|(?<=[Bb]asic )\S{4,}"
    r"|(?<=//)[^/\s'\"]+(?=@)"
    r"|(?<=\?)[\w.-]+=[^\s'\"]{8,}"
    r"|(?<=hooks\.)[^\s'\"]+"
    r"|(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])(?<![A-Za-z0-9])[A-Za-z0-9]{20,}"
    r"|(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"
)

# Names of variables are short, or capitals in words.  A key that could be a name is longer, and of one piece or in small letters.
_VARIABLE = re.compile(r"[A-Za-z_]\w{0,15}|[A-Z]+[0-9]*(?:_[A-Z0-9]{1,15})+")

# Paths say that they are one, or have an ending, or are short.
_PATH = re.compile(r".{0,15}|(?:~|\.{0,2})/.*|.*\.[a-z]{1,5}", re.DOTALL)


def masked(text: str) -> str:
    """Return a text without what looks like a secret."""
    return _SECRET.sub(HIDDEN, text)


def harmless(text: str) -> str:
    """Return a message without what looks like a secret, and with control characters but line ends spelt out."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in masked(text))


def variable(name: str) -> str:
    """Return the name of a variable for a message, unless it may be the secret that should be in the variable."""
    return masked(name) if _VARIABLE.fullmatch(name) else HIDDEN


def path(name: str) -> str:
    """Return the path of a file with a secret for a message, unless it may be the secret that should be in the file."""
    return masked(name) if _PATH.fullmatch(name) and ":/" not in name else HIDDEN
