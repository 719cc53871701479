"""From a source folder on disk to a checked plan: the part that `build` and `check` share."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from route112.adapters.clock import load_timezones, utc_now
from route112.adapters.parsing.cache import (
    ParseCache,
    ParseCacheError,
    find_cache_folder,
    fingerprint,
)
from route112.adapters.parsing.pool import parse_in_processes
from route112.adapters.source_folder import SourceFolder, SourceFolderError
from route112.apps._console import fail, progress
from route112.countries import read_builtin_communes
from route112.model import Plan, PlanFile, Problem, Profile, Severity, Territory
from route112.planning import (
    Settings,
    SourceNames,
    assemble_plan,
    check_plan,
    find_communes,
    read_settings,
    resolve_plan,
    sort_names,
)
from route112.planning.checks import Subject
from route112.wire.pdaau import parse_pdaau


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSources:
    """What a source folder turned out to be."""

    subject: Subject | None
    """The plan and its routes; None where settings are wrong, so that nothing was resolved."""
    files: tuple[PlanFile, ...]
    """All PDAAU files, refused ones included, by name."""
    parsed: int
    """Files that were parsed; the others came from the cache."""
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> bool:
        """Tell whether anything keeps a snapshot from being written."""
        return any(problem.severity == Severity.ERROR for problem in self.problems)


def choose_cache(folder: Path | None, *, off: bool) -> Path | None:
    """Return the cache folder that the options ask for, or None for no cache."""
    return None if off else folder or find_cache_folder()


def check_sources(path: Path, *, cache: Path | None) -> CheckedSources:
    """
    Read, parse, resolve and check a source folder.

    Args:
        path: the folder.
        cache: where parsed files are kept; None: nowhere.
    Raises: Failure where the folder cannot be read at all.

    """
    folder = SourceFolder(path)
    try:
        names, problems = sort_names(folder.list_names())
        if names is None:
            return CheckedSources(subject=None, files=(), parsed=0, problems=problems)
        contents = folder.read((*names.settings, *names.tables))
        settings, found = read_settings(names, contents, read_communes=_read_communes)
        problems += found
        if settings is None:
            return CheckedSources(subject=None, files=(), parsed=0, problems=problems)
        plans = folder.read(names.pdaau)
    except SourceFolderError as error:
        fail(str(error), error.remedy)
    store = _open_cache(cache, settings.profile, contents)
    files, parsed = _parse_files(plans, settings, store)
    assembly = assemble_plan(settings, files)
    problems += assembly.problems
    subject = None
    if not any(problem.severity == Severity.ERROR for problem in found):
        subject = _resolve(assembly.plan, names)
        problems += (*subject.resolution.problems, *check_plan(subject))
    return CheckedSources(subject=subject, files=files, parsed=parsed, problems=problems)


def _read_communes(country: str) -> tuple[bytes, bytes] | None:
    try:
        return read_builtin_communes(country)
    except LookupError:
        return None


def _open_cache(
    folder: Path | None, profile: Profile, contents: dict[str, bytes]
) -> ParseCache | None:
    """Open the cache for everything that a parsed file depends on beside its own bytes."""
    if folder is None:
        return None
    tables = find_communes(profile, contents, read_communes=_read_communes) or ()
    try:
        return ParseCache(folder, fingerprint((contents["profile.yaml"], *tables)))
    except ParseCacheError as error:
        fail(str(error), error.remedy)


def _parse_files(
    contents: dict[str, bytes], settings: Settings, cache: ParseCache | None
) -> tuple[tuple[PlanFile, ...], int]:
    """Return all files by name, from the cache where it has them, and how many were parsed."""
    files: dict[str, PlanFile] = {}
    tasks: list[tuple[str, bytes]] = []
    for name, content in contents.items():
        kept = cache.find(name, content) if cache else None
        if kept is None:
            tasks.append((name, content))
        else:
            files[name] = kept
    parse = partial(_parse, settings.profile, settings.territory)
    with progress("Reading plans", len(tasks)) as advance:
        for file in parse_in_processes(tasks, parse):
            files[file.file] = file
            if cache:
                cache.store(file.file, contents[file.file], file)
            advance(file.file)
    if cache and tasks:
        cache.evict()
    return tuple(file for _, file in sorted(files.items())), len(tasks)


def _parse(profile: Profile, territory: Territory, name: str, content: bytes) -> PlanFile:
    return parse_pdaau(content, file=name, profile=profile, territory=territory)


def _resolve(plan: Plan, names: SourceNames) -> Subject:
    return Subject(
        plan=plan,
        resolution=resolve_plan(plan),
        now=utc_now(),
        timezones=load_timezones(dep.timezone for dep in plan.profile.departements),
        psaps_file=names.psaps,
    )
