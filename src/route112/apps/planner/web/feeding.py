"""Stations: what they say, what they shall have, and the files of it. A station is no person."""

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from route112.access import Identity, Reason
from route112.apps.planner.desk import name_route
from route112.apps.planner.engine import ReportError
from route112.apps.planner.web.guard import (
    Ground,
    check_rate,
    find_ends_us,
    find_ground,
    find_identity,
    write_refusal,
)
from route112.apps.planner.web.intake import read_bytes
from route112.apps.planner.web.rejection import Rejected
from route112.replication import Report, parse_report, render_wanted
from route112.replication.messages import MESSAGE_BYTES_MAX

HOLD_S = 0.8
"""For a station that has what it shall have and would wait for news: less than the second after
which it asks again."""
HELD_EACH_MAX = 16
"""Of one identity at a time: of the connections that one may have, half are left to others."""
LOOK_S = 0.05
WAITS = "wait=1"
"""What a station says under `Prefer` (RFC 7240) that would wait for news."""
LINE = "text/plain; charset=us-ascii"
BYTES = "application/octet-stream"


class SnapshotResponse(FileResponse):
    """Sends a file in large parts: ten stations fetch eight megabytes each at the same time."""

    chunk_size = 1 << 20


async def post_report(request: Request) -> Response:
    """Take what a station says of itself; tell it what it shall have."""
    station = request.path_params["station"]
    ground, identity = find_ground(request), find_identity(request)
    if not ground.stations.speaks_for(identity, station):
        await _refuse(request, f"you do not speak for {station[:64]}")
    content = await read_bytes(request, MESSAGE_BYTES_MAX)
    report = parse_report(content)
    if report is not None and report.station != station:
        await _refuse(request, f"the report is of {report.station}")
    try:
        wanted = await asyncio.to_thread(ground.engine.answer, content)
    except ReportError as error:
        raise Rejected(400, "malformed", str(error), "Report as docs/change.md says") from error
    ground.note_end(station, identity.name, find_ends_us(request))
    if report is not None and request.headers.get("prefer") == WAITS:
        wanted = await _await_news(ground, identity, report, wanted)
    return Response(wanted, media_type=LINE)


async def _await_news(ground: Ground, identity: Identity, report: Report, wanted: bytes) -> bytes:
    """Answer as soon as a station shall have something newer, or soon anyhow."""
    if ground.held[identity] >= HELD_EACH_MAX:
        return wanted
    ground.held[identity] += 1
    try:
        for _ in range(round(HOLD_S / LOOK_S)):
            found = ground.engine.find_wanted(report.station)
            if found.number > report.number:
                return render_wanted(found)
            await asyncio.sleep(LOOK_S)
    finally:
        ground.held[identity] -= 1
    return wanted


async def get_snapshot(request: Request) -> Response:
    """Give a station the file that it shall have."""
    ground = find_ground(request)
    if not ground.stations.speaks(find_identity(request)):
        await _refuse(request, "snapshots are for stations")
    path = ground.engine.find_snapshot(request.path_params["content_hash"])
    if path is None:
        raise Rejected(410, "no-snapshot", "there is no such snapshot", "Report, and ask again")
    return SnapshotResponse(path, media_type=BYTES)


async def _refuse(request: Request, detail: str) -> None:
    """Write down and refuse whoever is no station."""
    ground, identity = find_ground(request), check_rate(request)
    name = name_route(request.method, request.url.path)
    await write_refusal(ground, identity, name, Reason.UNKNOWN_IDENTITY)
    todo = "List the station in stations.yaml, as docs/access.md says"
    if ground.stations.flaw:
        todo = f"Mend {ground.stations.flaw}"
    raise Rejected(403, "no-station", detail, todo)
