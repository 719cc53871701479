"""Calls from end to end at an exercise, by our own SIP agent, with the logs of both ends."""

import asyncio
from dataclasses import dataclass, replace

from tests.support.exercise import HOST
from tests.support.snapshots import TRUNKS

from route112.adapters.sip import Address, TlsFiles
from route112.apps.ends import Callers, CallOrder, Psaps
from route112.simulation.logs import PsapLine
from route112.wire.record_lines import parse_line

HOLD_S = 0.3
TIMEOUT_S = 20.0
BYE_SECONDS_MAX = 3.0
COMMUNE = "29019"
NUMBERS = {"17": "+33261910020", "18": "+33261910030"}
"""Short number to who is rung in that commune."""


@dataclass(frozen=True, kw_only=True)
class Talked:
    """One call, as both ends saw it."""

    call_id: str
    status: int
    ring_ms: float
    line: PsapLine
    """Of the answering point that was talked to."""
    is_over: bool
    """The caller's BYE arrived at the answering point."""


def make_trunks(*places):
    """Make the plan's trunks with one end each."""
    return tuple(
        replace(trunk, hops=(replace(trunk.hops[0], address=place),))
        for trunk, place in zip(TRUNKS, places, strict=True)
    )


def talk(exercise, to, *, source, ends, numbers=tuple(NUMBERS), tls=None):
    """
    Place calls in turn and talk; return them.

    Args:
        exercise: a country that runs without answering points, which are played here.
        to: transport and `host:port` of an edge.
        source: address that is sent from.
        ends: where the trunks of the plan end.
        numbers: short numbers, one for each call.
        tls: own certificate.

    """
    with exercise.network.inside(HOST):
        return asyncio.run(_talk(Address.parse(to), source, ends, numbers, tls))


async def _talk(to, source, ends, numbers, tls):
    callers = Callers(Address(to.transport, source, 0), tls=tls)
    psaps = Psaps(answer_after_s=0.1)
    async with psaps, callers:
        for end in ends:
            await psaps.listen(Address.parse(end))
        return [await _place(psaps, callers, to, number) for number in numbers]


async def _place(psaps, callers, to, number):
    order = CallOrder(
        dialled=number, to=to, commune=COMMUNE, timeout_s=TIMEOUT_S,
        hold_s=HOLD_S,
    )  # fmt: skip
    result = await asyncio.wait_for(callers.run(order), TIMEOUT_S + BYE_SECONDS_MAX)
    lines = [line for line in psaps.lines if line.call_id == result.call_id]
    assert lines, f"nobody rang: {result}"
    return Talked(
        call_id=result.call_id,
        status=result.status,
        ring_ms=((result.ringing_us or 0) - result.placed_us) / 1e3,
        line=lines[-1],
        is_over=result.call_id not in psaps.calls,
    )


def list_records(exercise, id_, kind, call_id=""):
    """List the records of a kind that a member wrote, of one call or of all."""
    lines = exercise.records(id_).encode().splitlines(keepends=True)
    found = (parse_line(line) for line in lines if b"R1 " in line)
    return [
        record
        for record in found
        if record is not None and record.kind == kind and call_id in ("", record.get("call"))
    ]


def read_files(certificates):
    """Return a test's certificates as a caller's own."""
    return TlsFiles(certificates.certificate, certificates.key, certificates.authority)
