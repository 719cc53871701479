"""Stations: what they say, what they shall have, and the files of it. A station is no person."""

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from route112.access import Reason
from route112.apps.planner.desk import name_route
from route112.apps.planner.engine import ReportError
from route112.apps.planner.web.guard import (
    check_rate,
    find_ground,
    find_identity,
    write_refusal,
)
from route112.apps.planner.web.intake import read_bytes
from route112.apps.planner.web.rejection import Rejected
from route112.replication import parse_report
from route112.replication.messages import MESSAGE_BYTES_MAX

LINE = "text/plain; charset=us-ascii"
BYTES = "application/octet-stream"


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
    return Response(wanted, media_type=LINE)


async def get_snapshot(request: Request) -> Response:
    """Give a station the file that it shall have."""
    ground = find_ground(request)
    if not ground.stations.speaks(find_identity(request)):
        await _refuse(request, "snapshots are for stations")
    path = ground.engine.find_snapshot(request.path_params["content_hash"])
    if path is None:
        raise Rejected(410, "no-snapshot", "there is no such snapshot", "Report, and ask again")
    return FileResponse(path, media_type=BYTES)


async def _refuse(request: Request, detail: str) -> None:
    """Write down and refuse whoever is no station."""
    ground, identity = find_ground(request), check_rate(request)
    name = name_route(request.method, request.url.path)
    await write_refusal(ground, identity, name, Reason.UNKNOWN_IDENTITY)
    todo = "List the station in stations.yaml, as docs/access.md says"
    if ground.stations.flaw:
        todo = f"Mend {ground.stations.flaw}"
    raise Rejected(403, "no-station", detail, todo)
