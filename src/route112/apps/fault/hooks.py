"""Faults inside a process: what the two named hooks of an exercise read."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.adapters.kamailio_rpc import RpcError, ask_kamailio
from route112.adapters.kemi.exercise import CRASH, FILE, HANG, HANG_HARD, RAISE, Rule
from route112.apps.fault.book import Fault, read_book
from route112.apps.fault.ground import Ground

TABLE, ROW = "exercise", "grey"
"""Of the second hook, in `kamailio/site.cfg`."""
SHARE_ALL = 1_024
"""The whole of a share in that row: Kamailio's hash of a Call-ID has gaps where it is no power of
two."""
STEP_SECONDS = 0.5
"""How soon a Kamailio that was started again has its row back."""


def begin_python(ground: Ground, fault: Fault) -> None:
    """Write what the Python of each target is to do."""
    for target in fault.targets:
        write_rules(ground, target)


def end_python(ground: Ground, fault: Fault) -> None:
    """Write what is left to do."""
    for target in fault.targets:
        write_rules(ground, target, but=fault.id)


def write_rules(ground: Ground, target: str, *, but: str = "") -> None:
    """Replace the file that the hook of one site reads."""
    rules = [
        make_rule(fault)
        for fault in read_book(ground.run_dir).in_force
        if fault.kind in _DOES and target in fault.targets and fault.id != but
    ]
    path = ground.folder(target) / FILE
    if rules:
        write_atomically(path, msgspec.json.encode(rules))
    else:
        path.unlink(missing_ok=True)


def make_rule(fault: Fault) -> Rule:
    """Return what a fault says to the hook."""
    does = HANG_HARD if fault.settings.get("hard") == "yes" else _DOES[fault.kind]
    return Rule(does, str(fault.settings["caller"]))


def step_grey(ground: Ground, fault: Fault) -> float:
    """Say again which calls come to nothing; return the seconds until the next time."""
    share = round(float(fault.settings["share"]) * SHARE_ALL)
    for target in fault.targets:
        _ask(ground.folder(target), "htable.sets", TABLE, ROW, f"{fault.settings['mode']}|{share}")
    return STEP_SECONDS


def end_grey(ground: Ground, fault: Fault) -> None:
    """Remove the row."""
    for target in fault.targets:
        _ask(ground.folder(target), "htable.delete", TABLE, ROW)


def _ask(folder: Path, *words: str) -> bool:
    """Tell Kamailio; one that does not run has no row either."""
    try:
        wait_for(ask_kamailio(folder / "rpc.sock", *words))
    except RpcError:
        return False
    return True


def wait_for(doing: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Run a coroutine to its end, also where a loop runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, doing).result()


_DOES = {"python-hang": HANG, "python-raise": RAISE, "worker-crash": CRASH}
