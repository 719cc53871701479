"""
What watch measures changes the order in which a real site rings, and nothing else.

A PSAP that says nothing costs each of its callers 600 ms for each of its lines, until watch has
said so, however well it answers OPTIONS; it gets its calls back soon after it has healed. Without
watch calls go on as ever.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.load import serve_plan
from tests.support.site import ANSWERS, SILENT, Caller, Psap, make_operators
from tests.support.snapshots import LINES, small_content

import route112
from route112.adapters.atomic_file import write_atomically
from route112.adapters.clock import utc_now
from route112.adapters.processes import Children
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.model import ServiceState
from route112.model.states import MeasuredState, StateKind, StateSource
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot
from route112.watch.states.tracks import HOLD_US
from route112.wire.documents.state_file import VALID_US, parse_states, render_states

pytestmark = pytest.mark.e2e

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
SITE = f"127.0.67.{1 + WORKER}"
HOSTS = {"brest": f"127.0.68.{1 + WORKER}", "paris": f"127.0.68.{101 + WORKER}"}
SILENT_PSAP, NEXT_PSAP = "CIC17-29", "CIC17-75"
AT_ONCE_S = 0.5
TWO_LINES_S = 1.1
"""A silent PSAP has two lines; Kamailio's timers fire up to 63 ms too early, each time."""
SAID_SECONDS_MAX = 8.0
BACK_SECONDS_MAX = 8.0
"""A second until it is asked, two of answers, one until sites look, the trial's call, one more look."""
UNANSWERED_SECONDS = 3.5
"""Two questions and their patience."""
STATES = "states.json"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A site with its supervisor and recorder; Brest and Paris answer by hand."""
    folder = tmp_path_factory.mktemp("states")
    psaps = {name: Psap(host) for name, host in HOSTS.items()}
    trunks = tuple(TrunkRow(name=f"{name}/ip/", hops=(end.hop(),)) for name, end in psaps.items())
    lines = tuple(
        replace(line, trunk=0 if line.psap == 0 else 1) for line in LINES if line.role != "order"
    )
    plan = folder / "plan.r112"
    content = small_content(lines=lines, trunks=trunks, orders=(), operators=make_operators())
    plan.write_bytes(write_snapshot(content))
    (folder / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
    with Children() as children, serve_plan(children, folder, plan, host=SITE, psaps=()) as served:
        place = SimpleNamespace(places={("udp", False): (SITE, served.run.port)}, callers=[])
        caller = Caller(place)
        try:
            yield SimpleNamespace(
                folder=folder, plan=plan, served=served, caller=caller, psaps=psaps,
                states=served.run.run_dir / STATES,
            )  # fmt: skip
        finally:
            for end in (caller, *psaps.values()):
                end.close()


@contextmanager
def watching(country):
    argv = [
        *COMMAND, "watch", "run", "--topology", country.folder / "topology.yaml",
        "--plan", country.plan, "--run-dir", country.folder / "watch",
        "--records", country.served.run.run_dir,
    ]  # fmt: skip
    with (country.folder / "watch.log").open("w") as stderr:
        process = subprocess.Popen(list(map(str, argv)), env=ENVIRONMENT, stderr=stderr)
    try:
        wait_until(country.states.exists, 15, "watch writes")
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(is_so, seconds, what):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def ring(country):
    """Place a call; return who rang, and after how many seconds."""
    call = country.caller.place()
    assert call.status == 200
    rung = [name for name, end in country.psaps.items() if end.invites(call.call_id)]
    return rung, call.seconds(180)


def say(country):
    """Return what the site is told."""
    read = parse_states(country.states.read_bytes())
    return {state.id: state for state in read.states}


def test_a_silent_psap_is_left_alone_and_gets_its_calls_back(country):
    with watching(country):
        assert ring(country)[0] == ["brest"]
        country.psaps["brest"].behaviour = SILENT
        for _ in range(3):
            rung, seconds = ring(country)
            assert rung == ["brest", "paris"]
            assert seconds > TWO_LINES_S
        ended = time.monotonic()
        wait_until(lambda: SILENT_PSAP in say(country), SAID_SECONDS_MAX, "watch says so")
        said = time.monotonic()
        time.sleep(1.1)  # a site looks once a second

        for _ in range(10):
            rung, seconds = ring(country)
            assert rung == ["paris"]
            assert seconds < AT_ONCE_S
        shown = subprocess.run(
            [*COMMAND, "states", "--run-dir", str(country.folder / "watch")],
            capture_output=True, text=True, env=ENVIRONMENT, check=False,
        )  # fmt: skip
        assert shown.returncode == 1
        rows = {row[1]: row for line in shown.stdout.splitlines()[1:] if (row := line.split())}
        assert rows[SILENT_PSAP][2:4] == ["Unreachable", "calls"]
        hop = country.psaps["brest"].address
        assert rows[hop][:4] == ["element", hop, "Unreachable", "calls"], "OPTIONS are answered"

        country.psaps["brest"].close()
        time.sleep(UNANSWERED_SECONDS)
        country.psaps["brest"].behaviour = ANSWERS
        country.psaps["brest"].open()
        healed, offered, back = time.monotonic(), None, 0
        while back < 5:
            assert time.monotonic() - healed < BACK_SECONDS_MAX, say(country)
            rung, seconds = ring(country)
            assert seconds < AT_ONCE_S
            back = back + 1 if rung == ["brest"] else 0
            if offered is None and rung == ["brest"]:
                offered = time.monotonic()
            time.sleep(0.3)
        assert offered - said < HOLD_US / 1e6, "sooner than without OPTIONS"
        back_s = time.monotonic() - healed
        print(
            f"\nsaid after {said - ended:.1f} s, tried {offered - healed:.1f}, back {back_s:.1f}"
        )
        assert SILENT_PSAP not in say(country)


def test_when_watch_is_gone_its_word_expires_and_calls_go_on(country):
    """Its last word, as it stood some seconds before it expired."""
    word = MeasuredState(
        kind=StateKind.SERVICE, id=SILENT_PSAP, state=ServiceState.UNREACHABLE,
        source=StateSource.CALLS, since_us=1, seen_us=1,
    )  # fmt: skip
    country.psaps["brest"].behaviour = SILENT
    write_atomically(
        country.states, render_states([word], now_us=utc_now() - VALID_US + 3_000_000)
    )
    expires = time.monotonic() + 3.0
    time.sleep(1.1)
    rung, seconds = ring(country)
    assert (rung, seconds < AT_ONCE_S) == (["paris"], True)
    time.sleep(max(0.0, expires - time.monotonic()))
    rung, seconds = ring(country)
    assert (rung, seconds > TWO_LINES_S) == (["brest", "paris"], True)

    country.psaps["brest"].behaviour = ANSWERS
    write_atomically(country.states, b'{"format":1,"states":[')
    time.sleep(1.1)
    for _ in range(20):
        assert ring(country)[0] == ["brest"]
    log = (country.served.run.run_dir / "records" / "raw.log").read_text(errors="replace")
    workers = {
        line.split("(")[1].split(")")[0] for line in log.splitlines() if "no measured" in line
    }
    assert workers
    assert log.count("no measured states") == len(workers), "each worker says it once"
