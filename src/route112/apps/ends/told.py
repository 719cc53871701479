"""A file that tells simulated answering points how to behave while calls come in."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from route112.apps.ends.psaps import Psaps
from route112.simulation.behaviours import Behaviour

FILE = "behaviours.json"
"""In the folder of a run."""
BYTES_MAX = 4 * 1024 * 1024
LOOK_SECONDS = 0.1


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    numbers: dict[str, str] = {}
    """E.164 to behaviour."""
    places: dict[str, str] = {}
    """`host:port` that is listened on to behaviour; a number that is named counts more."""


class TellingError(ValueError):
    """The file cannot be followed; the text says why."""


def read_told(path: Path) -> tuple[Mapping[str, Behaviour], Mapping[str, Behaviour]]:
    """Return behaviours of numbers and of places; raises TellingError, OSError."""
    with path.open("rb") as file:
        content = file.read(BYTES_MAX)
    try:
        told = msgspec.json.decode(content, type=Told)
        return (
            {number: Behaviour(name) for number, name in told.numbers.items()},
            {place: Behaviour(name) for place, name in told.places.items()},
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise TellingError(f"{path}: {error}") from error


class Follower:
    """Has answering points do what the file says, as soon as it says so."""

    def __init__(self, path: Path, psaps: Psaps, complain: Callable[[str], None]) -> None:
        self._path = path
        self._psaps = psaps
        self._complain = complain
        self._usual = dict(psaps.numbers)
        self._seen: tuple[int, int] | None = None

    def look(self) -> None:
        """Read the file where it changed; one that cannot be read changes nothing."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            seen = None
        else:
            seen = (stat.st_mtime_ns, stat.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            numbers, places = read_told(self._path) if seen else ({}, {})
        except (OSError, TellingError) as error:
            self._complain(f"behaviours stay as they are: {error}")
            return
        self._psaps.numbers = {**self._usual, **numbers}
        self._psaps.places = dict(places)

    async def follow(self) -> None:
        """Look again and again."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)
