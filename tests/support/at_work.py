"""A country of `up` with planner and watch, two persons who command it, and callers all the while."""

import asyncio
import itertools
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.support.asked_planner import AskedPlanner
from tests.support.country_run import Country, prepare_country, wait_until

import route112
from route112.apps.demo.draw import Draw
from route112.apps.demo.ends import open_ends
from route112.apps.demo.tally import Book, find_usual_ms, judge_logs
from route112.apps.ends.whereabouts import Whereabouts
from route112.apps.replay.conditions import take_precedence
from route112.apps.topology import load_topology
from route112.snapshot.reader import Snapshot

TREE = Path(route112.__file__).parents[2]
NOBODY = 65_534
"""A second system user that every machine has."""
OWN = pwd.getpwuid(os.geteuid()).pw_name
PEOPLE = f"""\
people:
  - id: operator-desk
    system_users: ["{OWN}"]
    roles: [operator, reader]
  - id: duty-officer
    system_users: [nobody]
    roles: [operator, planner]
"""
APPROVE = """
import json, socket, sys
body = json.dumps({"hash": sys.argv[2]}).encode()
asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
asking.settimeout(20.0)
asking.connect(sys.argv[1])
asking.sendall(
    b"POST /approvals HTTP/1.1\\r\\nHost: planner\\r\\nContent-Type: application/json\\r\\n"
    b"Connection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body
)
got = b""
while part := asking.recv(65536):
    got += part
print(got.partition(b"\\r\\n\\r\\n")[2].decode())
"""
CALLER_FIRST = 20_000_000
"""Callers are counted from here: numbers below are lines whose place an operator knows."""
PATIENCE_S = 20.0
DRAWN = 400
"""Different calls; each of them is placed again by other callers."""
KEYS = ("trust.json", "a.key.pub", "b.key.pub")


def move_house(end, commune, number, snapshot):
    """
    Give callers whom their line names another line of their commune, so that they are others.

    Who calls every few seconds is a flood, and calls again behind whoever served him.
    """
    line = end.whereabouts.lines.get(commune)
    if line is None:
        return end
    find_line = partial(snapshot.callers.find_line, end.operator.id)
    # Parts of a range may be elsewhere.
    others = (f"{line[:-4]}{thousand}{number % 1_000:03}" for thousand in range(10))
    other = next(other for other in others if find_line(other) == find_line(line))
    return replace(end, whereabouts=Whereabouts(lines={commune: other}))


