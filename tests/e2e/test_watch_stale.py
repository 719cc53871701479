"""
What has to be renewed becomes an alarm, and is over when it was renewed.

Watch is the real process; what it reads is written here: a certificate that has ended, contacts
and numbers that nobody confirmed, records of an edge and two sites of which one has another clock.
"""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.certificates import write_certificates
from tests.support.hosts import wait_until
from tests.support.records import World
from tests.support.snapshots import small_content

import route112
from route112.adapters.clock import utc_now
from route112.countries import read_builtin_profile
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import render_line

pytestmark = pytest.mark.e2e

EDGE, GOOD, WRONG = "bruyere-edge-1", "site-2", "site-3"
AHEAD_S = 90
CALLS = 4
STARTED_SECONDS_MAX = 30.0
TOLD_SECONDS_MAX = 40.0
"""A look every ten seconds, and time for a busy machine."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")
PSAPS = """\
id,name,kind,departement,primary,alternative,technology,carrier,building,capacity,contact,contact_confirmed,alternative_confirmed
CRRA15-29,SAMU 29,CRRA15,29,0261910015,0261910099,ip,armor,CHU,40,night desk,{contact},{number}
"""
TLS = "tls: {certificate: site.pem, key: site.key, ca: ca.pem}}"
PAGE = "docs/runbooks/stale.md"
LAPSED = (
    "contact of CRRA15-29 (night desk): last confirmed on 2025-01-01, which counts for 183 days",
    "alternative number of CRRA15-29 (+33261910099): nobody ever confirmed it",
)


def _now():
    return dt.datetime.fromtimestamp(utc_now() / 1e6, dt.UTC)


def write_ground(folder):
    """Write topology, plan, source folder, and a certificate that ended two days ago."""
    topology = render_topology(TOPOLOGY).decode()
    first, rest = topology.split("bretagne-1}", 1)
    (folder / "topology.yaml").write_text(f"{first}bretagne-1, {TLS}{rest}")
    (folder / "plan.r112").write_bytes(write_snapshot(small_content()))
    write_certificates(folder, "127.0.0.1", ends=_now() - dt.timedelta(days=2))
    (folder / "sources").mkdir()
    (folder / "sources" / "profile.yaml").write_bytes(read_builtin_profile("fr"))
    confirm(folder, contact="2025-01-01", number="")


def confirm(folder, *, contact, number):
    psaps = folder / "sources" / "psaps.csv"
    aside = psaps.with_suffix(".new")
    aside.write_text(PSAPS.format(contact=contact, number=number))
    aside.replace(psaps)


@contextlib.contextmanager
def watching(folder):
    log = folder / "watch.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *COMMAND, "watch", "run", "--topology", str(folder / "topology.yaml"),
                "--plan", str(folder / "plan.r112"), "--run-dir", str(folder),
                "--sources", str(folder / "sources"),
            ],
            env=ENVIRONMENT, stderr=stderr,
        )  # fmt: skip
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def write_call(worlds, name, site, ahead_s):
    """Have an edge and a site write a call of some milliseconds that somebody answers."""
    now_us = utc_now()

    def write(station, kind, at_us, **fields):
        values = {"t": at_us, "site": station, "call": name, **fields}
        worlds[station].append(render_line(kind, values, key=worlds[station].raw.key).encode())

    site_us = now_us + int(ahead_s * 1e6)
    write(EDGE, "attempt", now_us, by="native", op="bruyere", dialled="15", caller="+999000001")
    write(EDGE, "pass", now_us + 100, n=1, to=site, hop="h:1")
    write(site, "attempt", site_us + 300, by="python", op="bruyere", dialled="15", commune="29019")
    write(site, "try", site_us + 400, n=1, psap="CRRA15-29", number="+33261910015", hop="t:1")
    answer = {"outcome": "answered", "code": 200, "psap": "CRRA15-29", "number": "+33261910015"}
    write(site, "end", site_us + 900, **answer, ms=1)
    write(EDGE, "end", now_us + 1_000, **answer, ms=1)


def list_open(folder):
    """Return runbook and evidence of each open alarm, by its title."""
    done = subprocess.run(
        [*COMMAND, "alarms", "--json", "--run-dir", str(folder)],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {
        each["title"]: (
            each["runbook"],
            [said for found in each["findings"] for said in found["evidence"]],
        )
        for each in json.loads(done.stdout)
    }


def test_what_was_not_renewed_is_an_alarm_until_it_is(tmp_path):
    write_ground(tmp_path)
    worlds = {name: World(tmp_path / name / "records") for name in (EDGE, GOOD, WRONG)}
    with watching(tmp_path) as (process, log):
        wait_until(
            lambda: log.read_text().count("follows") == 3, STARTED_SECONDS_MAX, "watch follows"
        )
        for index in range(CALLS):
            write_call(worlds, f"good-{index}", GOOD, 0)
            write_call(worlds, f"wrong-{index}", WRONG, AHEAD_S)
            time.sleep(0.3)
        clock = f"its clock is {AHEAD_S}.0 s ahead of that of {EDGE}, by calls that both had"
        wanted = {
            "site-1: was not renewed": ["certificate site.pem ended 2.0 days ago"],
            f"{WRONG}: was not renewed": [clock],
            "PSAP CRRA15-29: was not renewed": list(LAPSED),
        }
        wait_until(
            lambda: list_open(tmp_path) == {title: (PAGE, wanted[title]) for title in wanted},
            TOLD_SECONDS_MAX,
            "three alarms are open",
        )
        today = _now().date().isoformat()
        confirm(tmp_path, contact=today, number=today)
        write_certificates(tmp_path, "127.0.0.1")
        wait_until(
            lambda: (
                [title for title, (_, said) in list_open(tmp_path).items() if said]
                == [f"{WRONG}: was not renewed"]
            ),
            TOLD_SECONDS_MAX,
            "what was renewed is well again",
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0, log.read_text()
