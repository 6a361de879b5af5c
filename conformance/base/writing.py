"""Writing whole files: the one place that does it, so that a full or read-only disk is one error and leaves nothing half written.

Evidence, which is appended line by line, has a writer of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from conformance.base.errors import UsageError
from conformance.base.reading import reason_of


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of `path` once all is written, so that a reader sees the old one or the whole new one.

    With `durable` it is on disk before it does.  If anything is raised, the old file is as it was and the draft is gone.  A pipe
    or a device, such as /dev/stdout, is written to as it is; of a link the file it leads to is replaced.  Raises OSError.
    """
    place = path.resolve() if path.is_symlink() else path
    if place.exists() and not place.is_file():
        with place.open("wb") as file:
            yield file
        return
    draft = place.with_name(f".{place.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(place)
    finally:
        with suppress(OSError):  # a folder that cannot be written to has no draft either
            draft.unlink(missing_ok=True)


def write_text(path: Path, text: str, hint: str) -> None:
    """Write a text as UTF-8, in the place of an old file; raises UsageError with the reason if the disk refuses.

    Half of a character, which UTF-8 does not have, is written as its escape.
    """
    try:
        with replacing(path) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be written: {reason_of(error)}", hint) from error


def write_texts(texts: dict[str, str], folder: Path, hint: str) -> list[Path]:
    """Write texts by their file names into a folder, which is made if it is not there; return their paths."""
    make_folder(folder, hint)
    for name, text in texts.items():
        write_text(folder / name, text, hint)
    return [folder / name for name in texts]


def make_folder(folder: Path, hint: str) -> None:
    """Make a folder if it is not there; raises UsageError with the reason if that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} cannot be made: {reason_of(error)}", hint) from error
