"""Where a key comes from: an environment variable or a file, never the command line, and never a record that is written.

Reading a key when it is needed, and naming its origin without showing it, live here.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from conformance.base import quoting
from conformance.base.errors import ConfigurationError, UsageError
from conformance.base.reading import MAX_SECRET, read_bytes

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)  # the name of an environment variable in a shell
_OTHERS = 0o077  # the permission bits of a file for everybody except its owner


def from_variable(name: str, target: str) -> str:
    """Return the key in a variable; raises ConfigurationError if it is not set or cannot be sent."""
    key = os.environ.get(name, "").strip()
    if not key:
        shown = quoting.variable(name)
        hint = f"export {shown}=... or name another variable with --api-key-env"
        raise ConfigurationError(f"variable {shown} must hold the key of {target}, and is not set", hint)
    return _usable(key, f"variable {name}")


def from_file(name: str, target: str) -> str:
    """Return the key in a file without white space around it; raises ConfigurationError if there is none that can be sent."""
    hint = "name the file with --api-key-file; a relative path starts at the current directory"
    try:
        key = read_bytes(Path(name).expanduser(), hint, MAX_SECRET).strip().decode("latin-1")
    except (UsageError, RuntimeError) as error:  # a home directory that is not known is a RuntimeError
        reason = str(error).partition("cannot be read: ")[2].partition(";")[0] or "no such path"
        raise ConfigurationError(f"key file {quoting.path(name)} of {target} cannot be read: {reason}", hint) from error
    if not key:
        raise ConfigurationError(
            f"key file {name} must hold the key of {target}, and is empty", "write the key into it, on one line"
        )
    return _usable(key, f"key file {name}")


def _usable(key: str, where: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"{where} must hold printable ASCII on one line", "copy the key again")
    return key


def exposed(name: str) -> str | None:
    """Return a warning if other users of this machine may use a key file; else None.

    It is only a warning because the secrets of a container are often readable by every user in it.
    """
    try:
        mode = Path(name).expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return None
    return f"key file {name} can be used by other users; run chmod 600 {name}" if mode & _OTHERS else None


def without_home(name: str) -> str:
    """Return a path as reports may show it: the home directory, which contains the user's name, is written as ~."""
    try:
        return str(Path("~") / Path(name).relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return name


def in_shell(variable: str | None, file: str | None) -> str | None:
    """Return the expression that a shell replaces with the key inside double quotes; None without a key.

    A variable comes from a matrix, which may be anybody's, so a text that is no name of one stands for itself and is not shown.
    """
    if file:
        home, quoted = file.startswith("~/"), shlex.quote(file.removeprefix("~/"))
        return f"$(cat {'~/' if home else ''}{quoted})"
    if variable and not VARIABLE.fullmatch(variable):
        return "<key>"
    return f"${variable}" if variable else None
