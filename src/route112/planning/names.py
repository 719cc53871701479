"""What each name in a source folder means, before anything is read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from route112.model import Problem, Severity

TABLE_SUFFIXES = (".csv", ".ods", ".xlsx")
"""Files that a table is read from."""
FILES_MAX = 2_000
"""Most files that a source folder may use."""
IGNORED = re.compile(r"(^|/)(\.|~\$|readme(\.|$)|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
"""Hidden files, what Windows leaves in folders, locks of LibreOffice (`.~lock.x#`) and Excel
(`~$x`), and notes to readers."""

CALLERS = re.compile(r"operators/([^/]+)/(cells|lines)\.(csv|ods|xlsx)")
"""An operator's table of cells or calling lines; the folder is called by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNames:
    """The names that a build reads; everything else in the folder is left alone."""

    profile: str
    psaps: str
    trunks: str
    operators: tuple[str, ...]
    callers: tuple[str, ...]
    """Tables of operators: `operators/ID/cells.csv`, `operators/ID/lines.csv`."""
    overrides: tuple[str, ...]
    pdaau: tuple[str, ...]
    tables: tuple[str, ...]
    """Further CSV files, one of which the profile may name as its table of communes."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Everything but the PDAAU files and further tables."""
        plain = (self.profile, self.psaps, self.trunks)
        return (*plain, *self.operators, *self.callers, *self.overrides)


def sort_names(names: Sequence[str]) -> tuple[SourceNames | None, tuple[Problem, ...]]:
    """
    Sort the names of a source folder by what they mean.

    Returns: None where something indispensable is missing, and the problems.

    """
    wanted = sorted(name for name in names if not IGNORED.search(name))
    problems: list[Problem] = []
    psaps = [name for name in wanted if name in {f"psaps{end}" for end in TABLE_SUFFIXES}]
    found = {
        "profile.yaml": [name for name in wanted if name == "profile.yaml"],
        "psaps.csv": psaps,
        "trunks.yaml": [name for name in wanted if name == "trunks.yaml"],
    }
    for name, matches in found.items():
        if len(matches) != 1:
            problems.append(_missing_or_twice(name, matches))
    folders = {
        "pdaau": TABLE_SUFFIXES,
        "operators": (".yaml",),
        "overrides": (".yaml",),
    }
    callers = tuple(name for name in wanted if CALLERS.fullmatch(name))
    problems += _list_repeated(callers)
    rest = [name for name in wanted if name not in callers]
    inside = {folder: _list_folder(rest, folder, ends) for folder, ends in folders.items()}
    for folder, (_, unknown) in inside.items():
        problems += [_unknown(name, folder, folders[folder]) for name in unknown]
    if not inside["pdaau"][0]:
        problems.append(_no_pdaau())
    if any(len(matches) != 1 for matches in found.values()) or not inside["pdaau"][0]:
        return None, tuple(problems)
    if len(callers) + sum(len(known) for known, _ in inside.values()) > FILES_MAX:
        return None, (*problems, _too_many())
    plain = [name for name in wanted if name.endswith(".csv") and name not in psaps]
    sorted_names = SourceNames(
        profile="profile.yaml",
        psaps=psaps[0],
        trunks="trunks.yaml",
        operators=inside["operators"][0],
        callers=callers,
        overrides=inside["overrides"][0],
        pdaau=inside["pdaau"][0],
        tables=tuple(name for name in plain if name.partition("/")[0] not in folders),
    )
    return sorted_names, tuple(problems)


def _list_folder(
    names: Sequence[str], folder: str, suffixes: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files of a folder that are read, and those that have no meaning there."""
    inside = [name for name in names if name == folder or name.startswith(f"{folder}/")]
    known = [name for name in inside if name.count("/") == 1 and name.lower().endswith(suffixes)]
    return tuple(known), tuple(name for name in inside if name not in known)


def _list_repeated(callers: Sequence[str]) -> list[Problem]:
    """Find tables of one operator that were delivered in two formats."""
    formats: dict[str, list[str]] = {}
    for name in callers:
        formats.setdefault(name.rpartition(".")[0], []).append(name)
    return [_missing_or_twice(found[0], found) for found in formats.values() if len(found) > 1]


def _missing_or_twice(name: str, matches: Sequence[str]) -> Problem:
    endings = " (or .ods, .xlsx)" if name == "psaps.csv" else ""
    if matches:
        return Problem(
            severity=Severity.ERROR,
            code="source-twice",
            message=f"there are several of them: {', '.join(matches)}",
            remedy="Keep the one that is in force",
            file=name,
        )
    return Problem(
        severity=Severity.ERROR,
        code="source-missing",
        message=f"the source folder has no {name}{endings}",
        remedy="Add it; `route112 country demo fr DIR` writes a folder to start from",
        file=name,
    )


def _unknown(name: str, folder: str, suffixes: tuple[str, ...]) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="unknown-source",
        message=f"{folder}/ takes only {', '.join(suffixes)} files, in no other or linked folder",
        remedy="Save it in one of these formats, as a plain file, or move it out of the folder",
        file=name,
    )


def _no_pdaau() -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="source-missing",
        message="the source folder has no file in pdaau/",
        remedy="Put each departement's PDAAU there, as CSV, ODS or XLSX",
        file="pdaau",
    )


def _too_many() -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="too-many-sources",
        message=f"the folder has more than {FILES_MAX:,} files",
        remedy="Keep one PDAAU for each departement",
        file="pdaau",
    )
