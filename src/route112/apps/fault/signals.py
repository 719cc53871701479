"""Faults by signals: kill, keep away, stop, slow down."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable

from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError


def send(pids: Iterable[int], number: int) -> int:
    """Send a signal to processes; those that have gone meanwhile are no error."""
    count = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            count += 1
    return count


def kill(ground: Ground, fault: Fault) -> None:
    """Kill Kamailio; raises FaultError where none runs."""
    for target in fault.targets:
        if not send(ground.list_kamailio(target), signal.SIGKILL):
            raise FaultError(f"no Kamailio of {target} runs", "`route112 status` says why")


def begin_dead(ground: Ground, fault: Fault) -> None:
    """Stop the supervisor, then kill Kamailio, which nobody starts again."""
    for target in fault.targets:
        send(_find_supervisor(ground, target), signal.SIGSTOP)
        send(ground.list_kamailio(target), signal.SIGKILL)


def end_dead(ground: Ground, fault: Fault) -> None:
    """Let the supervisor go on."""
    for target in fault.targets:
        send(_find_supervisor(ground, target), signal.SIGCONT)


def begin_stop(ground: Ground, fault: Fault) -> None:
    """Stop Kamailio; raises FaultError where none runs."""
    for target in fault.targets:
        if not send(ground.list_kamailio(target), signal.SIGSTOP):
            raise FaultError(f"no Kamailio of {target} runs", "`route112 status` says why")


def end_stop(ground: Ground, fault: Fault) -> None:
    """Let Kamailio go on."""
    for target in fault.targets:
        send(ground.list_kamailio(target), signal.SIGCONT)


def step_slow(ground: Ground, fault: Fault) -> float:
    """Stop Kamailio for its share of one period; return the seconds until the next one."""
    period_s = float(fault.settings["period_ms"]) / 1e3
    stopped_s = period_s * float(fault.settings["share"])
    pids = [pid for target in fault.targets for pid in ground.list_kamailio(target)]
    send(pids, signal.SIGSTOP)
    try:
        time.sleep(stopped_s)
    finally:
        send(pids, signal.SIGCONT)
    return period_s - stopped_s


def step_restart(ground: Ground, fault: Fault) -> float:
    """Kill what runs; return the seconds until the next time."""
    for target in fault.targets:
        send(ground.list_kamailio(target), signal.SIGKILL)
    return float(fault.settings["every_s"])


def _find_supervisor(ground: Ground, target: str) -> list[int]:
    leader = ground.entry(target).leader
    return [] if leader is None or not leader.is_alive() else [leader.pid]
