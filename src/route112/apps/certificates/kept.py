"""A context of mutual TLS that follows its files."""

import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.clock import utc_now
from route112.apps.certificates.ends import End, Spans, TlsFiles, is_due


@dataclass(frozen=True, slots=True)
class _Made:
    """A context, and the times of what it is made of as far as they can be read."""

    context: ssl.SSLContext
    ends: tuple[End, ...] = ()
    spans: Spans | None = None

    def holds(self, now_us: int) -> bool | None:
        """Tell whether others take it now; None: nobody knows."""
        return None if self.spans is None else self.spans.hold(now_us)


class KeptContext:
    """
    Made anew when one of its files is another; what does not fit leaves the one that there is.

    Certificate and key are two files, so that for a moment they are of two pairs. What has ended
    already, or is not valid yet, is refused by everybody: it waits while the one that there is
    holds.

    Args:
        files: of this end.
        make: makes a context of certificate, key and authority.
        say: told when they were read anew, when they do not fit, and in time before they end.
        now: wall clock, microseconds since 1970.
    Raises: OSError (ssl.SSLError is one) where they do not fit at the start.
    """

    def __init__(
        self,
        files: TlsFiles,
        make: Callable[[Path, Path, Path], ssl.SSLContext],
        *,
        say: Callable[[str], None],
        now: Callable[[], int] = utc_now,
    ) -> None:
        self._files, self._make, self._say, self._now = files, make, say, now
        self._told: set[tuple[str, bool]] = set()
        self._waiting: _Made | None = None
        self._stamp = self._look()
        self._made = self._read()

    def get(self) -> ssl.SSLContext:
        """Return the one of now, for one connection."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            self._renew()
        elif self._waiting is not None and not self._has_to_wait(self._waiting):
            self._take(self._waiting)
        self._warn()
        return self._made.context

    def _read(self) -> _Made:
        files = self._files
        context = self._make(files.certificate, files.key, files.authority)
        # TLS may take what has no date that can be read; then nobody can be told of it.
        with contextlib.suppress(OSError, ValueError):
            return _Made(context, files.list_ends(""), files.read_spans())
        return _Made(context)

    def _renew(self) -> None:
        self._waiting = None
        try:
            made = self._read()
        except OSError as error:
            self._refuse(error.strerror or str(error))
            return
        if self._has_to_wait(made):
            self._waiting = made
            now_us = self._now()
            ended = [
                f"{each.what} {each.say(now_us)}" for each in made.ends if each.ends_us <= now_us
            ]
            self._refuse(", ".join(ended) or "not valid yet")
        else:
            self._take(made)

    def _has_to_wait(self, made: _Made) -> bool:
        now_us = self._now()
        return made.holds(now_us) is False and self._made.holds(now_us) is True

    def _take(self, made: _Made) -> None:
        self._made, self._waiting = made, None
        self._told.clear()
        self._say(f"{self._files.certificate}, its key and authority are read anew")

    def _refuse(self, reason: str) -> None:
        names = f"{self._files.certificate}, its key or authority"
        self._say(f"{names}: {reason}; those of before hold on")

    def _warn(self) -> None:
        now_us = self._now()
        for end in self._made.ends:
            state = end.what, now_us >= end.ends_us
            if is_due(end.ends_us, now_us) and state not in self._told:
                self._told.add(state)
                self._say(f"{end.what} {end.say(now_us)}")

    def _look(self) -> tuple[object, ...]:
        files = self._files
        return tuple(map(_stamp, (files.certificate, files.key, files.authority)))


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what is another whenever content or rights are."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_ctime_ns, found.st_size
