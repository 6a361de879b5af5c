"""One test over many rows of data, which fails once, with the faults of all rows."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[..., None]


def over(names: str, rows: Iterable[Any], *, ids: Callable[..., str] | None = None) -> Callable[[Check], Check]:
    """Make one test of a check that is made for each row, as `parametrize` makes a test for each.

    `names` are those of the check's arguments that a row fills, separated by commas; the others are fixtures. A row is named
    by `ids`, called with its values, else by the values themselves. For data that is read or looked up, where a test costs
    more than its check; whatever is set up for a row is better a parameter.
    """
    filled = [name.strip() for name in names.split(",")]
    table = [tuple(row) if len(filled) > 1 else (row,) for row in rows]
    assert table, "there are no rows to check"

    def decorate(check: Check) -> Check:
        @functools.wraps(check, updated=())  # what others note on the check, Hypothesis above all, is about one row
        def test(**fixtures: Any) -> None:
            faults = []
            for row in table:
                try:
                    check(**fixtures, **dict(zip(filled, row, strict=True)))
                except Exception as fault:  # noqa: BLE001  whatever a row raises, the rows after it are checked as well
                    name = ids(*row) if ids else ", ".join(map(str, row))
                    said = "\n".join([str(fault), *getattr(fault, "__notes__", ())])
                    faults.append(f"{name[:200]}: {type(fault).__name__}: {said}")
            assert not faults, f"{len(faults)} of {len(table)} rows:\n" + "\n".join(faults)

        parameters = [each for each in inspect.signature(check).parameters.values() if each.name not in filled]
        del test.__wrapped__  # else pytest would look for fixtures with the names of the row's values
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return test

    return decorate
