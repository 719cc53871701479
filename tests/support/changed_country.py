"""The demo country with planner, receivers and watch; calls without end; changes as people type."""

import asyncio
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.support import country
from tests.support.asked_planner import OWN, AskedPlanner
from tests.support.certificates import write_authority
from tests.support.country import build_plan, utc_now, write_country
from tests.support.country_run import prepare_country

import route112
from route112.adapters.record_spool import read_records
from route112.adapters.sip import Address
from route112.apps.ends.callers import Callers, CallOrder
from route112.apps.ends.dialect import speak
from route112.apps.ends.whereabouts import can_tell, list_whereabouts
from route112.countries.fr import build_demo
from route112.simulation.agreement import Key
from route112.simulation.checker import Expectation, Verdict, find_median_ms, judge
from route112.simulation.logs import parse_psaps
from route112.snapshot.reader import Snapshot

SITES = tuple(f"site-{number}" for number in range(1, 7))
EDGES = ("bruyere-edge-1", "cormoran-edge-1", "dolmen-edge-1", "ecume-edge-1")
OPERATORS = tuple(edge.partition("-")[0] for edge in EDGES)
CANARY = "site-1"
HTTPS = "127.0.0.1:8112"
PEOPLE = f"""\
people:
  - id: first
    system_users: ["{OWN}"]
    roles: [planner, operator, reader]
  - id: second
    certificates: ["CN=second,O=prefecture"]
    roles: [operator, planner, reader]
"""
HOLD_S = 0.1
REDIALS_MAX = 2
REDIAL_S = 1.0
"""Who talked to the wrong centre calls again so soon."""
ANSWER_S = 30.0
CALM_SECONDS_MAX = 300.0
TREE = Path(route112.__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TREE / "src")}
COMMAND = (sys.executable, "-m", "route112.apps")
_HASH = re.compile(r"[0-9a-f]{64}")


def make_sources(folder, demo):
    """Write the source folder of a country, and no orders."""
    write_country(demo, folder, move_hop=lambda hop: hop[0])


def reroute(demo, departement, number, to):
    """Have one departement ring an answering point that is another one's."""
    place = [short.number for short in country.SHORT_NUMBERS].index(number)
    answers = dict(demo.intent.answers)
    for commune in demo.intent.ground.communes:
        if commune.departement == departement:
            row = list(answers[commune.code])
            row[place] = tuple(replace(variant, psaps=(to,)) for variant in row[place])
            answers[commune.code] = tuple(row)
    return replace(demo, intent=replace(demo.intent, answers=answers))


