"""A translation in a child process, which costs the loop of a supervisor a start and an end."""

import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from route112.adapters.errand import run_errand
from route112.adapters.tables.translation import SECONDS_MAX, Translation, read_translation
from route112.model import UtcTime


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


def translate_beside(module: str, *more: str) -> Translate:
    """
    Return what translates in a child process.

    Args:
        module: in `route112.adapters.tables`; a program.
        more: its last arguments.
    """

    async def translate(
        snapshot: Path, target: Path, *, now: UtcTime, known: str, basis: Path | None, nice: int
    ) -> Translation:
        program = (sys.executable, "-m", f"route112.adapters.tables.{module}")
        argv = (*program, str(target), str(now), known, str(basis or ""), *more)
        with snapshot.open("rb") as file:  # opened here, since staged files are pruned
            said = await run_errand(argv, stdin=file.fileno(), nice=nice, seconds_max=SECONDS_MAX)
        return read_translation(said)

    return translate
