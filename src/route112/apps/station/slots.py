"""
What the two copies of the table in a running Kamailio hold, and the way from one to the other.

The copy that is not in use is made equal to the file, checked, and put in use by one flip. Where
it is known to lack no more than some rows, these are replaced in it one by one: a country takes
tenths of a second to load, and an order has no time. What is not known is loaded whole.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.kamailio_rpc import (
    load_slot,
    patch_slot,
    read_built,
    read_slot,
    use_slot,
)
from route112.adapters.tables.translation import Translation

ROWS_MAX = 2_000
"""Rows that are replaced one by one; beyond it loading all is quicker."""
SETTLE_SECONDS = 0.5
"""After a flip the copy that was in use is left alone: a call may still be reading it."""
LEVEL_SECONDS = 5.0
"""After a flip without another one the other copy is made equal to it."""

_OTHER = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Flip:
    """A copy that is in use."""

    slot: str
    rows: int | None
    """How many of its rows were replaced for it; None: it was loaded whole."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of one copy."""

    mark: str
    """Of the table that it holds."""
    lacking: Mapping[str, str]
    """Rows in which the file differs from it."""


class Slots:
    """The two copies of one table."""

    def __init__(self, socket: Path, monotonic_s: Callable[[], float]) -> None:
        self._socket = socket
        self._monotonic_s = monotonic_s
        self._held: dict[str, _Held] = {}
        """By slot; one that is missing is not known."""
        self._flipped_s = monotonic_s() - LEVEL_SECONDS
        self._idle = ""

    def forget(self) -> None:
        """Take nothing for granted of a Kamailio that has just started, or was found."""
        self._held = {}
        self._idle = ""

    def replace_file(self, changes: Mapping[str, str] | None) -> None:
        """Note that the file is another one: it differs in these rows, or everywhere."""
        if changes is None:
            self._held = {}
            return
        held = {
            slot: _Held(one.mark, {**one.lacking, **changes}) for slot, one in self._held.items()
        }
        self._held = {slot: one for slot, one in held.items() if len(one.lacking) <= ROWS_MAX}

    @property
    def uneven(self) -> bool:
        """Tell whether the copy that is not in use has to be loaded, and may be by now."""
        rested = self._monotonic_s() - self._flipped_s >= LEVEL_SECONDS
        return rested and self._idle != "" and self._idle not in self._held

    async def put_in_use(self, table: Translation) -> Flip:
        """Make a copy equal to the file and put it in use; RpcError, and the old one stays."""
        slot, built = await read_slot(self._socket, table.marks)
        rows: int | None = 0
        if built == table.mark:
            self._held[slot] = _Held(built, {})
            await self._recognise(_OTHER[slot], table)
        else:
            slot = _OTHER[slot]
            rows = await self._load(slot, table)
            await use_slot(self._socket, slot)
            self._flipped_s = self._monotonic_s()
        self._idle = _OTHER[slot]
        return Flip(slot, rows)

    async def _recognise(self, slot: str, table: Translation) -> None:
        """Note that a copy is equal to the file, if it is: so both are after a start."""
        if await read_built(self._socket, slot, table.marks) == table.mark:
            self._held[slot] = _Held(table.mark, {})

    async def level(self, table: Translation) -> None:
        """Make the copy that is not in use equal to the file; RpcError."""
        await self._load(self._idle, table)

    async def _load(self, slot: str, table: Translation) -> int | None:
        """Make a copy equal to the file; return how many rows were replaced, None: all."""
        settled_s = self._flipped_s + SETTLE_SECONDS - self._monotonic_s()
        if settled_s > 0:
            await asyncio.sleep(settled_s)
        held = self._held.pop(slot, None)  # of use again when it is whole
        mark = await read_built(self._socket, slot, table.marks)
        if mark == table.mark:
            rows: int | None = 0
        elif held is not None and held.mark == mark:
            rows = len(held.lacking)
            changed = {table.ordered: held.lacking}
            await patch_slot(self._socket, slot, changed, table.marks)
        else:
            rows = None
            await load_slot(self._socket, slot, table.marks)
        self._held[slot] = _Held(table.mark, {})
        return rows