class Stream:
    """
    Calls of all operators at a steady rate, in a thread of their own, until the block ends.

    An operator's calls take its `edges` in turn; whoever runs its network changes that.
    """

    def __init__(self, work, *, rate, calls_max):
        self.book, self.ids, self.late_s = Book(), [], 0.0
        self.edges = {
            operator.id: tuple((edge.host, edge.port) for edge in operator.edges)
            for operator in work.topology.operators
        }
        self._work, self._rate, self._calls_max = work, rate, calls_max
        self._is_over = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    async def _run(self):
        work, loop = self._work, asyncio.get_running_loop()
        snapshot = Snapshot(work.country.plan.read_bytes())
        drawn = Draw(snapshot, work.fr / "expected.csv.gz")
        operators = {each.id for each in work.topology.operators}
        calls = drawn.take(DRAWN, accept=lambda call: call.operator in operators)
        async with (
            AsyncExitStack() as stack,
            open_ends(snapshot, work.topology, work.run_dir) as ends,
            asyncio.TaskGroup() as group,
        ):
            # Who is short of time at both ends shows nothing of what is between them.
            stack.enter_context(take_precedence(work.country.list_answering()))
            began_s = loop.time()
            for index, call in enumerate(itertools.cycle(calls)):
                due_s = began_s + index / self._rate
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                if self._is_over.is_set() or index >= self._calls_max:
                    break
                self.late_s = max(self.late_s, loop.time() - due_s)
                end = move_house(ends[call.operator], call.commune, index // DRAWN, snapshot)
                group.create_task(self._place(end, call, index))

    async def _place(self, end, call, index):
        edges = self.edges[call.operator]
        host, port = edges[index // len(self.edges) % len(edges)]
        order = replace(end, edge=replace(end.edge, host=host, port=port)).make_order(
            call, call_id=f"{index}@{call.operator}", caller=f"+999{CALLER_FIRST + index}",
            patience_s=PATIENCE_S,
        )  # fmt: skip
        self.book.expect(order.call_id, call.targets)
        self.ids.append(order.call_id)
        await end.callers.run(order)

    def find_usual_ms(self, count):
        """Return the median first ring of the first calls."""
        return find_usual_ms(self._work.run_dir, set(self.ids[:count]))

    def judge(self, *, usual_of):
        """Judge all calls; `usual_of` of them, the first ones, say what is usual."""
        usual_ms = self.find_usual_ms(usual_of)
        return judge_logs(self._work.run_dir, self.book, usual_ms=usual_ms)


class AtWork:
    """A country that is worked at."""

    def __init__(self, country: Country, fr: Path, topology_file: Path) -> None:
        self.country, self.fr, self.topology_file = country, fr, topology_file
        self.run_dir = country.run_dir
        self.topology = load_topology(topology_file)
        self.planner = AskedPlanner(self.run_dir / "planner")

    def type_in(self, *words):
        """Type a command of the planner's, as the first of two persons."""
        return self.country.run_plain(*words, "--planner", f"unix:{self.planner.socket}", "--json")

    def command(self, *words):
        """Type a command that a second person has to agree to, and have him agree; its change."""
        asked = self.type_in(*words)
        assert asked.returncode == 0, asked.stderr
        hash_ = json.loads(asked.stdout)["hash"]
        done = self.approve(hash_)
        assert done.get("change"), done
        return done["change"]

    def approve(self, hash_):
        """Approve as another system user."""
        for path, mode in ((self.run_dir, 0o711), (self.planner.socket.parent, 0o711),
                           (self.planner.socket, 0o666)):  # fmt: skip
            path.chmod(mode)
        run = subprocess.run(
            ["/usr/bin/python3", "-I", "-c", APPROVE, str(self.planner.socket), hash_],
            cwd="/", capture_output=True, text=True, timeout=60, check=False,
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}),
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def changes(self):
        """The change that runs, and those that ended."""
        status, found = self.planner.ask("GET", "/changes")
        assert status == 200, found
        return found

    def follow(self, change, *, seconds_max, on_step=None):
        """Wait for the end of a change; return it, and the seconds that each step took."""
        began_s, steps = time.monotonic(), []
        while True:
            found = self.changes()
            current = found["current"]
            now_s = time.monotonic() - began_s
            if current is not None and current["id"] == change:
                name = ("back:" if current["back"] else "") + current["step"]
                if current["frozen_since_us"]:
                    name += " frozen"
                if not steps or steps[-1][0] != name:
                    steps.append((name, now_s))
                    if on_step is not None:
                        on_step(current)
            for ended in found["ended"]:
                if ended["id"] == change:
                    ends = [at_s for _, at_s in steps[1:]] + [now_s]
                    took = [
                        (name, round(end - at_s, 1))
                        for (name, at_s), end in zip(steps, ends, strict=True)
                    ]
                    return ended, took
            assert now_s < seconds_max, (steps, current, self.planner.ask("GET", "/state"))
            time.sleep(0.2)

    def alarms(self):
        """What is open, as the planner sees it."""
        status, found = self.planner.ask("GET", "/state")
        assert status == 200, found
        return found["alarms"]

    def await_calm(self, *, seconds_max=90.0):
        """Wait until nothing that is open would hold a change; return the seconds."""
        began_s = time.monotonic()
        while alarms := self.alarms():
            assert time.monotonic() - began_s < seconds_max, alarms
            time.sleep(0.5)
        return time.monotonic() - began_s


def make_versions(folder, *names):
    """Put this version there under other names."""
    for name in names:
        tree = folder / name
        tree.mkdir(parents=True)
        (tree / ".venv").symlink_to(sys.prefix)
        (tree / "src").symlink_to(TREE / "src")
        (tree / "kamailio").symlink_to(TREE / "kamailio")
    return folder


@contextmanager
def watching(country, topology):
    """Have `watch run` follow all stations."""
    words = ["watch", "run", "--topology", topology, "--plan", country.plan,
             "--run-dir", country.run_dir]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(TREE / "src")}
    argv = [sys.executable, "-m", "route112.apps", *map(str, words)]
    with (country.folder / "watch.log").open("w") as log:
        process = subprocess.Popen(argv, env=environment, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def open_at_work(render_topology, *, versions=()):
    """
    Put a country up with its planner and watch; nothing is left of it afterwards.

    Args:
        render_topology: returns the topology's bytes, by the snapshot.
        versions: names of further versions of the software.
    """
    folder = Path(tempfile.mkdtemp(prefix="route112-work-"))
    folder.chmod(0o755)
    try:
        with prepare_country(folder, folder / "fr.r112") as country:
            yield from _put_up(country, folder, render_topology, versions)
    finally:
        shutil.rmtree(folder)


def _put_up(country, folder, render_topology, versions):
    fr, plan, topology = folder / "fr", country.plan, folder / "topology.yaml"
    for words in (
        ("country", "demo", "fr", str(fr)),
        ("plan", "keys", "new", str(folder / "a.key")),
        ("plan", "keys", "new", str(folder / "b.key")),
        ("plan", "keys", "trust", *(str(folder / name) for name in KEYS)),
        ("plan", "build", str(fr), "-o", str(plan)),
        ("plan", "sign", str(plan), "--key", str(folder / "a.key")),
    ):
        result = country.run_plain(*words)
        assert result.returncode == 0, result.stdout + result.stderr
    topology.write_bytes(render_topology(Snapshot(plan.read_bytes())))
    country.run_dir.mkdir()
    people = country.run_dir / "planner" / "people.yaml"
    people.parent.mkdir()
    people.write_text(PEOPLE)
    made = make_versions(folder / "versions", *versions) if versions else None
    result = country.run(
        "up", str(topology), "--plan", str(plan), "--trust", str(folder / "trust.json"),
        "--psaps", "--planner", "--profile", str(fr / "profile.yaml"),
        "--planner-key", str(folder / "a.key"), "--shm-mb", "128", "--ready-within", "120",
        *(() if made is None else ("--versions", str(made))), "--detach",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    country.note()
    work = AtWork(country, fr, topology)
    with watching(country, topology):
        wait_until(
            lambda: (
                work.planner.stations
                and all(each["generation"] for each in work.planner.stations.values())
            ),
            "all stations say what they have",
        )
        yield work
