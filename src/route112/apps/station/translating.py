"""A translation: whole in a child process, which costs the loop little; orders alone in here."""

import mmap
import sqlite3
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from route112.adapters.errand import ErrandError, run_errand
from route112.adapters.tables.translation import (
    SECONDS_MAX,
    Reordering,
    Translation,
    read_translation,
    reorder_file,
)
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot


class Translate(Protocol):
    """Translates a staged file into another file."""

    def __call__(
        self,
        snapshot: Path,
        target: Path,
        *,
        now: UtcTime,
        known: str,
        basis: Path | None,
        nice: int,
    ) -> Awaitable[Translation]:
        """
        Leave `target` alone where the digest is `known`; OSError, ErrandError, ValueError.

        Args:
            basis: file of a table that differs in orders only; None: all is translated.
        """


def translate_beside(module: str, *more: str, reordering: Reordering) -> Translate:
    """
    Return what translates: all in a child process, orders alone in this one.

    Args:
        module: in `route112.adapters.tables`; a program.
        more: its last arguments.
        reordering: how the same translation works orders in.
    """

    async def translate(
        snapshot: Path, target: Path, *, now: UtcTime, known: str, basis: Path | None, nice: int
    ) -> Translation:
        if basis is not None:
            return _reorder(reordering, snapshot, basis, target, now=now, known=known)
        program = (sys.executable, "-m", f"route112.adapters.tables.{module}")
        argv = (*program, str(target), str(now), known, *more)
        with snapshot.open("rb") as file:  # opened here, since staged files are pruned
            said = await run_errand(argv, stdin=file.fileno(), nice=nice, seconds_max=SECONDS_MAX)
        return read_translation(said)

    return translate


def _reorder(
    reordering: Reordering, path: Path, basis: Path, target: Path, *, now: UtcTime, known: str
) -> Translation:
    """Work orders in, here: the start of a child would cost more than all of it."""
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    snapshot = Snapshot(content, checked=True)
    try:
        return reorder_file(reordering, snapshot, basis=basis, target=target, now=now, known=known)
    except (OSError, sqlite3.Error, ValueError):
        raise
    except Exception as error:
        # A mistake must not end the supervisor: next time a child translates all.
        said = f"orders cannot be worked in: {type(error).__name__}: {error}"
        raise ErrandError(said) from error
