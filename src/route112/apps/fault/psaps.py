"""Faults of answering points and gateways, as the simulated ones of a run are told."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.apps.country_run.members import Kind as MemberKind
from route112.apps.demo.draw import list_lines
from route112.apps.ends.told import FILE, TellingError, Told, await_followers, find_rings
from route112.apps.fault.book import Fault, read_book
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError

_BEHAVIOURS = {"psap-silent": "silent", "psap-busy": "busy", "psap-flapping": "silent"}
GATEWAY = "gateway-grey"


def begin_psaps(ground: Ground, fault: Fault) -> None:
    """Find which lines and places are meant, and tell them."""
    if not any(entry.kind == MemberKind.PSAPS for entry in ground.state.members):
        raise FaultError(
            "this run has no simulated answering points", "`route112 up --exercise --psaps`"
        )
    if fault.kind == GATEWAY:
        places = [address for vendor, address in ground.list_gateways() if vendor in fault.targets]
        fault.notes["places"] = sorted(set(places))
    else:
        fault.notes["numbers"] = sorted(find_numbers(ground, fault.targets))
    tell(ground, fault)
    _await_followers(ground)


def find_numbers(ground: Ground, targets: Iterable[str]) -> set[str]:
    """Return the numbers that are meant; raises FaultError."""
    numbers: set[str] = set()
    for target in targets:
        if target.startswith("+"):
            if ground.snapshot.find_line(target) is None:
                raise FaultError(f"nobody has the number {target}", "Name one of the plan")
            numbers.add(target)
        else:
            numbers |= list_lines(ground.snapshot, target)
    return numbers


def end_psaps(ground: Ground, fault: Fault) -> None:
    """Tell what is left of all such faults."""
    tell(ground, None, but=fault.id)
    _await_followers(ground)


def _await_followers(ground: Ground) -> None:
    """Return when calls meet what was told; raises FaultError where somebody does not follow."""
    logs = [
        Path(entry.folder) / "log"
        for entry in ground.state.members
        if entry.kind == MemberKind.PSAPS and entry.leader is not None and entry.leader.is_alive()
    ]
    try:
        await_followers(Path(ground.run_dir) / FILE, logs)
    except TellingError as error:
        raise FaultError(str(error), "`route112 status` shows whether they run") from error


def step_flapping(ground: Ground, fault: Fault, turn: int) -> float:
    """Be silent and answer in turn; return the seconds until the next turn."""
    tell(ground, None, but=fault.id if turn % 2 else "")
    return float(fault.settings["period_s"])


def tell(ground: Ground, fault: Fault | None, *, but: str = "") -> None:
    """Write what all faults in force, and `fault`, mean for lines and places."""
    path = Path(ground.run_dir) / FILE
    told = Told(numbers={}, places={}, rings_s=find_rings(path))
    others = [
        one for one in read_book(ground.run_dir).in_force if fault is None or one.id != fault.id
    ]
    for one in (*others, *(() if fault is None else (fault,))):
        if one.id == but:
            continue
        told.numbers.update(
            dict.fromkeys(one.notes.get("numbers", ()), _BEHAVIOURS.get(one.kind, ""))
        )
        if one.kind == GATEWAY:
            told.places.update(dict.fromkeys(one.notes.get("places", ()), "trying"))
    write_atomically(path, msgspec.json.encode(told))
