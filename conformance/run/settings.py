"""The settings of a run from its options: chosen one by one, or read back from the recording of another run.

What may stand beside --replay and --resume, and how a recorded target is put together again, is decided here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem
from conformance.evidence.replay import Past, past
from conformance.run.options import SETTINGS
from conformance.run.session import Settings, settings
from conformance.target import targets
from conformance.target.targets import Target

_OF_TARGET = {
    "base_url",
    "api_key_env",
    "api_key_file",
    "models",
    "contract",
    "concurrency",
}  # what the recorded target says itself
_BESIDE = {"replay": {"contract"}, "resume": {"concurrency", "budget"}}


def chosen(*, replay: str | None = None, resume: str | None = None, check_key: bool = True, **options: Any) -> Settings:
    """What the options of a run come to, by their keys in `options.SETTINGS`; raises UsageError or ConfigurationError."""
    given = {name: value for name, value in options.items() if value not in (None, (), [])}
    if replay is not None and resume is not None:
        raise UsageError(
            "--replay and --resume exclude each other", "replay judges what was recorded, resume asks what is missing"
        )
    if replay is not None:
        _allow("replay", given)
        return _again(_past(replay, resumed=False), given)
    if resume is not None:
        _allow("resume", given)
        about = _again(_past(resume, resumed=True), given)
        if check_key and not about.target.embedded:
            about.target.key()
        return about
    recorded = {name: value for name, value in given.items() if name not in _OF_TARGET}
    return replace(settings(check_key=check_key, **options), options=recorded)


def _allow(option: str, given: dict[str, Any]) -> None:
    """What is asked and judged comes from the recording, so an option that says otherwise is a usage error."""
    names = {each.key: f"--{each.name}" for each in SETTINGS}
    others = [names.get(each, each) for each in given if each not in _BESIDE[option]]
    if others:
        allowed = " and ".join(names[each] for each in sorted(_BESIDE[option]))
        raise UsageError(
            f"--{option} takes its settings from the recording, so {', '.join(others)} cannot stand beside it",
            f"leave it out; only {allowed} may stand there",
        )


def _again(before: Past, given: dict[str, Any]) -> Settings:
    """The settings of a recorded run, with what may be chosen anew."""
    facts = before.facts
    target = targets.from_data(facts["target"])
    options = {name: value for name, value in facts["options"].items() if name != "target"}
    about = settings(target, **{**options, **given}, check_key=False)
    about = replace(about, mode=facts["mode"], options=facts["options"], past=before)
    if before.resumed:
        origin = facts["options"].get("target")
        return replace(about, target=_to_ask(about.target, embedded=about.mode == "mock", origin=origin))
    return about


def _past(run: str, *, resumed: bool) -> Past:
    """A recorded run whose settings this version understands."""
    before = past(Path(run), resumed=resumed)
    wrong = own_problem(before.facts, "data/evidence") or own_problem(before.facts["target"], "data/target")
    unknown = sorted(before.facts["options"].keys() - {each.key for each in SETTINGS}) if not wrong else []
    if wrong or unknown:
        why = wrong or f"there is no option {unknown[0]}"
        raise UsageError(f"the settings recorded in {before.folder} are not usable: {why}", "run anew")
    return before


def _to_ask(target: Target, *, embedded: bool, origin: str | None) -> Target:
    """A recorded target that can be asked again: the mock is started anew, headers come from where they came from."""
    if embedded:
        return replace(target, base_url="")
    if not target.headers:
        return target
    source = targets.load(origin) if origin else None
    if source is None or source.base_url.rstrip("/") != target.base_url.rstrip("/"):
        raise UsageError(
            f"the headers of target {target.name} are not recorded, and {origin} is about another address now",
            f"let it name {target.base_url} again, or run anew",
        )
    return replace(target, headers=source.headers)