class Crowd:
    """
    Callers of four operators, each a person of his own, who call again when ill served.

    They call without end, so that what is usual stays so; a test judges those of its own time.

    Args:
        wanted: departements and short numbers, by turns.
    """

    def __init__(self, snapshot, demo, wanted, *, rate):
        self.expected, self.wanted, self.rate = country.Expectation(demo), wanted, rate
        self.targets, self.open, self.ends = {}, set(), ()
        self.is_over, self.error = False, None
        self.operators = {id_: snapshot.operator(id_) for id_ in OPERATORS}
        self.whereabouts = {id_: list_whereabouts(snapshot, id_) for id_ in OPERATORS}
        self.placed = 0
        self.told = {
            (operator.id, departement): [
                commune.code
                for commune in demo.intent.ground.communes
                if commune.departement == departement
                and can_tell(operator, self.whereabouts[operator.id], commune.code)
            ]
            for operator in self.operators.values()
            for departement, _ in wanted
        }

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()
        if self.error is not None:
            raise self.error

    def _run(self):
        try:
            asyncio.run(self._call())
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            self.error = error

    async def _call(self):
        async with AsyncExitStack() as stack:
            self.ends = ends = [
                await stack.enter_async_context(
                    Callers(Address("udp", f"127.0.3.{16 * i + 1}", 0))
                )
                for i in range(len(OPERATORS))
            ]
            began_s, tasks = time.monotonic(), set()
            while not self.is_over:
                place = self.placed % len(OPERATORS)
                task = asyncio.create_task(self._serve(ends[place], place, self.placed))
                tasks.add(task)
                self.placed += 1
                await asyncio.sleep(max(0.0, began_s + self.placed / self.rate - time.monotonic()))
            await asyncio.gather(*tasks)

    async def _serve(self, callers, place, index):
        operator = self.operators[OPERATORS[place]]
        said = self.whereabouts[operator.id]
        departement, number = self.wanted[(index // len(OPERATORS)) % len(self.wanted)]
        communes = self.told[operator.id, departement]
        key = Key(communes[index % len(communes)], number)
        targets = self.expected.list_pass(key, utc_now())
        order = CallOrder(
            dialled=key.number,
            to=Address("udp", f"127.0.2.{place + 1}", 5060),
            commune=key.commune,
            caller=f"+999{place}{index:06d}",
            timeout_s=ANSWER_S,
            hold_s=HOLD_S,
        )
        order = speak(order, operator, said)
        for _ in range(1 + REDIALS_MAX):
            call_id = secrets.token_hex(12)
            self.open.add(call_id)
            self.targets[call_id] = tuple(targets)
            try:
                await callers.run(replace(order, call_id=call_id))
            finally:
                self.open.discard(call_id)
            line = next(each for each in reversed(callers.lines) if each.call_id == call_id)
            if line.answered_by in targets:
                return
            await asyncio.sleep(REDIAL_S)

    def mark(self):
        """Return where the calls of a test begin."""
        return len(self.targets)

    def judge(self, run_dir, since):
        """Judge the calls from a mark on by the logs of both ends, when they are over."""
        targets = dict(list(self.targets.items())[since:])
        deadline = time.monotonic() + ANSWER_S + 10.0
        while self.open & targets.keys():
            assert time.monotonic() < deadline, "calls do not end"
            time.sleep(0.1)
        lines = [line for end in self.ends for line in list(end.lines) if line.call_id in targets]
        psaps = [
            line
            for path in sorted(run_dir.glob("psaps*/psaps.jsonl"))
            for line in parse_psaps(path.read_bytes())
        ]
        return judge(
            lines,
            [line for line in psaps if line.call_id in targets],
            Expectation(targets=targets),
            baseline_median_ms=find_median_ms(lines),
        )


@dataclass
class Changed:
    """What runs, and who types."""

    country: object
    folder: Path
    demo: object

    @property
    def run_dir(self):
        return self.country.run_dir

    @property
    def planner(self):
        return AskedPlanner(self.run_dir / "planner")

    @property
    def snapshot(self):
        return Snapshot(self.country.plan.read_bytes())

    def build(self, name, demo, generation=7):
        """Build and sign a plan as people do."""
        output = self.folder / f"{name}.r112"
        sources = self.folder / name
        make_sources(sources, demo)
        build_plan(sources, output, "--generation", generation)
        self.type_in("plan", "sign", output, "--key", self.folder / "a.key")
        return output

    def type_in(self, *words, codes=(0,)):
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            capture_output=True, text=True, env=ENVIRONMENT, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode in codes, (words, done.stdout[-2_000:], done.stderr[-2_000:])
        return done.stdout + done.stderr

    def ask(self, *words, codes=(0,)):
        """Type a command for the planner as the first person."""
        place = f"unix:{self.run_dir / 'planner' / 'socket'}"
        return self.type_in(*words, "--planner", place, codes=codes)

    def approve(self, told):
        """Have the second person agree, from elsewhere."""
        [hash_] = set(_HASH.findall(told.partition("route112 approve")[2])) or {""}
        assert hash_, told
        files = ("second.pem", "second.key", "ca.pem")
        words = zip(
            ("--cert", "--key", "--ca"), (self.folder / each for each in files), strict=True
        )
        return self.type_in(
            "approve",
            hash_,
            "--planner",
            f"https://{HTTPS}",
            *(part for two in words for part in two),
        )

    def activate(self, plan, *words):
        """Ask for a plan and have it approved."""
        return self.approve(
            self.ask("activate", plan, "--reason", "edition", "--canary", CANARY, *words)
        )

    def changes(self):
        status, found = self.planner.ask("GET", "/changes")
        assert status == 200, found
        return found

    def follow(self, *, seconds_max, look=lambda _current: None):
        """Wait for the end of the change that runs; return it as history has it, and its steps."""
        began_s, steps = time.monotonic(), []
        while True:
            found = self.changes()
            current = found["current"]
            if current is None:
                return found["ended"][-1], steps
            look(current)
            said = (current["station"], current["step"], bool(current["frozen_since_us"]))
            if not steps or steps[-1][0] != said:
                steps.append((said, round(time.monotonic() - began_s, 1)))
            if time.monotonic() - began_s > seconds_max:
                raise AssertionError((steps, current, self.alarms(), self.logs()))
            time.sleep(0.1)

    def alarms(self):
        return self.planner.ask("GET", "/state")[1]["alarms"]

    def wait_calm(self, *, seconds_max=CALM_SECONDS_MAX):
        """Wait until no alarm is open that would hold a change."""
        began_s, seen = time.monotonic(), []
        while alarms := self.alarms():
            if not seen or seen[-1] != alarms:
                seen.append(alarms)
                print(round(time.monotonic() - began_s, 1), alarms)
                print(self.type_in("alarms", "--run-dir", self.run_dir, codes=(0, 1, 2)))
            assert time.monotonic() - began_s < seconds_max, seen
            time.sleep(0.5)

    def logs(self):
        return (self.run_dir / "planner" / "log").read_text()[-3_000:]

    def crowd(self, keys, *, rate=20):
        return Crowd(self.snapshot, self.demo, keys, rate=rate)

    def in_force(self, station):
        """Return the hash of the plan that a station decides by, without its number."""
        current = (self.run_dir / station / "current").read_text().strip()
        return Snapshot(Path(current).read_bytes()).plan_hash

    def list_misrouted(self, judgement):
        """List the sites that served calls which were misrouted, by their own records."""
        calls = {each.call_id for each in judgement.verdicts if each.verdict is Verdict.MISROUTED}
        return {
            site
            for site in SITES
            for each in read_records(self.run_dir / site / "records")
            if each.kind == "decision" and each.call in calls
        }


@contextmanager
def watching(country, folder):
    argv = [*COMMAND, "watch", "run", "--topology", country.run_dir / "topology.yaml",
            "--plan", country.plan, "--run-dir", country.run_dir]  # fmt: skip
    with (folder / "watch.log").open("w") as log:
        process = subprocess.Popen(list(map(str, argv)), env=ENVIRONMENT, stderr=log, stdout=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def change_country(folder, *options):
    """Put up the demo country of six sites and four edges, with all that changes need."""
    demo, plan = build_demo(), folder / "fr.r112"
    with ExitStack() as stack:
        prepared = stack.enter_context(prepare_country(folder, plan))
        changed = Changed(prepared, folder, demo)
        for name in ("a", "b"):
            changed.type_in("plan", "keys", "new", folder / f"{name}.key")
        names = ("trust.json", "a.key.pub", "b.key.pub")
        changed.type_in("plan", "keys", "trust", *(folder / name for name in names))
        changed.build("fr", demo, generation=1)
        authority = write_authority(folder / "ca.pem")
        authority.issue("planner")
        authority.issue("second", x509.NameAttribute(NameOID.ORGANIZATION_NAME, "prefecture"))
        (prepared.run_dir / "planner").mkdir(parents=True)
        (prepared.run_dir / "planner" / "people.yaml").write_text(PEOPLE)
        result = prepared.run(
            "up", "--plan", str(plan), "--trust", str(folder / "trust.json"), "--psaps",
            "--planner", "--profile", str(folder / "fr" / "profile.yaml"),
            "--planner-key", str(folder / "a.key"), "--shm-mb", "128",
            "--https", HTTPS, "--cert", str(folder / "planner.pem"),
            "--key", str(folder / "planner.key"), "--client-ca", str(folder / "ca.pem"),
            "--ready-within", "120", "--detach", *map(str, options),
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        prepared.note()
        stack.enter_context(watching(prepared, folder))
        yield changed


def show(judgement):
    counts = Counter(each.verdict.value for each in judgement.verdicts)
    return f"{judgement.placed} calls: {dict(counts)}"


__all__ = ["CANARY", "EDGES", "SITES", "Changed", "change_country", "reroute", "show"]
