"""
Whose certificate ends when: the planner's own by its files, a station's as it showed it last.

Nobody else sees them all. So word of it lies in the planner's folder, for `watch run`, which has
an alarm for each, and for `planner status`. It outlasts the planner: a station whose certificate
has ended shows none any more.
"""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.apps.certificates.ends import (
    ENDS_FILE,
    PLANNER,
    End,
    TlsFiles,
    read_ends,
    render_ends,
)

KEEP_S = 5.0
"""Between two looks at what there is to be written."""


class CertificateBook:
    """
    What is known of ends, and its file.

    Args:
        folder: of the planner.
        own: its files of TLS; None: it has none.
    """

    def __init__(self, folder: Path, own: TlsFiles | None) -> None:
        self._path, self._own = folder / ENDS_FILE, own
        self._own_ends: tuple[End, ...] = ()
        self._written: tuple[End, ...] | None = None
        try:
            known = read_ends(self._path)
        except (OSError, ValueError):
            known = ()  # it is the first start, or all is known again when stations report
        self._shown = {each.owner: each for each in known if each.owner != PLANNER}

    def note(self, station: str, name: str, ends_us: int) -> None:
        """
        Take what a station showed.

        Args:
            station: that reports.
            name: subject of its certificate.
            ends_us: when that ends; 0: it came without one.
        """
        if ends_us:
            what = f"certificate {name}"
            self._shown[station] = End(owner=station, what=what, ends_us=ends_us)
        else:
            self._shown.pop(station, None)

    def keep(self, stations: Collection[str]) -> None:
        """
        Write it where it is other than before; in a thread of its own.

        Args:
            stations: that there are; what is known of others is forgotten.
        Raises: OSError; what was written before stays, and the next time tries again.
        """
        ends = tuple(self._list(stations))
        if ends != self._written:
            write_atomically(self._path, render_ends(ends), mode=MODE_PRIVATE)
            self._written = ends

    def _list(self, stations: Collection[str]) -> Iterator[End]:
        if self._own is not None:
            # What cannot be read now holds on; whoever listens with it says so.
            with contextlib.suppress(OSError, ValueError):
                self._own_ends = self._own.list_ends(PLANNER)
        yield from self._own_ends
        for station, end in sorted(self._shown.copy().items()):
            if station in stations:
                yield end
