"""
The first minutes of 2 June 2021 in the wiring of 2021, watched while they are played.

One site, then five of six, take calls and forget them; each looks well. Who lost a call is known
from the logs of both ends; watch has nothing but the records of the stations. Once the evening is
faster than real; once a second of it is a second, for ten minutes around 16:45.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.hosts import wait_until

import route112
from route112.adapters.record_spool import read_records
from route112.adapters.watch_store import load_counts, open_store
from route112.simulation.logs import parse_callers

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def folder(tmp_path_factory):
    """A short path: the sockets of a country's members lie in it."""
    return tmp_path_factory.mktemp("r")


SCENARIO = """\
scenario: fr-2021-06-02-first
title: "2 June 2021, {starts} to {ends}"
starts: 2021-06-02T{starts}:00+02:00
ends: 2021-06-02T{ends}:00+02:00
seed: 20210602
callers:
  calls: {calls}
  profile: {{"{starts}": 1.0, "{ends}": 1.0}}
  numbers: {{"15": 46, "18": 27, "17": 19, "112": 8}}
  operators: {{bruyere: 4, cormoran: 3, dolmen: 2, ecume: 1}}
  retries: {{share: 0.78, after_s: [15, {again_s}], most: {most}}}
faults:
  - {{at: "16:45", until: "16:50", fault: reconnect-storm, targets: [site-1]}}
  - {{at: "16:46", until: "{ends}", fault: grey, targets: [site-1], settings: {{mode: trying, share: "0.14"}}, spreads_after_s: 60}}
  - {{at: "16:50", until: "{ends}", fault: grey, targets: [site-2, site-3, site-4, site-5], settings: {{mode: trying, share: "0.14"}}}}
wirings:
  - {{name: as-2021, note: "as it was", tries_max: 1, breakers: no, direct: no, shared_state: yes}}
  - {{name: route112, note: "as it is", tries_max: 3, breakers: yes, direct: yes, shared_state: no}}
"""


@dataclass(frozen=True, kw_only=True)
class Play:
    """Minutes of that evening, and how fast they are played."""

    starts: str
    ends: str
    calls: int
    """First calls."""
    rate: float
    """First calls a second, real ones."""
    grey_begins_us: int = 1_622_645_160_000_000
    """16:46, when the first site forgets calls."""
    alarm_after_s_max: float
    """Evening seconds from then on until an alarm has to be open."""
    seconds_max: int
    again_s: int = 240
    """Who dials again does so within this time, `most` times at most."""
    most: int = 4


FAST = Play(
    starts="16:45", ends="16:57", calls=2000, rate=40, alarm_after_s_max=600, seconds_max=300
)
"""A call that a site forgets fails after eleven real seconds, which are 160 of this evening."""
REAL = Play(
    starts="16:44", ends="16:54", calls=1800, rate=3, alarm_after_s_max=420,
    seconds_max=1_200, again_s=120, most=2,
)  # fmt: skip
"""As many first calls a second as the country had at that hour, so that nothing is compressed."""
WIRING = "as-2021"
STARTED_SECONDS_MAX = 180.0
KEPT_SECONDS_MAX = 90.0
"""Calls without an end are given after a minute."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")


@contextmanager
def started(*command, log):
    """Run a command; killed if it has not ended by then."""
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run_command(*arguments, codes=(0,)):
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True, text=True, env=ENVIRONMENT, check=False,
    )  # fmt: skip
    assert done.returncode in codes, done.stderr
    return done.stdout


def count_kept(folder):
    store = open_store(folder / "watch.sqlite")
    try:
        return load_counts(store)
    finally:
        store.close()


def wait_until_kept(folder):
    """Wait until watch has given every call that came to an edge."""
    records = [each for path in folder.glob("*/records") for each in read_records(path)]
    calls = {
        each.call for each in records if each.kind == "attempt" and "-edge-" in each.get("site")
    }
    deadline = time.monotonic() + KEPT_SECONDS_MAX
    while (kept := count_kept(folder)).get("calls", 0) < len(calls):
        assert time.monotonic() < deadline, f"{kept}; {len(records)} records, {len(calls)} calls"
        time.sleep(0.5)
    assert kept["records"] == len(records)


def list_attempts(folder):
    """
    Return by caller when each attempt was placed, and whether anybody answered.

    A caller is who the operator says it is: some operators present the number of a line.
    """
    presented = {
        each.call: each.get("caller")
        for path in folder.glob("*-edge-*/records")
        for each in read_records(path)
        if each.kind == "attempt"
    }
    attempts = defaultdict(list)
    for path in sorted(folder.glob("callers-*.jsonl")):
        for line in parse_callers(path.read_bytes()):
            caller = presented[line.call_id]
            attempts[caller].append((line.placed_us, line.answered_us is not None))
    return attempts


def list_called_back(folder):
    text = run_command(
        "callbacks", "export", "--format", "json", "--reason", "compare with both ends",
        "--run-dir", folder,
    )  # fmt: skip
    return sorted(entry["caller"] for entry in json.loads(text))


def play(folder, minutes):
    """Play and watch; return what the replay reports."""
    scenario, folder = folder / "first.yaml", folder / "p" / WIRING
    scenario.write_text(
        SCENARIO.format(
            starts=minutes.starts,
            ends=minutes.ends,
            calls=minutes.calls,
            again_s=minutes.again_s,
            most=minutes.most,
        )
    )
    replaying = (
        "unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *COMMAND,
        "replay", str(scenario), "--dir", str(folder.parent), "--only", WIRING,
        "--rate", str(minutes.rate), "--json",
    )  # fmt: skip
    watch = (
        *COMMAND, "watch", "run", "--topology", str(folder / "topology.yaml"),
        "--plan", str(folder.parent / "fr.r112"), "--run-dir", str(folder),
    )  # fmt: skip
    with started(*replaying, log=folder.parent.parent / "replay.log") as replay:
        wait_until(
            (folder / "topology.yaml").exists, STARTED_SECONDS_MAX, "the country is written"
        )
        with started(*watch, log=folder / "watch.log") as watching:
            said, _ = replay.communicate(timeout=minutes.seconds_max)
            wait_until_kept(folder)
            watching.send_signal(signal.SIGTERM)
            assert watching.wait(timeout=20) == 0, (folder / "watch.log").read_text()
    return json.loads(said)


@pytest.mark.parametrize("minutes", [FAST, REAL], ids=["fast", "real-speed"])
def test_first_minutes(folder, minutes):
    """The alarm names what the sites share, and every lost caller is on the list: short names."""
    report = play(folder, minutes)
    folder = folder / "p" / WIRING
    assert report["lost"] > 0, "nothing was lost in the wiring of 2021"
    attempts = list_attempts(folder)
    missed = sorted(caller for caller, all_ in attempts.items() if not max(all_)[1])
    assert missed
    assert list_called_back(folder) == missed
    alarms = json.loads(
        run_command("alarms", "--all", "--json", "--run-dir", folder, codes=(0, 1, 3))
    )
    first = min(alarms, key=lambda alarm: alarm["opened_us"])
    delay_s = (first["opened_us"] - minutes.grey_begins_us) / 1e6
    print(f"first alarm {delay_s:.0f} s of the evening after the first site: {first['title']}")
    assert 0 < delay_s < minutes.alarm_after_s_max
    last = max(alarms, key=lambda alarm: len(alarm["findings"]) + len(alarm["past"]))
    assert last["factors"][0]["name"] in ("software", "change"), last["factors"]
