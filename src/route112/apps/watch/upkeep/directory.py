"""Who confirmed the contacts and alternative numbers of a source folder, and when."""

from collections.abc import Callable
from pathlib import Path

from route112.adapters.source_folder import FILE_BYTES_MAX, read_plain
from route112.apps.watch.upkeep.kept_files import Kept
from route112.model import Operator, Profile, Psap
from route112.watch.detectors import Deviation
from route112.watch.upkeep.directory import list_unconfirmed
from route112.wire.documents.operators import parse_operator
from route112.wire.documents.profile import parse_profile
from route112.wire.psaps import parse_psaps

OPERATORS_MAX = 64
"""Files of operators that are read."""
TABLES = ("psaps.csv", "psaps.ods", "psaps.xlsx")


class Directory:
    """
    Contacts and alternative numbers of a source folder.

    Args:
        now: wall clock, microseconds since 1970.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], int], complain: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._now = now
        self._kept = Kept(folder, self._read, complain, list_files=self._list_files)

    def list_expiries(self) -> tuple[Deviation, ...]:
        """List what nobody has confirmed for too long."""
        said = self._kept.get()
        if said is None:
            return ()
        profile, psaps, operators = said
        return list_unconfirmed(profile, psaps, operators, now_us=self._now())

    def is_readable(self) -> bool:
        """Tell whether there was ever something to be read."""
        return self._kept.get() is not None

    def _list_files(self) -> list[Path]:
        operators = sorted(self._folder.glob("operators/*.yaml"))[:OPERATORS_MAX]
        tables = (self._folder / name for name in TABLES)
        return [self._folder / "profile.yaml", *filter(Path.is_file, tables), *operators]

    def _read(self) -> tuple[Profile, tuple[Psap, ...], tuple[Operator, ...]]:
        first, *others = self._list_files()
        profile, problems = parse_profile(read_plain(first, FILE_BYTES_MAX), file=first.name)
        if profile is None:
            raise ValueError(str(problems[0]))
        psaps: dict[str, Psap] = {}
        operators: list[Operator] = []
        for path in others:
            content = read_plain(path, FILE_BYTES_MAX)
            if path.name in TABLES:
                found, problems = parse_psaps(content, file=path.name, profile=profile)
                psaps |= found
                refused = not found
            else:
                operator, problems = parse_operator(content, file=path.name)
                operators += [] if operator is None else [operator]
                refused = operator is None
            if refused:
                raise ValueError(str(problems[0]))
        return profile, tuple(psaps.values()), tuple(operators)
