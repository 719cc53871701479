"""The API: put a fault in, end it, list what is in force; and end all that a run has left."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from route112.adapters.clock import utc_now
from route112.adapters.packet_filter import PacketFilterError
from route112.adapters.supervision import find_start
from route112.apps.country_run.state import Process, read_state
from route112.apps.fault.book import (
    FAULTS_MAX,
    Book,
    BookError,
    Fault,
    lock_book,
    read_book,
    write_book,
    write_log,
)
from route112.apps.fault.ground import Ground, open_ground
from route112.apps.fault.kinds import KINDS, Aim, FaultError, Lasts
from route112.apps.fault.means import MEANS
from route112.apps.fault.network import clear_chains

ALL = "all"
SECONDS_MAX = 86_400.0
TARGETS_MAX = 100
RUNNER_SECONDS_MAX = 3.0
"""From SIGTERM to SIGKILL of a runner."""
TURN_SECONDS_MAX = 20.0
"""Until a runner has done its first turn."""
US_PER_S = 1_000_000
MODE = 0o600
_USUAL = ("chrt", "--other", "0")
"""Of util-linux: what repeats a fault is served as usual, though its starter be served first."""


class Faults:
    """The faults of one run directory."""

    def __init__(self, run_dir: Path, *, spares: int = 0) -> None:
        """
        Take the faults of a run.

        Args:
            run_dir: its folder.
            spares: processes that wait with everything loaded, so that a fault which has to be
                repeated begins at once; `close` ends those that were not needed.

        """
        self._run_dir = run_dir.resolve()
        self._spares_wanted = spares
        self._spares: list[subprocess.Popen[bytes]] = []
        self._fill()

    def inject(
        self,
        kind: str,
        targets: Sequence[str],
        settings: Mapping[str, object] | None = None,
        *,
        seconds: float = 0.0,
    ) -> str:
        """
        Put a fault in.

        Args:
            kind: one of `KINDS`.
            targets: what its aim says: ids of members, answering points, numbers, a vendor.
            settings: those that are not as in the table.
            seconds: end it by itself after so long; 0: when it is cleared.
        Returns: its id.
        Raises: FaultError; nothing of it is in force then.

        """
        fault = self._make(kind, targets, settings or {}, seconds)
        ground = open_ground(self._run_dir)
        with lock_book(self._run_dir):
            book = self._read()
            _check(fault, book, ground)
            book.count += 1
            fault.number, fault.id = book.count, f"{kind}-{book.count}"
            book.in_force.append(fault)
            write_book(self._run_dir, book)
            try:
                self._begin(ground, fault, book)
            except BaseException:
                end_runner(fault)
                _end(ground, fault)
                book.in_force.remove(fault)
                book.count -= 1
                write_book(self._run_dir, book)
                raise
            write_log(self._run_dir, "inject", fault, now_us=utc_now())
        return fault.id

    def clear(self, id_: str = ALL, *, by: str = "cleared") -> tuple[str, ...]:
        """
        End a fault, or all; what is no longer in force is no error.

        Returns: the ids of those that were ended.
        Raises: FaultError where one cannot be ended, after all others were.
        """
        with lock_book(self._run_dir):
            book = self._read()
            chosen = [fault for fault in book.in_force if id_ in (ALL, fault.id)]
            if not chosen:
                self._check_known(id_, book)
                return ()
            troubles = [trouble for fault in chosen if (trouble := self._end(fault, book, by))]
        if troubles:
            raise troubles[0]
        return tuple(fault.id for fault in chosen)

    def close(self) -> None:
        """End the processes that wait for a fault."""
        for popen in self._spares:
            assert popen.stdin is not None, "it waits for a line there"
            assert popen.stdout is not None, "it would tell its first turn there"
            popen.stdin.close()
            popen.stdout.close()
        self._spares.clear()

    def list(self) -> tuple[Fault, ...]:
        """List what is in force, oldest first."""
        return tuple(self._read().in_force)

    def list_past(self) -> tuple[Fault, ...]:
        """List what has ended, oldest first."""
        return tuple(self._read().past)

    def _make(
        self, kind: str, targets: Sequence[str], settings: Mapping[str, object], seconds: float
    ) -> Fault:
        found = KINDS.get(kind)
        if found is None:
            raise FaultError(
                f"there is no fault {kind}", "`route112 fault list --kinds` lists them"
            )
        if not targets:
            raise FaultError(f"{kind} needs a target", f"Name {found.aim.value}")
        if len(targets) > TARGETS_MAX:
            raise FaultError(f"{len(targets)} targets", f"Name at most {TARGETS_MAX}")
        if not 0.0 <= seconds <= SECONDS_MAX:
            raise FaultError(f"{seconds:g} seconds", f"At most {SECONDS_MAX:g}")
        now_us = utc_now()
        return Fault(
            id="",
            number=0,
            kind=kind,
            targets=tuple(dict.fromkeys(targets)),
            settings=found.read_settings(settings),
            since_us=now_us,
            ending=found.ending,
            ends_us=now_us + int(seconds * US_PER_S) if seconds else 0,
        )

    def _begin(self, ground: Ground, fault: Fault, book: Book) -> None:
        lasts = KINDS[fault.kind].lasts
        MEANS[fault.kind].begin(ground, fault)
        if lasts is Lasts.MOMENT:
            book.close(fault, now_us=utc_now(), by="over at once")
        elif lasts is Lasts.RUNNER or fault.ends_us:
            popen = self._start_runner(fault)
            fault.runner = Process(pid=popen.pid, start_ticks=find_start(popen.pid) or 0)
            write_book(self._run_dir, book)
            await_turn(popen)
        write_book(self._run_dir, book)

    def _start_runner(self, fault: Fault) -> "subprocess.Popen[bytes]":
        """Tell a process that waits which fault is its own, or one that is started for it."""
        popen = self._spares.pop(0) if self._spares else self._spawn()
        assert popen.stdin is not None, "it waits for a line there"
        with contextlib.suppress(BrokenPipeError), popen.stdin as told:
            told.write(f"{fault.id}\n".encode())  # one that is gone does not begin, which is told
        self._fill()
        return popen

    def _fill(self) -> None:
        while len(self._spares) < self._spares_wanted:
            self._spares.append(self._spawn())

    def _spawn(self) -> "subprocess.Popen[bytes]":
        log = os.open(
            self._run_dir / "faults-runner.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE
        )
        try:
            popen = subprocess.Popen(  # noqa: S603  our own module
                [*_USUAL, sys.executable, "-m", "route112.apps.fault.runner", str(self._run_dir)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        _CHILDREN.append(popen)
        return popen

    def _end(self, fault: Fault, book: Book, by: str) -> FaultError | None:
        """End one fault, and write that down; return what went wrong."""
        end_runner(fault)
        trouble = None
        ground = open_any_ground(self._run_dir)
        if ground is not None:
            trouble = _end(ground, fault)
        if trouble is None:
            now_us = utc_now()
            book.close(fault, now_us=now_us, by=by)
            write_book(self._run_dir, book)
            write_log(self._run_dir, "clear", fault, now_us=now_us, by=by)
        return trouble

    def _read(self) -> Book:
        try:
            return read_book(self._run_dir)
        except BookError as error:
            raise FaultError(str(error), "Remove it, then `route112 down`") from error

    def _check_known(self, id_: str, book: Book) -> None:
        if id_ != ALL and not any(fault.id == id_ for fault in book.past):
            raise FaultError(f"there was no fault {id_}", "`route112 fault list` shows them")


_CHILDREN: list["subprocess.Popen[bytes]"] = []
"""Runners that this process started: asked whether they have ended, so that none is a zombie."""


def await_turn(popen: "subprocess.Popen[bytes]") -> None:
    """Wait until a runner has done its first turn; raises FaultError where it does not."""
    assert popen.stdout is not None, "it was asked to say so there"
    with popen.stdout as said:
        is_heard, _, _ = select.select([said], [], [], TURN_SECONDS_MAX)
        if not is_heard or not said.read(1):
            raise FaultError(
                "the process that repeats it does not begin", "Read faults-runner.log of the run"
            )


def open_any_ground(run_dir: Path) -> Ground | None:
    """Open a run whether it is alive or not; None where nothing is known of it."""
    state = read_state(run_dir)
    return None if state is None else Ground(run_dir, state)


def end_runner(fault: Fault) -> None:
    """End the process that repeats a fault, unless it is this one."""
    runner = fault.runner
    if runner is None or runner.pid == os.getpid():
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline_s = time.monotonic() + RUNNER_SECONDS_MAX
        if runner.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(runner.pid, number)
        while runner.is_alive() and time.monotonic() < deadline_s:
            time.sleep(0.02)
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]


def _end(ground: Ground, fault: Fault) -> FaultError | None:
    try:
        MEANS[fault.kind].end(ground, fault)
    except FaultError as error:
        return error
    except OSError as error:
        return FaultError(f"{fault.id}: {error}", "Clear it again, or `route112 down`")
    return None


def _check(fault: Fault, book: Book, ground: Ground) -> None:
    """Raise FaultError where a fault does not fit the run, or what is in force."""
    if len(book.in_force) >= FAULTS_MAX:
        raise FaultError(f"{FAULTS_MAX} faults are in force", "Clear some")
    kind = KINDS[fault.kind]
    known = ground.list_targets(kind.aim)
    for target in fault.targets:
        is_number = kind.aim is Aim.PSAP and target.startswith("+")
        if target not in known and not is_number:
            shown = ", ".join(known[:20]) or "none"
            raise FaultError(
                f"{target} is no target of {fault.kind}", f"Name {kind.aim.value}: {shown}"
            )
    for other in book.in_force:
        both = set(other.targets) & set(fault.targets)
        name = KINDS[other.kind].excludes
        if both and (other.kind == fault.kind or (name and name == kind.excludes)):
            raise FaultError(
                f"{min(both)} has {other.id} already",
                f"`route112 fault clear {other.id}` first",
            )


def clear_leftovers(run_dir: Path) -> tuple[str, ...]:
    """End every fault of a run, alive or not; return what could not be ended."""
    troubles = []
    if _read_or_none(run_dir).count:
        try:
            Faults(run_dir).clear(by="run ended")
        except FaultError as error:
            troubles.append(error.message)
        for fault in _read_or_none(run_dir).in_force:
            end_runner(fault)
    # Whoever lost the book of faults still has their rules in the network.
    with contextlib.suppress(PacketFilterError):  # none was ever set where none may be set
        clear_chains(run_dir)
    return tuple(troubles)


def describe_faults(run_dir: Path, *, now_us: int) -> tuple[str, ...]:
    """Say what is in force, a line for each."""
    return tuple(describe(fault, now_us=now_us) for fault in _read_or_none(run_dir).in_force)


def describe(fault: Fault, *, now_us: int) -> str:
    """Say one fault in a line."""
    settings = "".join(
        f" {name}={_show(value)}" for name, value in fault.settings.items() if value != ""
    )
    seconds = max(0, now_us - fault.since_us) // 1_000_000
    return f"{fault.id} {' '.join(fault.targets)}{settings}, for {seconds} s"


def _show(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _read_or_none(run_dir: Path) -> Book:
    try:
        return read_book(run_dir)
    except BookError:
        return Book()
