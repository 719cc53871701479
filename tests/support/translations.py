"""
The four translations of one plan as running processes, and questions that all of them are asked.

A site whose Python decides, a site that has no Python, edges without any site, a redirect server.
"""

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.asking import NETWORKS, Stand, ask_keys, open_stand
from tests.support.edge_process import run_edges
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import run_site

import route112
from route112.adapters.record_spool import read_records
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.simulation.agreement import Asker, Key
from route112.simulation.odd_messages import CELL, HEADER, LINE, PARAMETER
from route112.snapshot.reader import Snapshot

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
HOST = f"127.0.77.{1 + WORKER}"
ONWARD_SHARE_MAX = 0.001
"""Calls that rang at a second line too, because a PSAP here was slow to answer."""
SHED, SHED_SHARE_MAX, ASKED_AGAIN_MAX = 503, 0.05, 3
"""Status of a busy site, how many keys it may give it to, and how often those are asked again."""
WAIT_S = 40.0
SENDERS = {"bruyere": PARAMETER, "cormoran": HEADER, "dolmen": CELL, "ecume": LINE}
"""Where each operator's calls come from, here to sites and to its edge alike."""
_CALLS = (f"q{number}" for number in itertools.count())


@dataclass
class Translations:
    """What runs: by name a server with its `port`, of the edges with their `places`."""

    plan: Path
    stand: Stand
    servers: dict[str, Any]


def move_hop(hop) -> str:
    """Put a next hop of the demo country where no other test has one."""
    return f"127.0.1{WORKER}{hop[1]}.{hop[2]}:5060"


@contextmanager
def run_redirect(plan: Path, *more: str):
    """Run a redirect server, with more arguments."""
    port = find_free_port(HOST, range(5160, 5199))
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    command = [sys.executable, "-m", "route112.apps", "redirect", "run", "--plan", str(plan)]
    command += ["--listen", f"{HOST}:{port}", "--rate", "1000000", "--transport", "udp", *more]
    log = plan.with_name(f"redirect-{port}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, stderr=output, env=environment)
    try:
        wait_for(lambda: "in force on" in log.read_text(), log)
        yield SimpleNamespace(port=port, log=log)
    finally:
        process.kill()
        process.wait()


def wait_for(condition, what: object) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def write_templates(folder: Path) -> tuple[Path, Path]:
    """Write the site's configuration, and the same with a bootstrap that finds no environment."""
    real = KAMAILIO_FOLDER / "site.cfg"
    bootstrap = folder / "bootstrap.py"
    text = (KAMAILIO_FOLDER / "bootstrap.py").read_text()
    assert text.count("ROUTE112_VENV']") == 1
    bootstrap.write_text(text.replace("ROUTE112_VENV']", "ROUTE112_NOWHERE']"))
    native = folder / "native.cfg"
    native.write_text(real.read_text().replace("@{bootstrap}", str(bootstrap)))
    return real, native


@contextmanager
def run_one(folder: Path, plan: Path, template: Path):
    """Run a site."""
    folder.mkdir(exist_ok=True)
    port = find_free_port(HOST, range(5060, 5099))
    with run_site(
        folder,
        plan,
        *("--template", str(template), "--shm-mb", "1024", "--pkg-mb", "32"),
        port=port,
        listen=f"udp:{HOST}:{port}",
    ) as run:
        run.wait("native-flip")
        yield run


@contextmanager
def run_translations(base: Path, plan: Path, senders: Mapping[str, str] = SENDERS):
    """
    Run the four translations of one file; an edge serves one operator, so there are several.

    Args:
        senders: source address of the calls of each operator that has an edge.
    """
    real, native = write_templates(base)
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(run_one(base / name, plan, template))
            for name, template in (("python", real), ("native", native))
        }
        for name, reason in (("python", "ready"), ("native", "native-only")):
            assert sites[name].wait("start")["reason"] == reason
        runs = stack.enter_context(run_edges(base / "edges", plan, HOST, dict(senders)))
        places = {senders[operator]: (HOST, run.port) for operator, run in runs.items()}
        servers = {**sites, "edge": SimpleNamespace(runs=runs, places=places)}
        servers["redirect"] = stack.enter_context(run_redirect(plan))
        stand = stack.enter_context(open_stand(Snapshot(plan.read_bytes())))
        yield Translations(plan, stand, servers)


def wait_in_force(running: Translations, generation: int) -> None:
    """Wait until each of them serves a generation."""
    sites = (running.servers[name] for name in ("python", "native"))
    for run in (*sites, *running.servers["edge"].runs.values()):
        run.wait("native-flip", g=generation)
    log = running.servers["redirect"].log
    wait_for(lambda: f"g{generation} is in force" in log.read_text(), log)


def ask(running: Translations, keys: Sequence[Key], name: str, **options: Any) -> Asker:
    """Ask one of them for each key."""
    server = running.servers[name]
    to = server.places if name == "edge" else (HOST, server.port)
    return ask_keys(keys, to, stand=running.stand, call=next(_CALLS), **options)


def explain(running: Translations, name: str) -> Counter[tuple[str, ...]]:
    """Count why a site took no calls, by its own records."""
    if name not in ("python", "native"):
        return Counter()
    kinds = ("refused", "end", "site")
    found = read_records(running.servers[name].run_dir / "records")
    records = [record for record in found if record.kind in kinds]
    return Counter(
        (record.kind, record.get("event"), record.get("code"), record.get("reason"))
        for record in records
    )


def ask_until_served(running: Translations, keys: Sequence[Key], name: str) -> Asker:
    """
    Ask for each key, and again, in the same way and more slowly, for those that were shed.

    A site that is busy says 503: that is no answer to where a call goes, and nobody who is told so
    gives up. It must be few, and each has to be served in the end.
    """
    asker = ask(running, keys, name)
    for _ in range(ASKED_AGAIN_MAX):
        shed = [place for place, status in enumerate(asker.statuses) if status == SHED]
        if not shed or len(shed) > max(2, SHED_SHARE_MAX * len(keys)):
            break
        told = [NETWORKS[place % len(NETWORKS)] for place in shed]
        again = ask(running, [keys[place] for place in shed], name, told=told, window=4)
        for place, status, rung in zip(shed, again.statuses, again.rung, strict=True):
            asker.statuses[place], asker.rung[place] = status, rung
        print(f"{name}: {len(shed)} keys were shed, and asked again")
    return asker


def ask_all(running: Translations, keys: Sequence[Key]) -> dict[str, list[str]]:
    """Ask each translation for each key; return what rang first, by translation."""
    answers = {}
    for name in running.servers:
        began = time.monotonic()
        asker = ask_until_served(running, keys, name)
        took_s = time.monotonic() - began
        good = 302 if name == "redirect" else 200
        assert set(asker.statuses) == {good}, (name, explain(running, name))
        answers[name] = asker.list_first()
        onward = 0 if name == "redirect" else sum(len(rung) > 1 for rung in asker.rung)
        print(f"{name}: {len(keys):,} keys, {len(keys) / took_s:,.0f}/s, {onward} rang on")
        assert onward <= max(2, len(keys) * ONWARD_SHARE_MAX)
    return answers
