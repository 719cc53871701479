"""What every member does at this instant, asked of the members themselves."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from route112.adapters.kamailio_rpc import (
    RpcError,
    get_item,
    list_items,
    read_counters,
    read_slot,
)
from route112.adapters.sip import Address
from route112.adapters.sip_probe import ask_server
from route112.adapters.supervision import find_start, read_leader
from route112.apps.country_run.ending import KAMAILIO_STATE
from route112.apps.country_run.footprint import Footprint, measure_sessions
from route112.apps.country_run.members import BESIDE, Kind, list_asked
from route112.apps.country_run.planned import is_listening
from route112.apps.country_run.state import Entry
from route112.apps.duty.draining import takes_calls

PROBE_SECONDS_MAX = 1.0
OK = 200
UNSUPERVISED = "unsupervised"
NATIVE_TABLES = {Kind.SITE: "zn", Kind.EDGE: "plan"}
"""Table of a Kamailio that has the generation, in both of its slots."""
POINTER_BYTES_MAX = 4_096
_STAGED = re.compile(r"/g([0-9]{1,20})-[0-9a-f]+\.r112\s*$")
_REDIRECT = re.compile(r"route112-redirect g([0-9]{1,20})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What an edge thinks of one site that it holds off."""

    until_s: int
    """Wall clock, seconds since 1970: then one call may try; another one in the past is trying."""
    hold_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One member at one instant; None where it did not say."""

    entry: Entry
    at_s: float
    """Monotonic."""
    state: str
    """`up`, `drained` (takes no new calls, as it was told), `degraded` (answers, but not 200, or
    not at each of its addresses), `unsupervised` (serves, but nobody starts it again), `silent`
    (runs, and does not answer), `down`."""
    status: int | None = None
    """Of its answer to OPTIONS; of several addresses, of the first one where it is not well."""
    silent: str = ""
    """At which of its addresses it does not answer, with commas."""
    python_generation: int | None = None
    native_generation: int | None = None
    invites: int | None = None
    """INVITEs since its Kamailio started, retransmissions among them."""
    ringing: int | None = None
    """Calls without a final answer."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Calls refused since its Kamailio started, by reason."""
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    """By site; those that are closed are left out."""
    footprint: Footprint = field(default_factory=Footprint)

    @property
    def is_down(self) -> bool:
        """Tell whether it does not do its work at all."""
        return self.state in ("down", "silent")

    @property
    def is_whole(self) -> bool:
        """Tell whether it does its work everywhere, and somebody starts it again if it ends."""
        return not self.is_down and not self.silent and self.state != UNSUPERVISED


async def survey(entries: tuple[Entry, ...], *, now_s: float) -> tuple[Sample, ...]:
    """Ask all members at once; what does not answer holds nobody up for long."""
    samples = await asyncio.gather(*(_ask(entry, now_s) for entry in entries))
    sessions = {sample.entry.id: _list_sessions(sample.entry) for sample in samples}
    found = measure_sessions({pid for pids in sessions.values() for pid in pids})
    return tuple(
        replace(
            sample,
            footprint=sum((found[pid] for pid in sessions[sample.entry.id]), start=Footprint()),
        )
        for sample in samples
    )


async def ask_places(
    places: Sequence[Address], *, timeout_s: float
) -> tuple[str, Sequence[tuple[int, str]]]:
    """Return where nobody answers, with commas, and the answers, as of `ask_server`, elsewhere."""
    answers = await asyncio.gather(
        *(
            ask_server(place.transport, place.host, place.port, timeout_s=timeout_s)
            for place in places
        )
    )
    asked = list(zip(places, answers, strict=True))
    silent = ", ".join(str(place) for place, answer in asked if answer is None)
    return silent, [answer for _, answer in asked if answer is not None]


