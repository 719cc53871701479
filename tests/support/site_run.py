"""`route112 site run` as a process of its own, and the questions that tests ask of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.sipp_psaps import find_free_port
from tests.support.snapshots import small_content

import route112
from route112.adapters.clock import utc_now
from route112.adapters.processes import find_listeners
from route112.model import Order, OrderKind, UtcTime
from route112.snapshot.writer import write_snapshot

TEMPLATE = Path(__file__).with_name("site.cfg")
HOST = f"127.0.66.{1 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])}"
"""One for each process that runs tests, so that two do not choose the same port."""
PORTS = range(5060, 5100)
WAIT_SECONDS_MAX = 30.0
EPOCH = UtcTime(0)


def offer(path: Path, generation: int, *, orders: Iterable[Order] = (), **changes: Any) -> None:
    """Write a snapshot aside and rename it over `path`, as a planner does."""
    content = small_content(generation=generation, orders=tuple(orders), **changes)
    lines = tuple(line for line in content.lines if line.role != "order")
    aside = path.with_name("offered.new")
    aside.write_bytes(write_snapshot(replace(content, lines=lines)))
    aside.replace(path)


def divert(*, expires: UtcTime, starts: UtcTime = EPOCH) -> Order:
    """Make an order that sends the police calls of Finistère to Paris."""
    return Order(
        id="divert-17",
        kind=OrderKind.DIVERT,
        psap="CIC17-29",
        to_psap="CIC17-75",
        author="duty officer, prefecture 29",
        reason="works",
        starts=starts,
        expires=expires,
    )


@dataclass
class Run:
    """A supervisor that was started, and its site."""

    popen: "subprocess.Popen[bytes]"
    port: int
    run_dir: Path
    events_path: Path

    def events(self) -> list[dict[str, Any]]:
        """List the events so far."""
        lines = self.events_path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait(self, event: str, *, count: int = 1, **fields: object) -> dict[str, Any]:
        """Wait until an event has come `count` times; return the newest."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            found = [
                entry
                for entry in self.events()
                if entry["event"] == event and fields.items() <= entry.items()
            ]
            if len(found) >= count:
                return found[-1]
            assert self.popen.poll() is None, self.stderr()
            assert time.monotonic() < deadline, (event, fields, self.events(), self.stderr())
            time.sleep(0.02)

    def stderr(self) -> str:
        """Return what it told people."""
        return self.events_path.with_suffix(".err").read_text(encoding="utf-8")

    def leader(self) -> int:
        """Return the process that leads Kamailio."""
        return int(json.loads((self.run_dir / "kamailio.json").read_text())["pid"])

    def members(self) -> list[int]:
        """List the living processes of the session of Kamailio."""
        return list_session(self.leader())

    def ask(self, number: str = "17", commune: str = "29019") -> tuple[str, str]:
        """Ask where the native table sends a call: long number, and slot with generation."""
        return ask_native(HOST, self.port, number, commune)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its code."""
        self.popen.send_signal(number)
        return self.popen.wait(timeout=WAIT_SECONDS_MAX)


def list_session(leader: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return sorted(found)


def ask_native(host: str, port: int, number: str, commune: str) -> tuple[str, str]:
    token = os.urandom(6).hex()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1.0)
        asking.connect((host, port))
        own = "{}:{}".format(*asking.getsockname())
        asking.send(
            (
                f"INVITE sip:{number}@{host}:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{token}\r\n"
                f"From: <sip:test@{own}>;tag={token}\r\nTo: <sip:{number}@{host}>\r\n"
                f"Call-ID: {token}\r\nCSeq: 1 INVITE\r\nX-Commune: {commune}\r\n"
                "Content-Length: 0\r\n\r\n"
            ).encode()
        )
        reply = asking.recv(65_535).decode()
    headers = dict(line.split(": ", 1) for line in reply.splitlines()[1:] if ": " in line)
    return headers["Contact"].split(":")[1].split("@")[0], headers["X-Slot"]


def find_port() -> int:
    return find_free_port(HOST, PORTS)


@contextmanager
def run_site(
    folder: Path,
    plan: Path,
    *arguments: str,
    port: int | None = None,
    listen: str | None = None,
    run_dir: Path | None = None,
    count: int = 0,
) -> Iterator[Run]:
    """Start a supervisor; whatever happens, nothing of it is left."""
    port = find_port() if port is None else port
    argv = ["site", "run", "--plan", str(plan), "--listen", listen or f"{HOST}:{port}"]
    argv += ["--template", str(TEMPLATE), *arguments]
    with run_station(folder, *argv, port=port, run_dir=run_dir, count=count) as run:
        yield run


@contextmanager
def run_station(
    folder: Path, *arguments: str, port: int, run_dir: Path | None = None, count: int = 0
) -> Iterator[Run]:
    """Start the supervisor of a site or an edge; whatever happens, nothing of it is left."""
    run_dir = folder / "run" if run_dir is None else run_dir
    events_path = folder / f"events-{count}-{os.urandom(3).hex()}.jsonl"
    argv = [sys.executable, "-m", "route112.apps", *arguments]
    argv += ["--run-dir", str(run_dir), "--json-events"]
    env = os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}
    with events_path.open("wb") as out, events_path.with_suffix(".err").open("wb") as err:
        popen = subprocess.Popen(argv, stdout=out, stderr=err, env=env)
    run = Run(popen, port, run_dir, events_path)
    try:
        yield run
    finally:
        end(run)


def end(run: Run) -> None:
    if run.popen.poll() is None:
        run.popen.kill()
        run.popen.wait()
    if (run.run_dir / "kamailio.json").exists():
        for pid in run.members():
            os.kill(pid, signal.SIGKILL)


def is_listening(port: int) -> bool:
    return (HOST, port) in find_listeners("udp")


def in_seconds(seconds: float) -> UtcTime:
    return UtcTime(utc_now() + int(seconds * 1_000_000))
