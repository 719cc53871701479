"""A snapshot is handed in: checked as stations would, compared with the plan in force."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from route112.adapters.source_folder import read_plain
from route112.apps.planner.engine import CandidateError
from route112.apps.planner.web.bodies import CandidateQuery
from route112.apps.planner.web.guard import Ground, check_rate, find_ground, judge, stamp_request
from route112.apps.planner.web.handlers import answer
from route112.apps.planner.web.intake import measure_body, read_query
from route112.apps.planner.web.rejection import Rejected
from route112.apps.planner.web.shown import Kept
from route112.planning import compare_snapshots
from route112.planning.comparing.uprooted import list_uprooted
from route112.replication.values import SNAPSHOT_BYTES_MAX
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

VERB = "plan build"
"""Handing a snapshot in changes nothing yet; whoever builds plans may."""
NAMES_MAX = 200
"""Names in one list of a comparison."""


async def post_candidate(request: Request) -> Response:
    """Take a snapshot, check it, and compare it with the plan in force."""
    check_rate(request)
    ground, query = find_ground(request), read_query(request, CandidateQuery)
    size = measure_body(request, SNAPSHOT_BYTES_MAX)
    arguments = (("content_hash", query.content_hash), ("size", str(size)))
    # Asked before a byte is taken: whoever may not fills no disk.
    await judge(ground, stamp_request(request, VERB, query, arguments))
    async with ground.uploading:
        with _make_room(ground) as path:
            await _receive(request, path)
            # What it is compared with stays what it was, whatever comes into force meanwhile.
            base = ground.engine.state.candidate
            kept = await asyncio.to_thread(_keep, ground, path, query.content_hash, base)
    ground.kept = {query.content_hash: (base, kept)}
    return answer(kept, 201)


@contextlib.contextmanager
def _make_room(ground: Ground) -> Iterator[Path]:
    """Yield a new file that is gone afterwards. Raises: Rejected."""
    try:
        handle, name = tempfile.mkstemp(prefix=".upload.", suffix=".r112", dir=ground.uploads)
    except OSError as error:
        raise _reject_room(error) from error
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


async def _receive(request: Request, path: Path) -> None:
    """Write the body down; its length is bounded by what its head said."""
    try:
        with path.open("wb") as file:
            async for part in request.stream():
                await asyncio.to_thread(file.write, part)
    except ClientDisconnect as error:
        raise Rejected(400, "cut-off", "the body ended early", "Send it again") from error
    except OSError as error:
        raise _reject_room(error) from error


def _reject_room(error: OSError) -> Rejected:
    return Rejected(
        503, "no-room", f"it cannot be kept: {error.strerror}", "Make room, and hand it in again"
    )


def _keep(ground: Ground, path: Path, content_hash: str, base: str) -> Kept:
    """
    Keep a candidate and compare it with `base`; takes some seconds, in a thread.

    Raises: Rejected.
    """
    try:
        kept = ground.engine.take_candidate(path)
        before = ground.engine.find_candidate(base)
        if before is None:
            raise Rejected(
                409,
                "no-base",
                f"there is no file of the plan in force, {base[:16]}, to compare it with",
                "Hand in that one first: `route112 activate FILE` keeps it",
            )
        new = Snapshot(read_plain(path, SNAPSHOT_BYTES_MAX))
        old = Snapshot(read_plain(before, SNAPSHOT_BYTES_MAX))
    except (CandidateError, SnapshotError) as error:
        raise Rejected(
            409, "no-candidate", str(error), "Build and sign it anew: `route112 plan build`"
        ) from error
    except OSError as error:
        raise _reject_room(error) from error
    if kept != content_hash:
        told = f"it is {kept[:16]}, not {content_hash[:16]}"
        raise Rejected(409, "another-content", told, "Hand it in again")
    at = max(ground.now(), new.valid_from)
    impact = compare_snapshots(old, new, at=at)
    departements = {name for number in impact.numbers for name in number.departements}
    return Kept(
        candidate=kept,
        generation=new.generation,
        communes=impact.communes,
        inhabitants=impact.inhabitants,
        population=impact.population,
        share=impact.share,
        paths_share=impact.paths.share,
        share_max=ground.impact_max,
        uprooted=[str(each) for each in list_uprooted(old, new, at=at)[:NAMES_MAX]],
        departements=sorted(departements)[:NAMES_MAX],
        psaps_changed=list(impact.psaps_changed)[:NAMES_MAX],
    )
