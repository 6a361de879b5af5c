"""Reports from the field: where defects were seen in real servers, and why some of them have no defect here."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("reports.toml")


@dataclass(frozen=True)
class Report:
    """One row of reports.toml; `symptom` and `reason` are filled in if no defect cites it."""

    number: str
    url: str | None = None
    symptom: str = ""
    reason: str = ""


def load() -> Mapping[str, Report]:
    """Return all reports by number, sorted."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({number: Report(number, **row) for number, row in sorted(rows.items())})


REPORTS = load()
