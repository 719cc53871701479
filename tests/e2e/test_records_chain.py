"""
Calls through a real site while its recorder is killed again and again: what callers wrote down
comes out of the records call by call, and what somebody altered afterwards is found.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from tests.support.load import Planned, put_psaps, serve_plan, start_load
from tests.support.sip import make_hop
from tests.support.sipp_psaps import Place
from tests.support.site_run import run_site
from tests.support.snapshots import small_content
from tests.support.tampering import check, list_files, reseal

from route112.adapters.clock import utc_now
from route112.adapters.processes import Children
from route112.adapters.record_spool import Position, follow, read_records
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.simulation.agreement import Key
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot
from route112.watch import Intake, Joiner

pytestmark = pytest.mark.e2e

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
SITE = f"127.0.80.{1 + WORKER}"
PSAPS = ((f"127.0.80.{101 + WORKER}", 5060), (f"127.0.80.{201 + WORKER}", 5060))
CALLS_PER_S = 200
CALLS = 4_000
KILLS_MIN = 8
PAUSE_S = (0.3, 1.8)
LATER_US = 300_000_000
"""So long after the last call nobody waits for more of it."""

RECORDER = """
import asyncio, signal, sys
from pathlib import Path
from route112.adapters.record_spool import Bounds, Recorder

async def main():
    bounds = Bounds(segment_bytes_max=100_000, seal_seconds=0.5)
    recorder = Recorder(Path(sys.argv[1]), site="site", complain=print, bounds=bounds)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, recorder.stop)
    await recorder.run()

