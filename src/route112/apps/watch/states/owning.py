"""
One watch at a time tells a site what is down: two that know different things would contradict.

Whoever tells a site holds a lock on its folder, as long as the process lives; another watch says
so once and leaves the site alone, and takes it over when the first one is gone.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path


class Owned:
    """
    The folders of sites that are ours to write into.

    Args:
        complain: told once of each site that is not ours, until it is.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._handles: dict[Path, int] = {}
        self._others: set[Path] = set()

    def take(self, site: Path) -> bool:
        """Tell whether a site's folder is ours, and make it so where it is nobody's."""
        handle = self._handles.get(site)
        try:
            if handle is not None and os.fstat(handle).st_ino == site.stat().st_ino:
                return True
            self._let_go(site)
            handle = os.open(site, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            return self._leave(site, f"{site} cannot be told what is down: {error.strerror}")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            why = f"another watch tells {site} what is down; it is left to it"
            return self._leave(site, why)
        self._handles[site] = handle
        self._others.discard(site)
        return True

    def close(self) -> None:
        """Let all of them go."""
        for site in list(self._handles):
            self._let_go(site)

    def _leave(self, site: Path, why: str) -> bool:
        if site not in self._others:
            self._others.add(site)
            self._complain(why)
        return False

    def _let_go(self, site: Path) -> None:
        handle = self._handles.pop(site, None)
        if handle is not None:
            os.close(handle)
