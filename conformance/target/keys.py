"""Where a key comes from: an environment variable or a file, never a command line, and never a record that is written.

Reading one when it is needed, and saying where it came from without showing it, live here.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from conformance.base.errors import ConfigurationError

_OTHERS = 0o077  # what anybody but the owner may do with a file


def from_variable(name: str, target: str) -> str:
    """The key in a variable; ConfigurationError where it is not set or holds what is no key."""
    key = os.environ.get(name, "").strip()
    if not key:
        hint = f"export {name}=... or name another variable with --api-key-env"
        raise ConfigurationError(f"variable {name}, which should hold the key of {target}, is not set", hint)
    return _usable(key, f"variable {name}")


def from_file(name: str, target: str) -> str:
    """The key in a file, without white space around it; ConfigurationError where there is none that could be sent."""
    try:
        key = Path(name).expanduser().read_bytes().strip().decode("latin-1")
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such path"
        hint = "name the file with --api-key-file; a relative path starts at the current directory"
        raise ConfigurationError(f"key file {name} of {target} cannot be read: {why}", hint) from error
    if not key:
        raise ConfigurationError(f"key file {name} of {target} is empty", "write the key into it, on one line")
    return _usable(key, f"key file {name}")


def _usable(key: str, where: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"{where} holds what no header can carry", "copy the key again, on one line")
    return key


def exposed(name: str) -> str | None:
    """A warning where others on this machine may read a key file; None where they may not.

    It is no error: secrets that a container is given are often readable by all in it.
    """
    try:
        mode = Path(name).expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return None
    return f"key file {name} can be used by others than its owner; chmod 600 it" if mode & _OTHERS else None


def without_home(name: str) -> str:
    """A path as reports may show it: below the home directory it begins with ~, so that it names nobody."""
    try:
        return str(Path("~") / Path(name).relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return name


def in_shell(variable: str | None, file: str | None) -> str | None:
    """What a shell puts the key in for, in double quotes; None without a key."""
    if file:
        home, quoted = file.startswith("~/"), shlex.quote(file.removeprefix("~/"))
        return f"$(cat {'~/' if home else ''}{quoted})"
    return f"${variable}" if variable else None