asyncio.run(main())
"""


@contextmanager
def stand_up(folder):
    brest, paris = (make_hop(Place(*place)) for place in PSAPS)
    trunks = (
        TrunkRow(name="armor/ip/", hops=(brest,)),
        TrunkRow(name="armor/rtc/ouest", hops=(make_hop(Place(*PSAPS[0]), "rtc"),)),
        TrunkRow(name="lutece/ip/", hops=(paris,)),
    )
    base = small_content(trunks=trunks)
    lines = tuple(line for line in base.lines if line.role != "order")
    plan = folder / "plan.r112"
    plan.write_bytes(write_snapshot(small_content(trunks=trunks, lines=lines, orders=())))
    with Children() as children:
        psaps = put_psaps(children, folder, PSAPS)
        with serve_plan(children, folder, plan, host=SITE, psaps=psaps) as served:
            yield served


def plan_calls():
    keys = (("29019", "17", "+33261910020"), ("75101", "15", "+33199000010"))
    return [Planned(Key(commune, dialled), rings, rings) for commune, dialled, rings in keys]


class Recording:
    """A recorder of its own process, which is killed at any time; the next one begins at once."""

    def __init__(self, path):
        self.path = path
        self.kills = 0
        self.chance = random.Random(112)
        self.start()

    def start(self):
        argv = [sys.executable, "-c", RECORDER, str(self.path)]
        self.popen = subprocess.Popen(argv, stdout=subprocess.PIPE)
        self.until = time.monotonic() + self.chance.uniform(*PAUSE_S)

    def kill_when_due(self):
        if time.monotonic() >= self.until:
            assert self.popen.poll() is None, "it ended by itself"
            self.end(signal.SIGKILL)
            self.kills += 1
            self.start()

    def end(self, number):
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        self.popen.communicate(timeout=20)


class Watching:
    """Follows the records beside it all, by `Intake` and `Joiner`; begins anew now and then."""

    def __init__(self, path):
        self.path = path
        self.intake, self.joiner = Intake(), Joiner(())
        self.position = None
        self.calls = []
        self.records = 0
        self.turns = 0

    def look(self, *, again=False):
        """Take what is new; `again` reads all of it once more, as after a restart."""
        since = None if again else self.position
        for record in follow(self.path, since=since, wait=lambda: False):
            self.position = Position(record.writer, record.sequence)
            if self.intake.accept(record.writer, record.sequence):
                self.records += 1
                self.calls += self.joiner.take(record)
        self.calls += self.joiner.tick(utc_now())

    def end(self):
        self.look(again=True)
        self.calls += self.joiner.tick(utc_now() + LATER_US)


CALLS_KILLED = 1_200
KILL_AFTER_S = 2.0


def kill_site(run):
    """End supervisor, recorder and all of Kamailio at once, as a machine that is reset would."""
    members = run.members()
    run.popen.kill()
    for pid in members:
        os.kill(pid, signal.SIGKILL)
    run.popen.wait(timeout=10)


def test_a_site_that_is_killed_whole_loses_no_record_and_repeats_none(tmp_path):
    """What it wrote before and after are one chain, and each attempt is counted once."""
    with stand_up(tmp_path) as served:
        path = served.run.run_dir / "records"
        watching = Watching(path)
        load = start_load(served, plan_calls(), count=CALLS_KILLED, calls_per_s=CALLS_PER_S)
        time.sleep(KILL_AFTER_S)
        watching.look()
        kill_site(served.run)
        listen = f"udp:{served.host}:{served.run.port}"
        arguments = ("--template", str(KAMAILIO_FOLDER / "site.cfg"), "--name", "site")
        with run_site(
            tmp_path / "site", tmp_path / "plan.r112", *arguments, port=served.run.port,
            listen=listen, run_dir=served.run.run_dir, count=1,
        ) as again:  # fmt: skip
            outcome = load.wait(watching.look)
            again.wait("start")
            assert again.stop() == 0
    watching.end()
    records = list(read_records(path))
    begun = Counter(record.call for record in records if record.kind == "attempt")
    given = Counter(call.call for call in watching.calls if not call.corrects)
    assert given == begun
    assert set(begun) <= {line.call_id for line in outcome.callers}
    answered = {line.call_id for line in outcome.callers if line.status == 200}
    through = {call.call for call in watching.calls if call.got_through}
    # A Kamailio that was started again passes on what the dead one asked for, and has no end of it.
    unknown = {call.call for call in watching.calls if call.outcome == "unknown"}
    assert answered <= through | unknown
    assert len(answered) > CALLS_KILLED / 2
    assert (watching.intake.missing, watching.intake.count_gaps()) == (0, 0)
    assert watching.records == len(records)
    code, found = verify(path)
    assert (code, found["flaws"], found["unsealed"]) == (0, [], 0)
    print(f"\n{len(answered)} answered, {sum(begun.values())} attempts, {len(records)} records")


def verify(path):
    argv = [sys.executable, "-m", "route112.apps", "records", "verify", str(path), "--json"]
    ended = subprocess.run(argv, check=False, capture_output=True, timeout=120)
    (found,) = json.loads(ended.stdout)
    return ended.returncode, found


def test_calls_in_are_calls_out_whatever_becomes_of_the_recorder(tmp_path):
    with stand_up(tmp_path) as served:
        path = served.run.run_dir / "records"
        served.run.stop(signal.SIGKILL)  # Kamailio serves on; nobody else keeps its records now
        recording, watching = Recording(path), Watching(path)
        try:
            load = start_load(served, plan_calls(), count=CALLS, calls_per_s=CALLS_PER_S)
            looked = time.monotonic()

            def meanwhile():
                nonlocal looked
                recording.kill_when_due()
                if time.monotonic() - looked > 1:
                    looked = time.monotonic()
                    watching.turns += 1
                    watching.look(again=watching.turns % 7 == 0)
                    assert check(path).flaws == [], "beside a recorder that works and dies"
                time.sleep(0.02)

            outcome = load.wait(meanwhile)
            recording.end(signal.SIGTERM)
            watching.end()
        finally:
            recording.end(signal.SIGKILL)
    check_counts(outcome, watching, path)
    print(
        f"\n{recording.kills} kills, {len(list_files(path))} segments, {watching.records} records"
    )
    assert recording.kills >= KILLS_MIN
    code, found = verify(path)
    assert (code, found["flaws"], found["unsealed"]) == (0, [], 0)
    assert found["records"] == watching.records
    check_tampering(path)


def check_counts(outcome, watching, path):
    """Each call that a caller placed came out once, and no other; repeats were known as such."""
    placed = sorted(line.call_id for line in outcome.callers)
    assert len(placed) == CALLS
    first = Counter(call.call for call in watching.calls if not call.corrects)
    odd = {name for name in first.keys() | set(placed) if first[name] != 1} | (
        first.keys() - set(placed)
    )
    said = [record for record in read_records(path) if record.call in odd]
    assert sorted(first.elements()) == placed, said
    answered = {line.call_id for line in outcome.callers if line.status == 200}
    assert {call.call for call in watching.calls if call.got_through} == answered
    assert watching.intake.refused > 0
    assert (watching.intake.missing, watching.intake.count_gaps()) == (0, 0)
    records = [(record.writer, record.sequence) for record in read_records(path)]
    twice = records * 2
    random.Random(112).shuffle(twice)
    intake = Intake()
    assert sum(intake.accept(*record) for record in twice) == len(records) == watching.records
    assert (intake.missing, intake.count_gaps()) == (0, 0)


def check_tampering(path):
    """One record altered in each of some segments, with the segment's own seal made anew."""
    files = list_files(path)
    for place in (0, len(files) // 2, len(files) - 1):
        content = files[place].read_bytes()
        for altered, kind in (
            (content.replace(b" t=1", b" t=2", 2), "altered"),
            (reseal(content.replace(b" R1 ", b" R1 x-", 1)), "replaced"),
            (content[: len(content) // 2], "altered"),
        ):
            files[place].write_bytes(altered)
            code, found = verify(path)
            assert code == 1
            (flaw,) = found["flaws"]
            assert (flaw["kind"], flaw["file"]) == (kind, f"segments/{files[place].name}")
        files[place].unlink()
        code, found = verify(path)
        assert (code, [flaw["kind"] for flaw in found["flaws"]]) == (1, ["missing"])
        files[place].write_bytes(content)
    assert verify(path)[0] == 0
