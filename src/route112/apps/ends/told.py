"""A file that tells simulated answering points how to behave while calls come in."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from route112.apps.ends.psaps import Psaps
from route112.simulation.behaviours import Behaviour

FILE = "behaviours.json"
"""In the folder of a run."""
BYTES_MAX = 4 * 1024 * 1024
LOOK_SECONDS = 0.1
HAS_READ = "follows behaviours.json of "
"""Said of each file that is followed from now on; its mark comes next."""
RINGS_S_MAX = 600.0
FOLLOWED_SECONDS_MAX = 10.0
"""Until all answering points of a run do what the file says."""
POLL_SECONDS = 0.05


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    numbers: dict[str, str] = {}
    """E.164 to behaviour."""
    places: dict[str, str] = {}
    """`host:port` that is listened on to behaviour; a number that is named counts more."""
    rings_s: tuple[float, float] | None = None
    """Seconds until somebody picks up, from and to; none: as they were started."""


class TellingError(ValueError):
    """The file cannot be followed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a file says, checked."""

    numbers: Mapping[str, Behaviour] = field(default_factory=dict)
    places: Mapping[str, Behaviour] = field(default_factory=dict)
    rings_s: tuple[float, float] | None = None


def find_mark(path: Path) -> str:
    """Return what tells a file from the one that was there before; raises OSError."""
    stat = path.stat()
    return f"{stat.st_mtime_ns}/{stat.st_ino}"


def read_told(path: Path) -> Telling:
    """Return what a file says; raises TellingError, OSError."""
    with path.open("rb") as file:
        content = file.read(BYTES_MAX)
    try:
        told = msgspec.json.decode(content, type=Told)
        return Telling(
            numbers={number: Behaviour(name) for number, name in told.numbers.items()},
            places={place: Behaviour(name) for place, name in told.places.items()},
            rings_s=_check_rings(told.rings_s),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise TellingError(f"{path}: {error}") from error


def _check_rings(given: tuple[float, float] | None) -> tuple[float, float] | None:
    if given is not None and not 0 <= given[0] <= given[1] <= RINGS_S_MAX:
        raise ValueError(f"nobody rings from {given[0]:g} to {given[1]:g} s")
    return given


def find_rings(path: Path) -> tuple[float, float] | None:
    """Return how long answering points are told to ring; raises TellingError, OSError."""
    return read_told(path).rings_s if path.exists() else None


def await_followers(
    path: Path, logs: Iterable[Path], *, seconds_max: float = FOLLOWED_SECONDS_MAX
) -> None:
    """
    Wait until answering points do what the file says, or one that has replaced it meanwhile.

    Args:
        path: the file.
        logs: what those say who follow it.
        seconds_max: to wait.
    Raises: TellingError where one does not say so in time, OSError.

    """
    wanted = {_say_read(path)}
    waiting = list(logs)
    deadline_s = time.monotonic() + seconds_max
    while waiting := [log for log in waiting if not _says(log, wanted)]:
        if time.monotonic() > deadline_s:
            said = _say_read(path).strip()
            raise TellingError(f"{waiting[0]} does not say within {seconds_max:g} s: {said}")
        time.sleep(POLL_SECONDS)
        wanted.add(_say_read(path))  # who was slow to look has never seen the one before it


def _say_read(path: Path) -> str:
    return f"{HAS_READ}{find_mark(path)}\n"


def _says(log: Path, wanted: Iterable[str]) -> bool:
    text = log.read_text(encoding="utf-8")
    return any(line in text for line in wanted)


class Follower:
    """Has answering points do what the file says, as soon as it says so."""

    def __init__(self, path: Path, psaps: Psaps, say: Callable[[str], None]) -> None:
        self._path = path
        self._psaps = psaps
        self._say = say
        self._usual = dict(psaps.numbers)
        self._rings_s = psaps.rings_s
        self._seen = ""

    def look(self) -> None:
        """Read the file where it changed; one that cannot be read changes nothing."""
        try:
            seen = find_mark(self._path)
        except FileNotFoundError:
            seen = ""
        if seen == self._seen:
            return
        self._seen = seen
        try:
            told = read_told(self._path) if seen else Telling()
        except (OSError, TellingError) as error:
            self._say(f"behaviours stay as they are: {error}")
            return
        self._psaps.numbers = {**self._usual, **told.numbers}
        self._psaps.places = dict(told.places)
        self._psaps.rings_s = told.rings_s or self._rings_s
        self._say(f"{HAS_READ}{seen or 'no file'}")

    async def follow(self) -> None:
        """Look again and again."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)
