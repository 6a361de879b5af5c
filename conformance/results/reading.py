"""Reading matrix.json: that of one run, and those of many."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.base.errors import ConformanceError, UsageError
from conformance.base.parsing import parse_json
from conformance.base.reading import as_text, read_bytes
from conformance.base.shapes import Shapes
from conformance.base.validation import own_problem
from conformance.evidence.recording import files
from conformance.results.matrix import VERSION, Matrix

MATRIX = "matrix.json"
_NEXT_STEP = "give a run directory or its matrix.json"


class MatrixReader:
    """Reads matrices, and remembers which rows fit the schema, so that many are read fast."""

    def __init__(self) -> None:
        self._shapes = Shapes("column", "model", "documented", "detail", "evidence")

    def read(self, path: Path) -> Matrix:
        """Return the matrix in a file or a run directory; raises UsageError, with the reason, if there is none to be read."""
        file = file_of(path)
        return self.parse(file, read_bytes(file, _NEXT_STEP))

    def parse(self, file: Path, content: bytes) -> Matrix:
        """Return the matrix that a file contains; raises UsageError if it is none, with the place of the first wrong value."""
        try:
            data = parse_json(as_text(str(file), content, _NEXT_STEP))
        except ValueError as error:
            raise UsageError(f"{file} must be a matrix in JSON; {error}", _NEXT_STEP) from error
        if wrong := self._problem(data):
            raise _unfit(file, data, wrong)
        try:
            matrix = Matrix.from_document(data)
        except (KeyError, TypeError, ValueError, ConformanceError) as error:
            raise _unfit(file, data, str(error)) from error
        for name in ("started", "ended"):
            try:
                datetime.fromisoformat(getattr(matrix.run, name))
            except ValueError as error:
                raise _unfit(file, data, f"run.{name} must be a date and time: {error}") from error
        return matrix

    def _problem(self, data: Any) -> str | None:
        """Return why a document is no matrix; None if it is one."""
        if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
            return own_problem(data, "data/matrix")
        fresh = self._shapes.unknown(data["cells"])
        if own_problem({**data, "cells": list(fresh.values())}, "data/matrix"):
            return own_problem(data, "data/matrix")  # again, with all cells, so that the place is that in the file
        self._shapes.learn(fresh)
        return None


def read(path: Path) -> Matrix:
    """Return the matrix in a file or a run directory; raises UsageError, with the reason, if there is none to be read."""
    return MatrixReader().read(path)


def file_of(path: Path) -> Path:
    """Return the matrix file at a path, a file or a run directory; raises UsageError if there is none."""
    check_link(path)
    file = path / MATRIX if path.is_dir() else path
    if file.exists():
        return file
    if not path.is_dir():
        raise UsageError(f"{file} must be an existing run", _NEXT_STEP)
    if files(path):
        raise UsageError(
            f"{path} must hold {MATRIX}; its run is incomplete", f"continue it: conformance run --resume {path}"
        )
    raise UsageError(f"{path} must be a run directory with {MATRIX}", _NEXT_STEP)


def check_link(path: Path) -> None:
    """Raise UsageError for a link, such as `latest`, whose run was removed."""
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link to {path.readlink()}, which does not exist", _NEXT_STEP)


def _unfit(file: Path, data: Any, wrong: str) -> UsageError:
    """Return the error for JSON that does not fit the schema of a matrix, or is of another version; `wrong` says how."""
    version = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(version, int) or version == VERSION:
        return UsageError(f"{file} must be a matrix: {wrong}", _NEXT_STEP)
    remedy = (
        "make the run again with this suite" if version < VERSION else "install the suite that wrote it, or a newer one"
    )
    return UsageError(f"{file} must have schema version {VERSION}, got version {version}", remedy)
