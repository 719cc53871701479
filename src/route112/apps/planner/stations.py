"""Which stations an identity speaks for: by `stations.yaml`, read anew when it changes."""

import os
import stat
from pathlib import Path

from route112.access import Identity, Stations, Via, parse_stations
from route112.apps.planner.serving.identity import name_user

STATIONS_FILE = "stations.yaml"
STATIONS_BYTES_MAX = 1 << 20


def find_writable(path: Path, found: os.stat_result) -> Path | None:
    """Return what anybody may write of a file and its folder, whose entries he could exchange."""
    if found.st_mode & stat.S_IWOTH:
        return path
    mode = path.parent.stat().st_mode
    return path.parent if mode & stat.S_IWOTH and not mode & stat.S_ISVTX else None


class StationBook:
    """
    Who speaks for which station.

    The system user that the planner runs as speaks for all: whoever is that may write the
    planner's files anyway. All others have to be listed; with one mistake in the file, or if
    anybody may write it, nobody is.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATIONS_FILE
        self._own = Identity(Via.SYSTEM_USER, name_user(os.geteuid()))
        self._seen: tuple[int, int, int, int] | None = None
        self._stations: Stations = {}
        self.flaw = ""
        """What is wrong with the file; empty: nothing."""

    def speaks_for(self, identity: Identity, station: str) -> bool:
        """Tell whether somebody speaks for a station."""
        self._look()
        return identity == self._own or station in self._stations.get(identity, ())

    def speaks(self, identity: Identity) -> bool:
        """Tell whether somebody speaks for any station."""
        self._look()
        return identity == self._own or identity in self._stations

    def _look(self) -> None:
        try:
            found = self._path.stat()
            writable = find_writable(self._path, found)
        except FileNotFoundError:
            self._stations, self._seen, self.flaw = {}, None, ""
            return
        except OSError as error:
            self._stations, self._seen, self.flaw = {}, None, f"{self._path}: {error.strerror}"
            return
        if writable is not None:
            self._stations, self._seen = {}, None
            self.flaw = f"anybody may write {writable}: chmod o-w {writable}"
            return
        seen = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
        if seen != self._seen:
            self._stations, self.flaw = self._read(found)
            self._seen = seen

    def _read(self, found: os.stat_result) -> tuple[Stations, str]:
        if found.st_size > STATIONS_BYTES_MAX:
            return {}, f"{self._path} has more than {STATIONS_BYTES_MAX:,} bytes"
        try:
            content = self._path.read_bytes()
        except OSError as error:
            return {}, f"{self._path}: {error.strerror}"
        stations, problems = parse_stations(content, file=str(self._path))
        return ({}, str(problems[0])) if stations is None else (stations, "")
