"""Let official clients use the mock gateway, and compare what they make of faulty streams with the claims of the suite.

    python benchmarks/official_clients.py [--surface NAME ...] [--only TEXT] [--details] [--write]

First the official client in Python and the one in JavaScript of each API use every documented feature of the truthful mock
gateway: OK or FAIL.

Then come faulty streams, each a change of a stream of the truthful mock gateway.  A server of this script answers each
client with it: the official client in Python and the one in JavaScript, and the AI SDK, which many programs use.  `fails`
means that the client raises an error, `loses` that it returns something else than for the truthful stream and says nothing.
What a client makes of a stream that carries an error is in order if it raises one with the same message.

A must claim has to be violated by what makes a client fail or lose, and by nothing that all of them read as it is meant,
unless the API itself demands it.  Whoever raises the error that a stream carries has no answer, so the claim that no error takes
the place of one agrees with it.  The exit code is 1 if a row disagrees, or if a feature fails.  The clients in JavaScript are
installed by npm into a folder of this user's cache.  `--write` writes the tables to docs/clients.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from clients import asked, faults_gemini, faults_messages, faults_responses, features, in_python, javascript, judging
from clients.serving import serving
from clients.streams import MESSAGE, Events, Fault, read

from conformance.contract.claims import Level
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

SURFACES: dict[str, ModuleType] = {
    "responses": faults_responses,
    "messages": faults_messages,
    "gemini": faults_gemini,
}
PAGE = Path(__file__).resolve().parents[1] / "docs" / "clients.md"
COLUMNS = ("Python", "JavaScript", "AI SDK")
# The must claims that the API's own documents demand of every stream, whatever its clients put up with.
# A claim that covers several faults at once is here if clients fail at some of them.
DEMANDED = {
    "gemini.stream.content_type": "alt=sse is documented as server-sent events",
    "gemini.stream.finish_once": "a finishReason is documented to mean that the model has stopped",
    "messages.reply.stop_reason": "the reference lists the words",
    "messages.stream.block_stop": "the flow of events is documented: each block has a start, deltas and a stop",
    "messages.stream.content_type": "a stream is documented as server-sent events",
    "messages.stream.error_event": "the envelope of the event is documented; without its name clients miss it",
    "messages.stream.event_names": "the name is documented to be the type; without one clients drop the event",
    "responses.stream.closing_events": "the reference lists the event that closes each item, part and text",
    "responses.stream.content_type": "a stream is documented as server-sent events",
    "responses.stream.item_ids": "an item has an id; the same fault in a call makes clients fail",
    "responses.reply.no_error": "a body of JSON is documented to be a response",
    "responses.stream.media_type": "a stream is documented as server-sent events",
    "responses.stream.sequence": "the schema of every event requires the number",
    "responses.stream.tool_events": "the reference lists the events of a call; Codex reads the last one",
}


# The claims that say of an error in a stream, in whatever form, that it is no answer; a client says so by raising it.
NO_ANSWER = (".stream.no_error", ".stream.answered")


@dataclass(frozen=True)
class Row:
    """One fault: what each client made of it, in the order of COLUMNS, and the must claims that it violates."""

    name: str
    clients: tuple[str, ...]
    details: tuple[str, ...]
    claims: tuple[str, ...]
    others: tuple[str, ...]
    documented: str
    raises: bool

    @property
    def excused(self) -> bool:
        """Whether only the API itself demands what the claims hold against the stream."""
        return bool(self._about_form) and all(each == "ok" for each in self.clients)

    @property
    def agrees(self) -> bool:
        """Whether the claims say of the stream what the clients do, or what the API itself demands."""
        if self.documented:
            return not self._about_form
        if self.excused:
            return set(self._about_form) <= DEMANDED.keys()
        return self.claims != () or set(self.clients) == {"ok"}

    @property
    def _about_form(self) -> tuple[str, ...]:
        """The claims, without those that an error in the stream means no answer to clients that raise it."""
        return tuple(claim for claim in self.claims if not (self.raises and claim.endswith(NO_ANSWER)))


def main() -> int:
    """Compare as the command line says and print the tables; return 1 if a row disagrees."""
    options = _parser().parse_args()
    surfaces = options.surface or list(SURFACES)
    uses = {surface: [] if options.only else list(features.used(surface)) for surface in surfaces}
    for surface, used in uses.items():
        print("\n".join([f"\n{surface}: {', '.join(versions(surface)[:2])}", *map(shown, used)]), flush=True)
    tables = {surface: list(compare(surface, options.only)) for surface in surfaces}
    for surface, rows in tables.items():
        print("\n".join(printed(surface, rows, details=options.details)), flush=True)
    if options.write:
        PAGE.write_text(page(uses, tables), encoding="utf-8")
    worked = not any(use.failed for used in uses.values() for use in used)
    return 0 if worked and all(row.agrees for rows in tables.values() for row in rows) else 1


def compare(surface: str, only: str = "") -> Iterator[Row]:
    """Yield what the clients of an API and the suite make of each of its faults."""
    module = SURFACES[surface]
    truthful = recorded(surface)
    faults: list[Fault] = [
        fault for fault in module.FAULTS if only in fault.name or fault.name in ("as it is", "a call, as it is")
    ]
    bodies = [(fault.kind, fault.body(truthful, module.WRITE)) for fault in faults]
    with serving(bodies) as address:
        made = javascript.made_of(surface, address, [fault.base for fault in faults])
        for number, fault in enumerate(faults):
            made[number]["python"] = in_python.made_of(surface, f"{address}/{number}", fault.base)
    truth = {fault.base: made[number] for number, fault in enumerate(faults) if fault.name.endswith("as it is")}
    for number, (fault, (kind, text)) in enumerate(zip(faults, bodies, strict=True)):
        seen = [outcome(fault, made[number][name], truth[fault.base][name]) for name in ("python", "js", "vercel")]
        exchange = judging.exchanged(surface, asked.request(surface, fault.base), kind, text)
        violated = judging.faults(surface, exchange)
        yield Row(
            fault.name,
            tuple(word for word, _ in seen),
            tuple(detail for _, detail in seen),
            tuple(each.claim for each in violated if each.level is Level.MUST),
            tuple(each.claim for each in violated if each.level is not Level.MUST),
            fault.documented,
            fault.raises,
        )


def recorded(surface: str) -> dict[str, Events]:
    """Return the streams of the truthful mock gateway, by what was asked."""
    streams = {}
    with running(Options(port=0, api_key=asked.KEY)) as url:
        for base in asked.BODIES[surface]:
            sent = urllib.request.Request(
                url.removesuffix("/v1") + asked.PATHS[surface],
                json.dumps(asked.request(surface, base)).encode(),
                {"content-type": "application/json", **asked.HEADERS},
            )
            with urllib.request.urlopen(sent) as reply:
                streams[base] = read(reply.read().decode())
    return streams


def outcome(fault: Fault, made: asked.Json, truth: asked.Json) -> tuple[str, str]:
    """Return what a client made of a stream in one word, and in detail."""
    if "failed" in made:
        return ("ok" if fault.raises and MESSAGE in made["failed"] else "fails"), made["failed"]
    wanted = fault.expected if fault.raises else {**truth, **fault.expected}
    if fault.raises and not fault.expected:
        return "loses", "raises no error"
    lost = [name for name, value in wanted.items() if not is_expected(made.get(name), value)]
    return ("loses", "; ".join(f"{name}: {made.get(name)!r:.60}" for name in lost)) if lost else ("ok", "")


def is_expected(value: object, wanted: object) -> bool:
    """Return whether a client returned what it has to, or one of several values."""
    return value in wanted if isinstance(wanted, tuple) else value == wanted


def printed(surface: str, rows: list[Row], *, details: bool) -> Iterator[str]:
    """Yield the lines of a table for a terminal."""
    yield f"\n{surface}: {', '.join(versions(surface))}"
    for row in rows:
        words = " ".join(f"{word:5}" for word in row.clients)
        yield f"{'  ' if row.agrees else '! '}{row.name:58} {words} {', '.join(row.claims)}"
        if not row.agrees or details:
            yield from (f"      {name}: {text}" for name, text in zip(COLUMNS, row.details, strict=True) if text)
            yield f"      no must: {', '.join(row.others)}"
    wrong = sum(not row.agrees for row in rows)
    yield f"{len(rows)} streams, {wrong} where claims and clients disagree"


def versions(surface: str) -> list[str]:
    """Return the clients of an API with their versions."""
    own, *others = javascript.versions(surface)
    return [f"Python: {in_python.VERSIONS[surface]}", f"JavaScript: {own}", f"AI SDK: {', '.join(others)}"]


def shown(use: features.Used) -> str:
    """Return the line of a feature for a terminal."""
    line = f"{'FAIL' if use.failed else 'OK  '} {use.language:10} {use.name}"
    return f"{line}: {use.failed}" if use.failed else line


def page(uses: dict[str, list[features.Used]], tables: dict[str, list[Row]]) -> str:
    """Return the tables as a page of the documentation."""
    wrong = sum(not row.agrees for rows in tables.values() for row in rows)
    count = sum(len(rows) for rows in tables.values())
    excused = sum(row.excused for rows in tables.values() for row in rows)
    lines = [
        "# Official clients",
        "",
        "    python benchmarks/official_clients.py --write    # writes this page",
        "    python benchmarks/agents.py                      # Codex, Claude Code and Gemini CLI, without a network",
        "",
        "## Features of the truthful mock gateway",
        "",
        "| API | client | feature | |",
        "|---|---|---|---|",
        *(
            f"| {surface} | {use.language} | {use.name} | {'FAIL' if use.failed else 'OK'} |"
            for surface, used in uses.items()
            for use in used
        ),
        "",
        "## Faulty streams",
        "",
        "Each row is a stream of the mock gateway with one fault, or with something odd that does no harm. `fails` means",
        "that the client raises an error; `loses` that it goes on without a word and returns something else than for the",
        "truthful stream. If a stream carries an error, a client is `ok` that raises it with its message, and the claim that",
        "no error takes the place of an answer (`stream.no_error`, `stream.answered`) says the same. The claims are those at",
        "the level must that the stream violates.",
        "",
        "They have to agree: what makes a client fail or lose violates a must, and what all clients read as it is meant",
        f"violates none, unless the API itself demands it. {count} streams, {wrong} disagreements; in {excused} rows, those",
        "with `(documented)`, only the API demands what no client minds.",
        "",
    ]
    lines += ["| claim | what demands it, whatever clients put up with |", "|---|---|"]
    lines += [f"| `{claim}` | {reason} |" for claim, reason in DEMANDED.items()]
    lines.append("")
    for surface, rows in tables.items():
        lines += [f"### {surface}", "", f"{', '.join(versions(surface))}.", ""]
        lines += [f"| stream | {' | '.join(COLUMNS)} | violated claims |", "|---|---|---|---|---|"]
        for row in rows:
            claims = ", ".join(f"`{claim.removeprefix(surface + '.')}`" for claim in row.claims)
            mark = "" if row.agrees else " **(disagrees)**"
            note = (
                f"documented: {row.documented}" if row.documented else claims + (" (documented)" if row.excused else "")
            )
            lines.append(f"| {row.name}{mark} | {' | '.join(row.clients)} | {note} |")
        lines.append("")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--surface", action="append", choices=SURFACES, help="repeatable; default: all")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the faults with this text in their names")
    parser.add_argument("--details", action="store_true", help="print what each client made of each stream")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
