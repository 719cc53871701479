"""TCP connections of strangers take neither memory nor room from calls for long."""

import socket
import time
from contextlib import closing

import pytest
from tests.support.site import ANSWERS, STRANGER, Caller, open_site

from route112.apps.station.setup import CONNECTION_BYTES

pytestmark = pytest.mark.e2e

SHM_MB = 64
HELD = 950
"""As many would take all of the shared memory."""
IDLE_S = 25.0
"""After 10 s, and 5 s of reading, the site gives up on whoever said nothing."""
RINGS_LONG = ((0, 100), (0.01, 180), (18, 200))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site"), shm_mb=SHM_MB) as opened:
        yield opened


def connect(site):
    stranger = socket.socket()
    stranger.settimeout(1)
    stranger.bind((STRANGER, 0))
    stranger.connect(site.places["tcp", False])
    return stranger


def can_call_over_tcp(site):
    try:
        with closing(Caller(site, transport="tcp")) as caller:
            return caller.place("17").status == 200
    except OSError:
        return False


def test_idle_connections_of_strangers_are_soon_gone_and_take_no_memory_from_calls(site):
    site.psaps["brest"].behaviour = ANSWERS
    assert HELD * CONNECTION_BYTES > 0.95 * SHM_MB * 1_048_576
    caller = Caller(site)
    held = [connect(site) for _ in range(HELD)]
    try:
        began = time.monotonic()
        assert [caller.place("17").status for _ in range(5)] == [200] * 5
        while not can_call_over_tcp(site):
            assert time.monotonic() - began < IDLE_S
            time.sleep(0.5)
        assert caller.place("15").status == 200  # rings over TCP
    finally:
        for stranger in held:
            stranger.close()


def test_connections_that_carry_a_call_outlive_a_long_ringing(site):
    site.psaps["tcp"].behaviour = RINGS_LONG
    with closing(Caller(site, transport="tcp")) as caller:
        call = caller.place("15", timeout_s=22)
    assert call.statuses == [100, 180, 200]
    assert len(site.psaps["tcp"].invites(call.call_id)) == 1
