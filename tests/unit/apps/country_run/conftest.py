import asyncio
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from route112.apps.country_run.loop import Loop, Order
from route112.apps.country_run.members import Kind, Member
from route112.apps.country_run.state import Process, read_state, write_state
from route112.model import UtcTime

ANSWERING = """
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
while True:
    _, client = server.recvfrom(65535)
    server.sendto(b"SIP/2.0 " + sys.argv[2].encode() + b" X\\r\\nServer: route112-redirect g7\\r\\n\\r\\n", client)
"""
"""Answers every datagram at a port with a status."""


class Members:
    """Members that are small programs, in one run directory; whatever they leave is ended."""

    def __init__(self, folder):
        self.folder = folder
        self.left = []

    def make(self, id_="one", program="import time; time.sleep(60)", *arguments, **changes):
        values = {
            "id": id_,
            "kind": Kind.PSAPS,
            "address": "127.0.0.1:9",
            "folder": self.folder / id_,
            "argv": (sys.executable, "-c", program, *map(str, arguments)),
        } | changes
        return Member(**values)

    def answering(self, id_, port, status=200, **changes):
        address = f"127.0.0.1:{port}"
        return self.make(id_, ANSWERING, port, status, address=address, **changes)

    def order(self, *chosen, **changes):
        values = {
            "name": "two", "topology": Path("/t.yaml"), "plan": Path("/p.r112"),
            "run_dir": self.folder, "members": chosen, "exercise": True,
            "ready_seconds_max": 10.0, "environment": self.environment,
        } | changes  # fmt: skip
        return Order(**values)

    def leave(self, *ids):
        """Start members as an `up` that is killed then."""

        async def start():
            order = self.order(*(self.make(id_) for id_ in ids))
            loop = Loop(order, say=print, now=lambda: UtcTime(5))
            await loop._begin()
            await loop._step_all()
            for runner in loop._runners:
                self.left.append(runner._group._popen)
                runner._group.close()

        asyncio.run(start())
        state = read_state(self.folder)
        gone = Process(pid=state.up.pid, start_ticks=state.up.start_ticks - 1)
        write_state(self.folder, replace(state, up=gone))

    def processes(self):
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                text = path.read_bytes()
            except OSError:
                continue
            if f"MEMBERS_OF={self.folder}\0".encode() in text:
                found.append(int(path.parent.name))
        return found

    @property
    def environment(self):
        return {**os.environ, "MEMBERS_OF": str(self.folder)}


@pytest.fixture
def tmp_path():
    """A folder with a short name: a local socket below it has little room."""
    with tempfile.TemporaryDirectory(prefix="r112-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def members(tmp_path):
    made = Members(tmp_path)
    yield made
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)
    for popen in made.left:
        popen.wait(timeout=60)


@pytest.fixture
def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
