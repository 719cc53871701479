"""Two datagrams of a hundred are lost between an edge and its sites, both ways."""

import itertools
import time
from dataclasses import dataclass

import pytest
from tests.support.edge_run import CLIENT, open_edge, open_psaps, play_sites
from tests.support.site import Caller
from tests.support.standstill import judge_in_time
from tests.support.wires import run_relay

from route112.apps.edge.setup import Hop

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

LOSS = 0.02
CALLS = 400
CALLS_PER_S = 25
FRONTS = ("127.0.1.21", "127.0.1.22")
RINGING = ((0, 100), (0.01, 180), (0.2, 180), (0.4, 180))
"""A ringing that is lost is heard with the next one."""
STILL_S = 0.2
SILENT_SHARE_MAX = 0.005
"""Three INVITEs or their answers have to be lost for a silence: 6 calls of 100,000."""
FOLDERS = itertools.count()


@dataclass(frozen=True)
class Found:
    """What a play gave."""

    unheard: list
    """Calls that did not ring within their second."""
    silent: set
    """Calls of which a site looked silent."""
    events: list
    decided: list
    late_s: float
    """The longest time that the caller was late."""


def test_no_breaker_opens_and_hardly_a_call_looks_silent(tmp_path):
    judge_in_time(
        lambda: place_all(tmp_path / f"edge-{next(FOLDERS)}"), judge, room_s=STILL_S,
        find_late_s=lambda found: found.late_s,
    )  # fmt: skip


def judge(found, machine):
    """Ends of this test that stand still make sites look silent, and calls unheard."""
    room = CALLS_PER_S * machine.total_s
    assert len(found.unheard) <= room, found.unheard
    assert len(found.silent) <= CALLS * SILENT_SHARE_MAX + room
    if not machine.standstills:
        assert found.events == []
        assert found.decided == []


def place_all(folder):
    """Place the calls; tell what became of them."""
    with open_psaps() as psaps, play_sites(2) as sites:
        for site in sites:
            site.behaviour = RINGING
            site.widen(4_000_000)
        pairs = [
            ((front, 5060), (site.host, site.port))
            for front, site in zip(FRONTS, sites, strict=True)
        ]
        hops = [Hop(f"{front}:5060") for front in FRONTS]
        with (
            run_relay(pairs, loss=LOSS) as relay,
            open_edge(folder, sites, psaps, hops=hops, in_turn=True) as edge,
        ):
            calls, late_s = hang_up_each(edge)
            assert relay.lost > CALLS * LOSS
        return Found(
            unheard=[call.call_id for call in calls if 180 not in call.statuses],
            silent={record.call for record in edge.records("returned")},
            events=edge.events(),
            decided=edge.records("decision"),
            late_s=late_s,
        )


def hang_up_each(edge):
    """Let each call ring for a second; return them, and the longest time that this was late."""
    caller = Caller(edge, host=CLIENT)
    calls, late_s = [], 0.0
    began_s = time.monotonic()
    for index in range(CALLS):
        calls.append(caller.begin(body=str(index).encode()))
        due_s = began_s + (index + 1) / CALLS_PER_S
        while (left_s := due_s - time.monotonic()) > 0:
            caller.listen(calls[-1], until=999, timeout_s=left_s)
        late_s = max(late_s, -left_s)
        if index >= CALLS_PER_S:
            caller.cancel(calls[index - CALLS_PER_S])
    caller.listen(calls[-1], until=999, timeout_s=1.0)
    return calls, late_s
