"""
Watch over six sites: who lost a call is on the call-back list, and nobody else.

The checker says who lost one, from the logs of both ends; watch has nothing but our own records.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.hosts import wait_until
from tests.support.six_sites import make_step, open_six_sites

import route112
from route112.adapters.record_spool import read_records
from route112.adapters.watch_store import load_counts, open_store
from route112.apps.fault.faults import TARGETS_MAX
from route112.simulation.checker import Verdict

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

RATE, SECONDS = 40.0, 4.0
SILENT = "CRRA15-"
"""No answering point of this kind says a word."""
KEPT_SECONDS_MAX = 20.0
STARTED_SECONDS_MAX = 20.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    with open_six_sites(tmp_path_factory.mktemp("six")) as opened:
        yield opened


def run_command(*arguments):
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True, text=True, env=ENVIRONMENT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def watching(country):
    """Run watch beside the country; killed without a word, unless it has ended."""
    log = country.folder / "watch.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *COMMAND, "watch", "run", "--topology", str(country.folder / "topology.yaml"),
                "--plan", str(country.cast.plan), "--run-dir", str(country.folder),
            ],
            env=ENVIRONMENT, stderr=stderr,
        )  # fmt: skip
    try:
        wait_until(lambda: "watch: follows" in log.read_text(), STARTED_SECONDS_MAX, "watch runs")
        yield process
    finally:
        process.kill()
        process.wait()


def count_kept(country):
    """Return what watch says that it has counted."""
    store = open_store(country.folder / "watch.sqlite")
    try:
        return load_counts(store)
    finally:
        store.close()


def read_all(country):
    """Return every record of every member, and the calls that came to an edge."""
    records = [
        record for folder in country.folder.glob("*/records") for record in read_records(folder)
    ]
    edges = {f"{operator}-edge-1" for operator in country.cast.operators}
    calls = {
        record.call
        for record in records
        if record.kind == "attempt" and record.get("site") in edges
    }
    return records, calls


def wait_until_kept(country):
    """Wait until watch has all records, and has given all calls."""
    deadline = time.monotonic() + KEPT_SECONDS_MAX
    while True:
        records, calls = read_all(country)
        kept = count_kept(country) if (country.folder / "watch.sqlite").exists() else {}
        if kept.get("records") == len(records) and kept.get("calls") == len(calls):
            return
        assert time.monotonic() < deadline, f"{kept}; {len(records)} records, {len(calls)} calls"
        time.sleep(0.5)


def list_lost(*plays):
    """
    List who talked to nobody.

    The checker also calls lost who was answered further down than it expected of anybody: they
    did reach an answering point, and are not called back.
    """
    return sorted(
        verdict.caller
        for play in plays
        for verdict in play.judgement.verdicts
        if verdict.verdict is Verdict.LOST and not verdict.number
    )


def list_called_back(country):
    text = run_command(
        "callbacks", "export", "--format", "json", "--reason", "compare with the checker",
        "--run-dir", country.folder,
    )  # fmt: skip
    return sorted(entry["caller"] for entry in json.loads(text))


def compare(country, *plays):
    """The list has whom the checker names, each once; where they differ, say what is on record."""
    called_back, lost = list_called_back(country), list_lost(*plays)
    odd = set(called_back) ^ set(lost)
    calls = [
        verdict for play in plays for verdict in play.judgement.verdicts if verdict.caller in odd
    ]
    names = {verdict.call_id for verdict in calls}
    said = [
        f"{verdict.call_id}: {verdict.verdict.value}: {verdict.reason}" for verdict in calls
    ] + [
        f"{record.call} {record.kind} {dict(record.fields)}"
        for record in read_all(country)[0]
        if record.call in names
    ]
    assert not odd, "\n".join([*sorted(odd), *said])
    assert called_back == lost


def break_and_play(country, name):
    snapshot = country.snapshot
    ids = [snapshot.psap(index).id for index in range(snapshot.psaps_count)]
    silent = [each for each in ids if each.startswith(SILENT)]
    steps = [
        make_step("psap-silent", *each, seconds=SECONDS, tail_s=12.0)
        for each in batched(silent, TARGETS_MAX)
    ]
    return country.play(name, *steps, seconds=SECONDS, rate=RATE, shares=list_shares(country))


def list_wrong_elsewhere(country, play):
    """
    List who went wrong, but for calls that were meant for somebody who was silent before.

    Watch tells sites who was silent, and those get their calls back by trials: until then such a
    call is answered further down. It is never lost.
    """
    assert play.judgement.lost == 0
    snapshot = country.snapshot
    meant = {
        call: snapshot.psap(snapshot.line(snapshot.find_line(targets[0])).psap).id
        for call, targets in play.targets.items()
    }
    return [
        f"{verdict.call_id} for {meant[verdict.call_id]}: {verdict.reason}"
        for verdict in play.judgement.verdicts
        if verdict.verdict is Verdict.MISROUTED and not meant[verdict.call_id].startswith(SILENT)
    ]


def list_shares(country):
    """Operators that present each caller's own number, so that callers can be compared."""
    return {
        id_: 1.0
        for id_, operator in country.cast.operators.items()
        if "line" not in {rule.field for rule in operator.dialect}
    }


def batched(names, count):
    return [names[index : index + count] for index in range(0, len(names), count)]


def test_who_lost_a_call_is_on_the_list_and_nobody_else(country):
    """Also of a time when watch did not run, and when it is killed while calls come."""
    unwatched = break_and_play(country, "unwatched")
    assert 0 < unwatched.judgement.lost < unwatched.judgement.placed

    with watching(country):
        wait_until_kept(country)
        compare(country, unwatched)

        country.heal()
        calm = country.play("calm", seconds=2.0, rate=RATE)
        assert list_wrong_elsewhere(country, calm) == [], "nothing changes for other calls"
        wait_until_kept(country)

    with watching(country) as first:
        country.heal()
        time.sleep(1.0)
        first.send_signal(signal.SIGSTOP)
        watched = break_and_play(country, "watched")
        first.send_signal(signal.SIGCONT)
        time.sleep(0.3)
    with watching(country) as last:
        wait_until_kept(country)
        last.terminate()
        assert last.wait(timeout=10) == 0
    assert watched.judgement.lost > 0
    compare(country, unwatched, watched)
