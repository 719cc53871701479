"""`route112 demo` as a newcomer runs it: a real country, real calls, and what breaks under them."""

import gzip
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import route112
from route112.adapters.processes import Children, find_listeners
from route112.apps.demo.country import DemoFolder, write_country

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

ROUTE112 = [sys.executable, "-m", "route112.apps"]
SECONDS_MAX = 150
SECOND_RUN_SECONDS_MAX = 90
"""On a machine that does other things, too; alone it is about half as long."""
LINE_MAX = 100
ACTS = 5
CALLS = 48
NOBODY = 65_534
ROW = re.compile(
    r"^   (\d) .*? +(\d+) +(\d+) +(\d+) +(\d+\.\d\d) s +(\d+) +(\d+)( +each named beforehand)?$"
)
ADDRESSES = re.compile(r"127\.0\.([1-9]|12)\.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder):
    """The first run of a newcomer."""
    return run(folder)


def environment():
    return os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}


def run(folder, *arguments, before=()):
    return subprocess.run(
        [*before, *ROUTE112, "demo", "--dir", str(folder), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def read_rows(output):
    """Return number, placed, right, delayed, latest, misrouted, lost, remark of each act."""
    return [match.groups() for match in map(ROW.match, output.splitlines()) if match]


def read_act(output, number):
    return re.search(
        rf"^{number}\. .*?(?=^[0-9]\. |^The checker)", output, re.MULTILINE | re.DOTALL
    )[0]


def test_a_newcomer_sees_a_country_that_loses_only_what_was_named_beforehand(first):
    assert first.returncode == 0, first.stdout + first.stderr
    rows = read_rows(first.stdout)
    assert [row[0] for row in rows] == list("12345")
    for number, placed, right, _, latest, misrouted, lost, remark in rows[:4]:
        assert (placed, right, misrouted, lost, remark) == (f"{CALLS}", f"{CALLS}", "0", "0", None)
        assert number == "1" or float(latest) >= 0.4, "somebody met a site that is dead"
    _, placed, right, delayed, latest, misrouted, lost, remark = rows[4]
    assert (placed, misrouted, remark) == (
        f"{CALLS}",
        "0",
        " " * 2 + "each named beforehand",
    )
    assert int(lost) >= 4
    assert int(right) == CALLS - int(lost)
    assert int(delayed) >= 8
    assert 5.5 < float(latest) < 8.0, "a second gateway, of another vendor"


def test_it_explains_itself(first):
    said = first.stdout
    assert "\x1b[" not in said, "no colour into a pipe"
    assert "\r" not in said
    assert max(map(len, said.splitlines())) <= LINE_MAX
    for name in ("bruyere", "cormoran", "dolmen", "ecume", "Brest", "Lille", "Strasbourg", "Lyon",
                 "Toulouse", "Rouen"):  # fmt: skip
        assert name in said.partition("1. Nothing is broken")[0]
    assert re.search(
        r"^ +15 @29019 bruyere/mobile -> rule primary -> CRRA15-29 \+33\d{9} \[g1 site-[1-6] ",
        read_act(said, 1),
        re.MULTILINE,
    )
    assert re.search(
        r"^ +[a-z]+-edge-1 -> site-5 SILENT -> site-", read_act(said, 2), re.MULTILINE
    )
    for number in (3, 4):
        way = " ".join(read_act(said, number).split())
        assert " -> every site OUT -> direct -> " in way
    joined = " ".join(read_act(said, 5).split())
    assert "warning one-gateway-vendor: in zone antilles " in joined
    assert "played" in joined, "a played gateway says that it is one"
    assert joined.index("one-gateway-vendor") < joined.index("calls from there")


def test_nothing_is_left_and_what_it_says_to_look_at_is_there(first, folder):
    assert not listeners()
    assert not processes_of(folder)
    plan = str(folder / "fr.r112")
    asked = re.findall(r"^  \S*route112 ((?:records|route) .*)$", first.stdout, re.MULTILINE)
    assert len(asked) == 2
    for line in asked:
        found = subprocess.run(
            [*ROUTE112, *line.split()],
            env=environment(),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert found.returncode == 0, found.stderr
        assert "CRRA15-29" in found.stdout or "site-1" in found.stdout
    assert f"up --plan {plan}" in first.stdout


def test_a_second_run_by_an_ordinary_user_is_quicker_and_gives_every_verdict(first, folder):
    assert first.returncode == 0
    is_root = os.geteuid() == 0
    owner = (NOBODY, NOBODY) if is_root else (os.geteuid(), os.getegid())
    ids = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
    with tempfile.TemporaryDirectory() as name:
        theirs = Path(name)
        shutil.copytree(folder / "fr", theirs / "fr")
        shutil.copytree(folder / "cache", theirs / "cache")
        shutil.copy(folder / "fr.stamp", theirs)
        for path in (theirs, *theirs.rglob("*")):
            os.chown(path, *owner)
        began = time.monotonic()
        result = run(theirs, "--json", "--calls", "24", before=ids if is_root else ())
    assert time.monotonic() - began < SECOND_RUN_SECONDS_MAX
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert [act["placed"] for act in found["acts"]] == [24] * ACTS
    assert [act["lost"] for act in found["acts"][:4]] == [0] * 4
    assert found["acts"][4]["lost"] == found["acts"][4]["named_beforehand"] > 0
    assert [act["misrouted"] for act in found["acts"]] == [0] * ACTS
    assert len(found["calls"]) == 24 * ACTS
    assert found["not_as_told"] == []
    assert "(0 parsed now" in result.stderr
    assert not listeners()


@pytest.mark.slow
def test_a_planted_difference_is_found(first, folder):
    """The verdict hangs on the country's second derivation, and on nothing that we recorded."""
    assert first.returncode == 0
    write_country(DemoFolder(folder))
    table = folder / "fr" / "expected.csv.gz"
    good = table.read_bytes()
    bad = gzip.decompress(good).replace(b"\n29019,15,CRRA15-29,+33", b"\n29019,15,CRRA15-29,+34")
    bad = bad.replace(b",CRRA15-29,+33", b",CRRA15-29,+34")
    table.write_bytes(gzip.compress(bad, 1))
    try:
        result = run(folder, "--calls", "8")
    finally:
        table.write_bytes(good)
    assert result.returncode == 1
    assert "NOT AS TOLD: 7 of 8 right" in result.stdout
    assert "What to look at: " in result.stdout


def test_another_country_on_this_machine_is_named(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.1.3", 5060))
        result = run(folder)
    assert result.returncode == 2
    assert "127.0.1.3:5060/udp is taken" in result.stderr
    assert "another country" in result.stderr
    assert "route112 down" in result.stderr
    assert not listeners()


@pytest.mark.parametrize(
    ("number", "code", "when"),
    [
        pytest.param(signal.SIGINT, 1, "4. All six sites are dead", marks=pytest.mark.slow),
        (signal.SIGTERM, 143, "programs run after"),
        (signal.SIGKILL, -signal.SIGKILL, "3. Five sites are dead"),
    ],
)
def test_nothing_outlives_a_demo_that_is_ended_under_calls(folder, number, code, when):
    assert end(folder, when, number) == code


def test_a_terminal_sees_colour_and_one_line_that_is_written_over(folder):
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*ROUTE112, "demo", "--dir", str(folder), "--calls", "8"],
        env=environment() | {"TERM": "xterm"},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while b"2. One site is killed" not in said:
            said += os.read(ours, 65_536)
        os.kill(running.pid, signal.SIGINT)
        while part := read_more(ours):
            said += part
        assert running.wait(timeout=30) == 1
    finally:
        running.kill()
        running.wait()
        os.close(ours)
    assert b"\r\x1b[2K   13 of 13 programs answer" in said
    assert b"\x1b[1m2. One site is killed" in said
    Children().wait_until(lambda: not listeners(), timeout_s=10, what="all is quiet")


def read_more(descriptor):
    """Read what is left on a terminal; nothing when its other end is closed."""
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""


def end(folder, when, number, *arguments):
    """Run a demo until it says something, end it, and see that nothing is left; return its code."""
    running = subprocess.Popen(
        [*ROUTE112, "demo", "--dir", str(folder), *arguments],
        env=environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = read_until(running.stdout, when)
        started = listeners()
        running.send_signal(number)
        running.communicate(timeout=30)
    finally:
        running.kill()
        running.communicate()
    assert when in said[-1], "".join(said)
    assert len(started) > 100
    Children().wait_until(
        lambda: not listeners() and not processes_of(folder), timeout_s=30, what="all is quiet"
    )
    return running.returncode


def listeners():
    """List who listens where the demo does."""
    found = find_listeners("udp") | find_listeners("tcp")
    return {(host, port) for host, port in found if ADDRESSES.match(host)}


def processes_of(folder):
    """List processes that still have this demo on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(folder).encode() in word for word in line) and int(path.name) != os.getpid():
            found.append((path.name, line))
    return found


def read_until(stream, text):
    said = []
    for line in stream:
        said.append(line)
        if text in line:
            break
    return said
