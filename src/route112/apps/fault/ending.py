"""What `down`, `status` and the next `up` need of faults: end all, and say what is in force."""

import contextlib
from pathlib import Path

from route112.adapters.packet_filter import PacketFilterError
from route112.apps.fault.book import Book, BookError, Fault, read_book
from route112.apps.fault.faults import Faults, end_runner
from route112.apps.fault.kinds import FaultError
from route112.apps.fault.network import clear_chains


def clear_leftovers(run_dir: Path) -> tuple[str, ...]:
    """End every fault of a run, alive or not; return what could not be ended."""
    book = _read(run_dir)
    if not book.count:
        return ()
    troubles = []
    try:
        Faults(run_dir).clear(by="run ended")
    except FaultError as error:
        troubles.append(error.message)
    for fault in _read(run_dir).in_force:
        end_runner(fault)
    with contextlib.suppress(PacketFilterError):  # none was ever set where none may be set
        clear_chains(run_dir)
    return tuple(troubles)


def describe_faults(run_dir: Path, *, now_us: int) -> tuple[str, ...]:
    """Say what is in force, a line for each."""
    return tuple(describe(fault, now_us=now_us) for fault in _read(run_dir).in_force)


def describe(fault: Fault, *, now_us: int) -> str:
    """Say one fault in a line."""
    settings = "".join(
        f" {name}={_show(value)}" for name, value in fault.settings.items() if value != ""
    )
    seconds = max(0, now_us - fault.since_us) // 1_000_000
    return f"{fault.id} {' '.join(fault.targets)}{settings}, for {seconds} s"


def _show(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _read(run_dir: Path) -> Book:
    try:
        return read_book(run_dir)
    except BookError:
        return Book()
