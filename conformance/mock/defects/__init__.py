"""Every defect by its name; a new one is a record in a module of this folder, a new module a line here."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from conformance.mock.defects import (
    answers,
    chunks,
    conversations,
    endings,
    forms,
    framing,
    halfway,
    lenient,
    limits,
    listings,
    narrow,
    parameters,
    parts,
    refusals,
    replies,
    spelling,
    strays,
    streamcalls,
    streamends,
    streamoptions,
    streams,
    streamusage,
    texts,
    toolcalls,
    toolstreams,
    unread,
    usages,
    values,
)
from conformance.mock.defects.defect import Defect, Defects
from conformance.mock.defects.poor import POOR
from conformance.mock.nearest import StartError, nearest

ALL: Mapping[str, Defect] = MappingProxyType(
    {
        defect.name: defect
        for module in (
            parameters,
            answers,
            streams,
            conversations,
            parts,
            refusals,
            toolcalls,
            toolstreams,
            forms,
            limits,
            values,
            halfway,
            listings,
            strays,
            chunks,
            framing,
            replies,
            usages,
            endings,
            unread,
            narrow,
            lenient,
            streamends,
            streamusage,
            streamcalls,
            streamoptions,
            texts,
            spelling,
        )
        for defect in module.DEFECTS
    }
)


class UnknownDefectError(StartError):
    """A name that is no defect's; the text names the nearest ones."""


def named(names: Iterable[str]) -> Defects:
    """The defects of some names, in the order given."""
    return tuple(find(name) for name in names)


def find(name: str) -> Defect:
    """The defect of a name, or the poverty."""
    known = {**ALL, **POOR}
    if name not in known:
        raise UnknownDefectError(f"Unknown defect {name!r}. {nearest(name, known)}")
    return known[name]