async def _ask(entry: Entry, now_s: float) -> Sample:
    is_led = entry.leader is not None and entry.leader.is_alive()
    # Kamailio serves on without its supervisor.
    if not is_led and not _list_sessions(entry):
        return Sample(entry=entry, at_s=now_s, state="down")
    if entry.kind in BESIDE:
        is_silent = entry.kind == Kind.PLANNER and not is_listening(Path(entry.folder))
        return Sample(entry=entry, at_s=now_s, state="silent" if is_silent else "up")
    silent, answers = await ask_places(
        list_asked(entry.address, entry.asked), timeout_s=PROBE_SECONDS_MAX
    )
    if not answers:
        return Sample(entry=entry, at_s=now_s, state="silent", silent=silent)
    status, server = next((each for each in answers if each[0] != OK), answers[0])
    # A redirect server answers 403 to whoever is no operator, and works all the same.
    is_good = not silent and (status == OK or entry.kind == Kind.REDIRECT)
    well = "up" if is_led else UNSUPERVISED
    state = well if is_good else "degraded"
    sample = Sample(entry=entry, at_s=now_s, state=state, status=status, silent=silent)
    if entry.kind == Kind.REDIRECT:
        match = _REDIRECT.search(server)
        return replace(sample, python_generation=int(match[1]) if match else None)
    if entry.kind in NATIVE_TABLES:
        return await _ask_kamailio(sample, Path(entry.folder))
    return sample


async def _ask_kamailio(sample: Sample, folder: Path) -> Sample:
    """Add what Kamailio says of itself, as far as it does."""
    socket, kind = folder / "rpc.sock", Kind(sample.entry.kind)
    if kind is Kind.SITE:
        sample = replace(sample, python_generation=_read_current(folder / "current"))
        if await _is_drained(socket):
            sample = replace(sample, state="drained")
    try:
        counters = await read_counters(
            socket, "core:rcv_requests_invite", "tmx:active_transactions"
        )
        sample = replace(
            sample,
            invites=counters.get("rcv_requests_invite"),
            ringing=counters.get("active_transactions"),
        )
        if kind is Kind.SITE:
            refused = await list_items(socket, "refused")
            load = await list_items(socket, "load")
            sample = replace(
                sample,
                ringing=int(load.get("all", "0")),
                refused={reason: int(count) for reason, count in sorted(refused.items())},
            )
        else:
            sample = replace(sample, breakers=read_breakers(await list_items(socket, "breaker")))
        return replace(sample, native_generation=await _ask_native(socket, NATIVE_TABLES[kind]))
    except (RpcError, ValueError):
        return sample


async def _is_drained(socket: Path) -> bool:
    """Ask whether it takes no new calls; one of another version may not know of it."""
    try:
        return not await takes_calls(socket)
    except RpcError:
        return False


async def _ask_native(socket: Path, table: str) -> int:
    slot, _ = await read_slot(socket, ())
    return int(await get_item(socket, f"{table}_{slot}", "gen"))


def read_breakers(rows: Mapping[str, str]) -> dict[str, Breaker]:
    """Read the rows of an edge's breakers, `site-1:until` and `site-1:hold`; ValueError."""
    return {
        name: Breaker(until_s=until, hold_s=int(rows.get(f"{name}:hold", "0")))
        for key, value in sorted(rows.items())
        if (name := key.removesuffix(":until")) != key and (until := int(value))
    }


def _read_current(path: Path) -> int | None:
    """Return the generation of the staged file that workers read before each decision."""
    try:
        with path.open("rb") as file:
            text = file.read(POINTER_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return None
    match = _STAGED.search(text)
    return int(match[1]) if match else None


def _list_sessions(entry: Entry) -> tuple[int, ...]:
    """List the sessions of a member: its own, and that of its Kamailio."""
    pids = [entry.leader.pid] if entry.leader is not None and entry.leader.is_alive() else []
    found = read_leader(Path(entry.folder) / KAMAILIO_STATE)
    if found is not None and find_start(found[0]) == found[1]:
        pids.append(found[0])
    return tuple(pids)
