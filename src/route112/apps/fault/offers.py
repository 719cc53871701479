"""Bad snapshots, each offered to one member alone."""

from dataclasses import replace
from pathlib import Path

from route112.apps.country_run.exercise import OFFERED
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError
from route112.snapshot.frame import content_hash, open_frame, plan_hash

GARBAGE = b"no snapshot\n" * 400


def begin_offer(ground: Ground, fault: Fault) -> None:
    """Put a bad file where each target looks for a snapshot."""
    named = str(fault.settings["file"])
    try:
        content = Path(named).read_bytes() if named else _make(ground, fault)
    except OSError as error:
        raise FaultError(
            f"{named or ground.state.plan}: {error.strerror}", "Name a file"
        ) from error
    for target in fault.targets:
        offered = _find(ground, target)
        aside = offered.with_name(f".{offered.name}.new")
        aside.unlink(missing_ok=True)
        aside.write_bytes(content)
        aside.replace(offered)


def end_offer(ground: Ground, fault: Fault) -> None:
    """Offer the plan of all again."""
    for target in fault.targets:
        point_to(ground.folder(target) / OFFERED, Path(ground.state.plan))


def point_to(offered: Path, plan: Path) -> None:
    """Make a member's own place show the plan of all."""
    aside = offered.with_name(f".{offered.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(plan)
    aside.replace(offered)


def _find(ground: Ground, target: str) -> Path:
    path = ground.folder(target) / OFFERED
    if not path.is_symlink():
        raise FaultError(
            f"{target} has no offers of its own", "Start it again with `route112 up --exercise`"
        )
    return path


def _make(ground: Ground, fault: Fault) -> bytes:
    """Return garbage, or the plan of all under a header that says something else."""
    if fault.settings["content"] == "garbage":
        return GARBAGE
    content = bytearray(Path(ground.state.plan).read_bytes())
    header = open_frame(bytes(content)).header
    if fault.settings["content"] == "older":
        if header.generation <= 1:
            raise FaultError("there is no generation below 1", "Name a --set file=FILE")
        header = replace(header, generation=header.generation - 1)
    else:
        header = replace(header, valid_until=header.valid_until + 1)
    size = len(header.pack())
    for _ in range(2):  # each hash covers the header as it stands
        content[:size] = header.pack()
        view = memoryview(bytes(content))
        header = replace(header, plan_hash=plan_hash(view, header))
        content[:size] = header.pack()
        view = memoryview(bytes(content))
        header = replace(header, content_hash=content_hash(view, header))
    content[:size] = header.pack()
    return bytes(content)
